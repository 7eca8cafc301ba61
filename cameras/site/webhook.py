"""A web address that is told of events, and the secret by which it knows that they are ours."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.site.secret import Secret

EventSubject = Literal["slot", "sighting", "stay", "disagreement", "agreement", "camera", "bundle", "node"]


class WebhookSettings(BaseModel):
    """One web address that gets events as JSON, in order, each until it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,50}$",
            description="Under which the node remembers how far it has got; another name begins anew.",
        ),
    ]
    url: Annotated[
        str, Field(pattern=r"^https?://[^\s@]+$", description="Address that events are posted to; without a password.")
    ]
    secret: Annotated[
        Secret | None,
        Field(description="Secret that messages are signed with (HMAC SHA-256), 16 characters or more."),
    ] = None
    events: Annotated[
        tuple[EventSubject, ...],
        Field(
            min_length=1,
            description="Which events are sent: slot, stay (overstays), disagreement (of cameras on a place), camera, "
            "bundle, node; sighting and agreement: what each camera says of places that several see, and how often "
            "they differ.",
        ),
    ] = ("slot", "stay", "disagreement", "camera")
    batch: Annotated[int, Field(ge=1, le=1000, description="Events in one message at most.")] = 100
    timeout_s: Annotated[float, Field(gt=0, le=120, description="Seconds for an answer.")] = 10.0

"""What is asked of a federation; the server tells its nodes, so that both sides do the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Topology = Literal["star", "ring", "random", "alike", "complete"]


class FederationSettings(BaseModel):
    """What is asked of a federation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Annotated[str, Field(description="Name of the method.")] = "fedavg"
    settings: Annotated[Mapping[str, Any], Field(description="Settings of the method and of a round's training.")] = {}
    rounds: Annotated[int, Field(ge=1, description="How many rounds.")] = 10
    topology: Annotated[
        Topology,
        Field(
            description="Who hears whom, for methods without a server: ring, random, alike (cameras of like views) or "
            "complete; star for those with one."
        ),
    ] = "star"
    degree: Annotated[int, Field(ge=1, description="Neighbours of a camera, for random and alike.")] = 2
    reference: Annotated[
        Path | None, Field(description="Reference set: public pictures about which cameras tell what they see.")
    ] = None
    students: Annotated[
        Mapping[str, str], Field(description="Weights that single cameras begin with, by id; else those of the run.")
    ] = {}
    seed: Annotated[int, Field(ge=0, description="Draws the random graph.")] = 0
    patience: Annotated[
        float,
        Field(
            ge=0,
            description="Once half of the cameras have replied, the others have this many times as long as these took, "
            "and 20 s at least.",
        ),
    ] = 3.0
    timeout: Annotated[
        float, Field(gt=0, description="Seconds after which a round goes on without those that have not replied.")
    ] = 3600.0

    def identity(self, cameras: Sequence[str], parts: Sequence[str] = ()) -> str:
        """8 hex digits that are the same wherever the same federation goes on.

        Args:
            cameras: that take part from the start.
            parts: whatever else it depends on, such as fingerprints.
        """
        told = self.model_dump(mode="json", exclude={"timeout", "patience", "reference"})
        text = json.dumps([told, list(cameras), list(parts)], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()

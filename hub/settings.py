"""The whole hub file as a type: where the hub listens and keeps things, what it learns with, and its limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.site.api import is_loopback
from lotwise.cameras.site.secret import HOW_TO_KEEP, Secret, url_without_credentials

Group = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="Letters, digits, _ . and -")]
CREDENTIAL = re.compile(r"(?i)(^|_)(key|secret|token|pass(word|phrase)?|pwd|credentials?)$")
"""Names of options that must not be written into a hub file."""
DEFAULT_GROUP = "all"
"""Group of a node that nobody has put into another one."""


class ListenSettings(BaseModel):
    """Where the hub's HTTP server listens."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            description="Address to listen on; 0.0.0.0 for all. Anything but loopback needs TLS.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="TCP port to listen on; 0 for any that is free.")] = 8780
    certificate: Annotated[
        Path | None, Field(description="TLS certificate with its chain (PEM), relative to the hub file; needs key.")
    ] = None
    key: Annotated[
        Path | None, Field(description="Private key of the certificate (PEM), relative to the hub file.")
    ] = None
    behind_proxy: Annotated[
        bool,
        Field(description="Whether a reverse proxy in front of the hub does TLS, so that plain HTTP is listened on."),
    ] = False
    metrics_token: Annotated[
        Secret | None,
        Field(
            description="Bearer token that /metrics asks for, at least 16 characters. Without one, only this machine "
            "may read it."
        ),
    ] = None

    @model_validator(mode="after")
    def _encrypted(self) -> ListenSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("TLS needs both certificate and key; give the missing one, or neither for plain HTTP")
        if self.certificate is None and not is_loopback(self.host) and not self.behind_proxy:
            raise ValueError(
                f"host {self.host} can be reached from outside, which needs TLS; give certificate and key, or "
                "behind_proxy: true where a reverse proxy in front of the hub does it"
            )
        return self


class DatabaseSettings(BaseModel):
    """Where the hub's tables are."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[
        str | None,
        Field(
            pattern=r"^(postgresql|sqlite)://",
            description="postgresql://user@host/name, or sqlite:////path of a file; by default hub.sqlite in the data "
            "folder. A password stands beside it, never in it.",
        ),
    ] = None
    password: Annotated[
        Secret | None, Field(description="Password at the PostgreSQL server, from the environment or a file.")
    ] = None

    @model_validator(mode="after")
    def _without_password(self) -> DatabaseSettings:
        if self.url is not None and self.url.startswith("postgresql"):
            authority = self.url.removeprefix("postgresql://").partition("/")[0]
            if ":" in authority.rpartition("@")[0]:
                raise ValueError(
                    "a URL here carries no user:password@; give password: {env: NAME} or {file: path} beside it"
                )
        elif self.url is not None:
            url_without_credentials(self.url)
            if self.password is not None:
                raise ValueError("a file of SQLite has no password; leave it out")
        return self


class StoreSettings(BaseModel):
    """Where frames and bundles are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z][a-z0-9+.-]*://",
            max_length=1000,
            description="file:///folder, s3://bucket/prefix, or any protocol of fsspec; by default the data folder.",
        ),
    ] = None
    options: Annotated[
        dict[str, Secret | bool | int | float | str],
        Field(
            max_length=30,
            description="Options of fsspec for this protocol, such as endpoint_url, key and secret; credentials as "
            "{env: NAME} or {file: path}.",
        ),
    ] = {}

    @model_validator(mode="after")
    def _without_password(self) -> StoreSettings:
        if self.url is None and self.options:
            raise ValueError("options are of a store at another machine; give its url, or leave them out")
        if self.url is not None:
            url_without_credentials(self.url)
        for name, value in self.options.items():
            if isinstance(value, str) and CREDENTIAL.search(name):
                raise ValueError(f"options.{name} is a credential, which is not written here; {HOW_TO_KEEP}")
            if isinstance(value, str) and name.endswith("_url"):
                url_without_credentials(value)
        return self


class RecipeSettings(BaseModel):
    """What students are made with; a rollout brings another one camera by camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    teacher: Annotated[
        str, Field(min_length=1, description="Weights file of the teacher, or its name at Ultralytics.")
    ] = "yolo26x.pt"
    student: Annotated[
        str, Field(min_length=1, description="Weights file that students start from, or its name at Ultralytics.")
    ] = "yolo26n.pt"
    settings: Annotated[
        Path | None, Field(description="YAML file with settings of training and export; relative to the hub file.")
    ] = None
    scales: Annotated[
        tuple[Annotated[int, Field(ge=32, le=4096)], ...],
        Field(min_length=1, description="Longer sides at which the teacher looks at a frame, pixels."),
    ] = (640, 1280)
    holdout: Annotated[
        float, Field(ge=0, le=0.5, description="Share of a camera's frames that is measured on, not learned from.")
    ] = 0.25


class LearningSettings(BaseModel):
    """When the hub learns from the frames of a camera, and what that may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_frames: Annotated[
        int, Field(ge=2, le=10_000, description="Frames of a camera from which on its first student is made.")
    ] = 8
    new_frames: Annotated[
        int, Field(ge=3, le=10_000, description="New frames of a camera from which on its student is retrained.")
    ] = 6
    job_cpu_minutes: Annotated[
        float, Field(gt=0, le=100_000, description="CPU time of one try of one job; what is left goes on later.")
    ] = 240.0
    keep_mb: Annotated[
        float, Field(ge=1, description="MB of new frames of each camera that are kept to be learned from again.")
    ] = 300.0


class JobSettings(BaseModel):
    """Who does the hub's jobs, how many at once, and what one of them may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    executor: Annotated[
        Literal["local", "ray"], Field(description="local for processes of this machine, ray for a cluster of Ray.")
    ] = "local"
    address: Annotated[
        str | None,
        Field(
            pattern=r"^[^\s/]+:[0-9]{1,5}$",
            description="host:port of the cluster's head; without one Ray runs on this machine alone.",
        ),
    ] = None
    workers: Annotated[
        int | None,
        Field(ge=1, le=1000, description="Jobs at once; by default one less than there are CPUs here, at least one."),
    ] = None
    memory_gb: Annotated[
        float, Field(gt=0, le=10_000, description="Most memory of one job, GB; one that takes more is ended.")
    ] = 4.0
    hours: Annotated[float, Field(gt=0, le=10_000, description="Longest time of one try of one job, by the clock.")] = (
        24.0
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> JobSettings:
        if self.address is not None and self.executor != "ray":
            raise ValueError("an address is for executor: ray; give that too, or leave the address out")
        if self.address is not None and self.workers is None:
            raise ValueError("a cluster needs workers: how many jobs run at once in all of it")
        return self


class LimitSettings(BaseModel):
    """What one node may use of the hub, and for how long things are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node_mb: Annotated[
        float, Field(gt=0, le=10_000_000, description="Most MB of frames that the hub keeps of one node.")
    ] = 2_000.0
    frame_mb: Annotated[float, Field(gt=0, le=100, description="Most MB of one frame.")] = 8.0
    frame_megapixels: Annotated[float, Field(gt=0, le=400, description="Most pixels of one frame, in millions.")] = 50.0
    requests_per_s: Annotated[
        float, Field(gt=0, le=10_000, description="Requests a second of one node over a longer time.")
    ] = 10.0
    free_mb: Annotated[
        float, Field(ge=0, description="MB of the disk that are left free: with less, no frame is taken.")
    ] = 500.0
    retention_days: Annotated[
        float,
        Field(gt=0, le=36_500, description="Days for which used pictures, reports and the audit log are kept."),
    ] = 400.0


class EnrolmentCode(BaseModel):
    """A code with which nodes are accepted at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: Annotated[Secret, Field(description="The code, from the environment or a file; at least 16 characters.")]
    group: Annotated[Group, Field(description="Group that such nodes come into.")] = DEFAULT_GROUP


class HubSettings(BaseModel):
    """A hub: its file as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=200, description="Name of the hub, as nodes see it.")]
    data: Annotated[
        Path, Field(description="Folder of all that the hub keeps: frames, students, keys; relative to the hub file.")
    ] = Path("hub-data")
    listen: Annotated[ListenSettings, Field(description="Where the hub listens.")] = ListenSettings()
    database: Annotated[DatabaseSettings, Field(description="Where the hub's tables are.")] = DatabaseSettings()
    store: Annotated[StoreSettings, Field(description="Where frames and bundles are kept.")] = StoreSettings()
    recipe: Annotated[RecipeSettings, Field(description="What students are made with.")] = RecipeSettings()
    learning: Annotated[LearningSettings, Field(description="When the hub learns, and what that may cost.")] = (
        LearningSettings()
    )
    jobs: Annotated[JobSettings, Field(description="Who does the jobs, and what one may take.")] = JobSettings()
    limits: Annotated[LimitSettings, Field(description="What a node may use, and for how long things are kept.")] = (
        LimitSettings()
    )
    codes: Annotated[
        tuple[EnrolmentCode, ...],
        Field(description="Codes with which nodes are accepted at once; without one a person accepts each node."),
    ] = ()
    report_s: Annotated[
        float, Field(ge=1, le=3600, description="Seconds between two reports of a node, as the hub asks for it.")
    ] = 10.0

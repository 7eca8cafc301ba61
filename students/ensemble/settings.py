"""How a student is divided over boards, and how its modules are taught."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.detection.ensemble import DividedBy
from lotwise.cameras.site.boards import MAX_BOARDS
from lotwise.students.ensemble.budget import Budget


class PartitionSettings(BaseModel):
    """A student over several boards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boards: Annotated[int, Field(ge=1, le=MAX_BOARDS, description="Boards, each with a module.")] = 3
    by: Annotated[
        DividedBy,
        Field(
            description="How the student is divided: scale, a level of the head for each board; region, a part of the "
            "view; channel, a community of channels of the teacher's neck."
        ),
    ] = "scale"
    bytes: Annotated[int | None, Field(gt=0, description="Most bytes of a module's file; no limit where null.")] = None
    parameters: Annotated[int | None, Field(gt=0, description="Most weights of a module; no limit where null.")] = None
    multiply_adds: Annotated[
        int | None, Field(gt=0, description="Most multiply-adds of a module for one frame; no limit where null.")
    ] = None
    left_out: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Probability in each step with which a module is left out, so that the others learn to do "
            "without it. Modules of regions never see each other's part and are taught one by one.",
        ),
    ] = 0.3
    effort: Annotated[
        float, Field(gt=0, le=20, description="Steps of training, as a multiple of the full-size student's.")
    ] = 2.0
    learning_rate: Annotated[
        float,
        Field(gt=0, description="Highest learning rate; narrow modules begin far from what they are to say."),
    ] = 2e-3
    allowed: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Largest loss against the full-size student with which the bundle goes live by itself; by the "
            "rule of right-sized students.",
        ),
    ] = 0.02

    @property
    def budget(self) -> Budget:
        """Of one board."""
        return Budget(self.bytes, self.parameters, self.multiply_adds)

    @property
    def name(self) -> str:
        """Of the folder that its modules are taught in.

        >>> PartitionSettings(boards=2, by="region").name
        '2-by-region'
        """
        return f"{self.boards}-by-{self.by}"

"""What a manifest says of a student that is divided into modules, one for each board."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lotwise.cameras.detection.bundle_file import FileName
from lotwise.cameras.site.boards import MAX_BOARDS

DividedBy = Literal["scale", "region", "channel"]
"""How a student is divided: by level of its head, by part of the view, or by communities of the neck's channels."""
Window = tuple[int, int, int, int]
"""Left, top, right and bottom of a part of the student's input, in its pixels; right and bottom stand outside."""


class ModuleEntry(BaseModel):
    """One module: its file, what it looks at, and what it costs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Annotated[FileName, Field(description="its model, ONNX")]
    window: Annotated[Window, Field(description="the part of the input that it looks at, pixels")]
    territory: Annotated[
        Window,
        Field(description="the part that it answers for: boxes whose centre lies in another one's are left to that"),
    ]
    levels: Annotated[tuple[str, ...], Field(min_length=1, description="levels of the head that it has, finest first")]
    channels: Annotated[
        tuple[int, ...], Field(description="channels that it says at each of these levels; none where it says boxes")
    ] = ()
    strides: Annotated[tuple[int, ...], Field(description="strides of these levels, pixels of the input")] = ()
    needed: Annotated[
        bool, Field(description="whether without it nothing is known of its territory, as its loss was measured")
    ] = False
    parameters: Annotated[int, Field(ge=0, description="weights that it has")]
    multiply_adds: Annotated[int, Field(ge=0, description="multiply-adds for one frame")]
    bytes: Annotated[int, Field(ge=0, description="size of its file")]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of what it looks at, in pixels of the student's input."""
        left, top, right, bottom = self.window
        return right - left, bottom - top

    @property
    def map_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """(channels, rows, columns) of each map that it says."""
        width, height = self.size
        pairs = zip(self.channels, self.strides, strict=True)
        return tuple((channels, height // stride, width // stride) for channels, stride in pairs)

    @model_validator(mode="after")
    def _windows_hold_something(self) -> ModuleEntry:
        for name, (left, top, right, bottom) in (("window", self.window), ("territory", self.territory)):
            if not (0 <= left < right and 0 <= top < bottom):
                raise ValueError(f"{name}: expected left, top, right, bottom with 0 <= left < right, 0 <= top < bottom")
        if self.channels and not len(self.channels) == len(self.strides) == len(self.levels):
            raise ValueError("channels and strides need one number for each of the levels")
        return self


class EnsembleEntry(BaseModel):
    """A student in modules. Together they are one student: deployed, promoted and rolled back as one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Annotated[DividedBy, Field(description="how it is divided")]
    modules: Annotated[tuple[ModuleEntry, ...], Field(min_length=1, max_length=MAX_BOARDS)]
    head: Annotated[
        FileName | None, Field(description="model that turns the modules' maps into boxes; null where they say boxes")
    ] = None

    @property
    def files(self) -> Iterator[str]:
        """Names of all its model files."""
        yield from (module.file for module in self.modules)
        if self.head is not None:
            yield self.head

    @model_validator(mode="after")
    def _maps_need_a_head(self) -> EnsembleEntry:
        says_maps = [bool(module.channels) for module in self.modules]
        if any(says_maps) != (self.head is not None) or (any(says_maps) and not all(says_maps)):
            raise ValueError("a head is needed where modules say maps, and nowhere else; all say maps, or none")
        return self

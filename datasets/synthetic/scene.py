"""What a camera looks at: the stage that never changes and the scene of one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lotwise.datasets.frame import Slot
from lotwise.datasets.synthetic.furniture.piece import Piece
from lotwise.datasets.synthetic.ground import Ground
from lotwise.datasets.synthetic.light import Light
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.props import Prop
from lotwise.datasets.synthetic.scenery import Scenery
from lotwise.datasets.synthetic.shadows import StillCasters
from lotwise.datasets.synthetic.vehicles import Vehicle
from lotwise.datasets.synthetic.view import View


@dataclass(frozen=True)
class Placement:
    """A car on the lot: centre in metres, direction of its front, lights, the slot it stands in."""

    vehicle: Vehicle
    x: float
    y: float
    yaw: float
    lights: bool = False
    slot: str | None = None


@dataclass(frozen=True)
class Scene:
    """Everything that changes from frame to frame."""

    cars: tuple[Placement, ...]
    props: tuple[Prop, ...]
    light: Light
    furniture: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Stage:
    """A view of a lot with all that never changes there, computed once.

    Attributes:
        view, lot: the camera and what it looks at.
        ground, scenery: what is painted once.
        slots: those of the lot that the view shows well enough, as the whole project describes slots.
        casters: what stands still and throws shadows.
    """

    view: View
    lot: Lot
    ground: Ground
    scenery: Scenery
    slots: tuple[Slot, ...]
    casters: StillCasters

    def lit_posts(self, light: Light) -> Floats:
        """(L, 3) x, y, height of the lamps that are on."""
        posts = np.array(self.lot.lamps, np.float32).reshape(-1, 3)
        return posts if light.dark else posts[:0]

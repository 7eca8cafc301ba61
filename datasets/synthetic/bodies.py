"""The kinds of cars: size and side profile of each body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """Shape of one kind of car; stations run from the front bumper (0) to the rear one (1).

    Attributes:
        length, width, height: metres.
        profile: (station, share of height) of the roof line; the cowl, the roof's front and rear edge
            and the foot of the rear window are points of it.
        cowl, roof_front, roof_rear, tail: stations of those points.
        belt: share of height at which the side windows begin.
        wheels: stations of the axles.
        radius: of the wheels in metres.
        windows_end: station at which the side windows end (panel vans stop early).
    """

    length: float
    width: float
    height: float
    profile: tuple[tuple[float, float], ...]
    cowl: float
    roof_front: float
    roof_rear: float
    tail: float
    belt: float
    wheels: tuple[float, float] = (0.185, 0.79)
    radius: float = 0.32
    windows_end: float = 1.0

    @property
    def tall(self) -> bool:
        return self.height > 1.8

    @property
    def open_bed(self) -> bool:
        return self.tail < 0.7


BODIES = {
    "city": Body(
        3.55, 1.62, 1.50,
        ((0, .40), (.02, .48), (.10, .58), (.20, .65), (.38, .96),
         (.60, 1.0), (.87, .95), (.975, .66), (1, .58)),
        .20, .38, .87, .975, .64, (.17, .83), .29,
    ),
    "hatchback": Body(
        4.10, 1.77, 1.48,
        ((0, .40), (.02, .48), (.12, .60), (.25, .67), (.42, .97),
         (.58, 1.0), (.84, .95), (.955, .68), (1, .60)),
        .25, .42, .84, .955, .66, (.19, .81), .315,
    ),
    "sedan": Body(
        4.60, 1.80, 1.45,
        ((0, .40), (.015, .49), (.12, .60), (.28, .67), (.44, .97),
         (.55, 1.0), (.68, .97), (.84, .72), (.965, .69),
         (1, .58)),
        .28, .44, .68, .84, .67, (.19, .79), .32,
    ),
    "estate": Body(
        4.65, 1.80, 1.48,
        ((0, .40), (.015, .49), (.12, .60), (.27, .67), (.42, .96),
         (.56, 1.0), (.89, .95), (.965, .67), (1, .58)),
        .27, .42, .89, .965, .66, (.19, .79), .32,
    ),
    "suv": Body(
        4.50, 1.86, 1.68,
        ((0, .42), (.02, .53), (.10, .60), (.25, .66), (.39, .96),
         (.56, 1.0), (.88, .96), (.965, .66), (1, .58)),
        .25, .39, .88, .965, .65, (.19, .80), .36,
    ),
    "mpv": Body(
        4.40, 1.82, 1.65,
        ((0, .38), (.02, .46), (.09, .54), (.19, .62), (.39, .96),
         (.56, 1.0), (.90, .95), (.975, .64), (1, .55)),
        .19, .39, .90, .975, .60, (.19, .81), .32,
    ),
    "van": Body(
        4.95, 1.94, 1.97,
        ((0, .36), (.02, .46), (.08, .53), (.16, .60), (.31, .95),
         (.48, 1.0), (.95, .99), (.985, .62), (1, .52)),
        .16, .31, .95, .985, .58, (.18, .78), .33, .45,
    ),
    "pickup": Body(
        5.25, 1.87, 1.78,
        ((0, .40), (.015, .52), (.11, .58), (.25, .62), (.36, .96),
         (.46, 1.0), (.56, .97), (.60, .62), (.985, .60),
         (1, .52)),
        .25, .36, .56, .60, .61, (.18, .77), .38,
    ),
}  # fmt: skip

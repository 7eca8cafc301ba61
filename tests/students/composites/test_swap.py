"""Composites show what could have been seen: right labels, no seam, occluders in front, or none at all."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.synthetic.light import light_at
from lotwise.datasets.synthetic.render import render
from lotwise.datasets.synthetic.scene import Placement, Scene
from lotwise.datasets.synthetic.schedule import park
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.site import site_stages
from lotwise.datasets.synthetic.vehicles import random_vehicle
from lotwise.students.composites.composer import Composer, unchanged_cells
from lotwise.students.composites.swap import Composite, Region, View, compose, find_regions
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.knowledge import Dense, Knowledge, Latent
from lotwise.teacher.store import KnowledgeStore

WIDTH, HEIGHT = 320, 256
POSITIVE, IGNORE = 0.1, 0.03
RED, BLUE, WHITE = (40, 40, 190), (190, 60, 40), (230, 230, 230)
LEFT, MIDDLE, RIGHT = (30, 60, 80, 90), (130, 150, 180, 180), (230, 60, 290, 90)
Car = tuple[tuple[int, int, int, int], tuple[int, int, int]]


def ground() -> np.ndarray:
    """Asphalt with grain and lines, the same in every frame."""
    plain = np.full((HEIGHT, WIDTH, 3), (96, 100, 104), np.float32)
    plain += cv2.GaussianBlur(np.random.default_rng(0).normal(0, 60, plain.shape).astype(np.float32), (0, 0), 4)
    plain[115:119], plain[:, 150:153] = 190, 180
    return plain


def drawn(*cars: Car, post: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """Cars with windows and a shadow beneath them, nearer ones over farther ones; a green post in front of all."""
    image = ground()
    for (x0, y0, x1, y1), colour in sorted(cars, key=lambda car: car[0][3]):
        image[y1 : y1 + 4, x0:x1] *= 0.5
        image[y0:y1, x0:x1] = colour
        image[y0 + 6 : y0 + 14, x0 + 8 : x1 - 8] = 45
    if post:
        image[post[1] : post[3], post[0] : post[2]] = (30, 120, 30)
    return image


def view(
    *cars: Car, gain: float = 1.0, shift: int = 0, seed: int = 1, post: tuple[int, int, int, int] | None = None
) -> View:
    """What the camera sees of it, with noise, and the teacher's boxes."""
    image = np.roll(drawn(*cars, post=post), shift, axis=1) * gain
    image += np.random.default_rng(seed).normal(0, 2, image.shape)
    boxes = Detections.of([box for box, _ in cars], [0.9] * len(cars))
    return View(image.clip(0, 255).astype(np.uint8), boxes)


def whole(base: View, donor: View, regions: tuple[Region, ...]) -> Composite:
    """All regions swapped, whatever chance says."""

    class Always(np.random.Generator):
        def random(self, *args, **kwargs):  # type: ignore[no-untyped-def, override]
            return np.zeros(*args)

    return compose(base, donor, regions, Always(np.random.PCG64(0)), IGNORE)


def boxes(detections: Detections) -> list[tuple[float, ...]]:
    return sorted(tuple(box) for box in detections.boxes.tolist())


def difference(a: Image, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(np.float32) - b).mean(2)


@pytest.mark.parametrize(
    ("base", "donor"),
    [
        pytest.param([(LEFT, RED)], [(LEFT, RED), (RIGHT, BLUE)], id="a car comes"),
        pytest.param([(LEFT, RED), (RIGHT, BLUE)], [(LEFT, RED)], id="a car goes"),
        pytest.param([(LEFT, RED)], [(LEFT, BLUE)], id="another car at the same place"),
        pytest.param([(LEFT, RED), (MIDDLE, WHITE)], [(RIGHT, BLUE)], id="all cars change"),
        pytest.param([((40, 60, 90, 90), RED)], [((70, 66, 130, 100), BLUE)], id="cars that overlap across frames"),
    ],
)
@pytest.mark.parametrize("gain", [1.0, 1.3])
def test_picture_and_labels_are_those_of_the_donors_cars_in_the_bases_light(
    base: list[Car], donor: list[Car], gain: float
) -> None:
    a, b = view(*base), view(*donor, gain=gain, seed=2)
    regions = find_regions(a, b, POSITIVE)
    assert regions
    made = whole(a, b, regions)
    assert boxes(made.detections) == boxes(b.detections)
    assert len(made.ignore) == 0
    wrong = difference(made.image, drawn(*donor))
    assert wrong.mean() < 4
    assert np.percentile(wrong, 99.5) < 30  # no car left half and no lost shadow
    untouched = ~cv2.dilate(made.mask.astype(np.uint8), np.ones((13, 13))).astype(bool)
    assert np.array_equal(made.image[untouched], a.image[untouched])


def test_one_region_alone_brings_only_its_own_car() -> None:
    a, b = view((LEFT, RED)), view((MIDDLE, WHITE), (RIGHT, BLUE), seed=2)
    regions = find_regions(a, b, POSITIVE)
    assert len(regions) == 3
    right = next(region for region in regions if region.box[0] < 250 < region.box[2])
    made = whole(a, b, (right,))
    assert boxes(made.detections) == sorted([LEFT, RIGHT])
    assert difference(made.image, drawn((LEFT, RED), (RIGHT, BLUE))).mean() < 3


def test_no_seam() -> None:
    a, b = view((LEFT, RED)), view((LEFT, RED), (RIGHT, BLUE), gain=1.25, seed=2)
    made = whole(a, b, find_regions(a, b, POSITIVE))
    inner = made.mask.astype(np.uint8)
    border = (cv2.dilate(inner, np.ones((3, 3))) - cv2.erode(inner, np.ones((3, 3)))).astype(bool)

    def steps(image: Image) -> float:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
        return float(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))[border].mean())

    assert steps(made.image) < 1.1 * steps(view((LEFT, RED), (RIGHT, BLUE)).image)


def test_what_stands_in_front_stays_in_front() -> None:
    post = (250, 40, 256, 130)
    near = ((100, 100, 170, 150), WHITE)
    behind = ((120, 80, 180, 115), RED)
    a = view(near, post=post)
    b = view(near, behind, (RIGHT, BLUE), seed=2, post=post)
    made = whole(a, b, find_regions(a, b, POSITIVE))
    assert difference(made.image, drawn(near, behind, (RIGHT, BLUE), post=post)).mean() < 3
    assert made.image[45:125, 252:254].mean((0, 1)) == pytest.approx([30, 120, 30], abs=6)
    assert boxes(made.detections) == boxes(b.detections)


def test_a_chain_of_overlapping_cars_is_swapped_whole() -> None:
    row = [
        ((60 + 40 * k, 80 + 12 * k, 120 + 40 * k, 115 + 12 * k), colour) for k, colour in enumerate([RED, BLUE, WHITE])
    ]
    a, b = view(*row), view((LEFT, RED), seed=2)
    lost = next(region for region in find_regions(a, b, POSITIVE) if region.mask.sum() > 3000)
    assert boxes(whole(a, b, (lost,)).detections) in ([], [LEFT])


@pytest.mark.parametrize(
    "donor",
    [
        pytest.param(view((RIGHT, BLUE), gain=0.45, seed=2), id="night"),
        pytest.param(view((RIGHT, BLUE), gain=1.9, seed=2), id="glare"),
        pytest.param(view((RIGHT, BLUE), shift=3, seed=2), id="camera was touched"),
        pytest.param(replace(view((RIGHT, BLUE), seed=2), known=np.zeros((HEIGHT, WIDTH), bool)), id="nothing known"),
    ],
)
def test_refused(donor: View) -> None:
    assert find_regions(view((LEFT, RED)), donor, POSITIVE) == ()


def test_a_place_whose_surroundings_changed_is_refused_and_the_others_are_not() -> None:
    a, b = view((LEFT, RED)), view((RIGHT, BLUE), seed=2)
    flooded = b.image.copy()
    flooded[30:130, 200:320] //= 2
    flooded[60:90, 230:290] = b.image[60:90, 230:290]
    found = find_regions(a, replace(b, image=flooded), POSITIVE)
    assert len(found) == 1
    assert found[0].box[2] < 150


def test_unknown_ground_is_not_taken() -> None:
    a, b = view((LEFT, RED), (RIGHT, BLUE)), view(seed=2)
    known = np.ones((HEIGHT, WIDTH), bool)
    known[60:90, 230:290] = False
    found = find_regions(a, replace(b, known=known), POSITIVE)
    assert len(found) == 1
    assert found[0].box[2] < 150


def test_a_car_of_which_the_teacher_was_unsure_once_keeps_its_label() -> None:
    a, b = view((LEFT, RED), (RIGHT, BLUE)), view((LEFT, RED), seed=2)
    unsure = replace(b, detections=Detections.of([LEFT], [0.05]))
    made = whole(a, unsure, find_regions(a, unsure, POSITIVE))
    assert boxes(made.detections) == [LEFT]
    assert made.detections.scores == pytest.approx([0.9])


def test_doubtful_boxes_that_the_seam_cuts_are_left_open() -> None:
    a, b = view((LEFT, RED)), view((LEFT, RED), (RIGHT, BLUE), seed=2)
    wide, low = (200, 40, 290, 80), (225, 20, 320, 85)
    for seen in (a, b):
        more = Detections.of([*seen.detections.boxes, wide if seen is a else low], [*seen.detections.scores, 0.05])
        made_of = replace(seen, detections=more)
        a, b = (made_of, b) if seen is a else (a, made_of)
    made = whole(a, b, find_regions(a, b, POSITIVE))
    assert boxes(made.detections) == sorted([LEFT, RIGHT])
    assert wide in [tuple(box) for box in made.ignore.tolist()]
    part = next(box for box in made.ignore.tolist() if tuple(box) != wide)
    assert part[0] >= 220 and part[3] == 85 and part[2] < 320  # no farther than what was swapped
    marked = made.with_ignored(-1)
    assert (marked.labels == -1).sum() == 2


def test_the_same_seed_gives_the_same_composite_and_others_differ() -> None:
    views = [view((LEFT, RED)), view((MIDDLE, WHITE), seed=2), view((RIGHT, BLUE), (LEFT, WHITE), seed=3)]
    composer = Composer(views.__getitem__, ["C1"] * 3, POSITIVE, IGNORE)
    again = Composer(views.__getitem__, ["C1"] * 3, POSITIVE, IGNORE)
    seen = set()
    for seed in range(8):
        one, two = (maker(0, np.random.default_rng(seed)) for maker in (composer, again))
        assert one is not None and two is not None
        assert np.array_equal(one.image, two.image)
        assert boxes(one.detections) == boxes(two.detections)
        assert not np.array_equal(one.image, views[0].image)
        seen.add(one.image.tobytes())
    assert len(seen) > 3


def test_donors_are_of_the_same_camera() -> None:
    views = [view((LEFT, RED)), view((RIGHT, BLUE), seed=2)]
    assert Composer(views.__getitem__, ["C1", "C2"], POSITIVE, IGNORE)(0, np.random.default_rng(0)) is None


def test_cells_of_changed_places_and_their_neighbours_are_dropped() -> None:
    mask = np.zeros((64, 64), bool)
    mask[16:24, 16:24] = True  # the cell of row 2 and column 2
    latent = Latent((8, 8), np.arange(64, dtype=np.int32), np.arange(64, dtype=np.float16)[:, None])
    left = unchanged_cells(latent, mask)
    gone = {8 * row + column for row in (1, 2, 3) for column in (1, 2, 3)}
    assert set(left.cells.tolist()) == set(range(64)) - gone
    assert left.values[:, 0].tolist() == left.cells.tolist()


def test_a_stream_with_composites_teaches_the_donors_cars_and_what_still_holds_of_the_teachers_maps(
    tmp_path: Path,
) -> None:
    seen = {"a": view((LEFT, RED)), "b": view((LEFT, RED), (RIGHT, BLUE), seed=2)}
    store = KnowledgeStore.open(tmp_path / "knowledge", "o", {})
    (tmp_path / "frames" / "gate").mkdir(parents=True)
    maps = Latent((32, 40), np.arange(1280, dtype=np.int32), np.zeros((1280, 2), np.float16))
    dense = Dense(np.zeros(1680, np.float16), np.zeros((1680, 4), np.float16))
    for name, one in seen.items():
        cv2.imwrite(str(tmp_path / "frames" / "gate" / f"{name}.png"), one.image)
        store.add(content_key(one.image), Knowledge((WIDTH, HEIGHT), one.detections, (WIDTH, HEIGHT), (maps,), dense))
    frames = read_folder(tmp_path / "frames").frames
    keys = {frame.name: content_key(load(frame)) for frame in frames}
    settings = DistillSettings(size=320, composites=1.0, geometry=0.0, seed=3)
    samples = Samples(frames, store, settings, keys)
    targets = [samples[i].targets for i in range(12)]
    counts = [len(one.detections) for one in targets]
    assert set(counts) == {1, 2}
    names = [frames[int(np.random.default_rng([3, i // 2]).permutation(2)[i % 2])].path.stem for i in range(12)]
    assert all(count == (2 if name == "a" else 1) for count, name in zip(counts, names, strict=True))
    assert all(one.dense is None for one in targets)
    assert all(1000 < len(one.latents[0].cells) < 1280 for one in targets)
    again = Samples(frames, store, settings, keys)
    assert all(np.array_equal(again[i].image, samples[i].image) for i in (11, 2, 7))
    moved = Samples(frames, store, settings.model_copy(update={"geometry": 1.0}), keys)
    assert all((moved[i].targets.detections.labels >= 0).all() for i in range(12))


def test_a_rendered_lot_looks_as_if_it_had_been_rendered_so() -> None:
    stage = site_stages(3, 1, 384, 288)[0]
    rng = np.random.default_rng(2)
    names = {slot.id for slot in stage.slots}
    places = [place for place in stage.lot.slots if place.id in names]
    cars = [park(rng, place, random_vehicle(rng)) for place in places[::3]]
    light = light_at(11.0, "overcast", 0.3, 1)
    sensor = random_sensor(np.random.default_rng(4))

    def seen(some: list[Placement], seed: int) -> tuple[View, np.ndarray]:
        shot = render(stage, Scene(tuple(some), (), light), replace(sensor, seed=seed))
        image = np.asarray(cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        vehicles = shot.truth.vehicles
        assert vehicles is not None
        return View(image, Detections.of(vehicles.boxes, [0.9] * len(vehicles.boxes))), image

    a, _ = seen(cars[::2], 1)
    b, _ = seen(cars, 2)
    regions = find_regions(a, b, POSITIVE)
    assert len(regions) >= 2
    made = whole(a, b, regions)
    brought = len(made.detections) - len(a.detections)
    assert brought >= 2
    truth = b.detections.boxes  # every car that is there is one of the donor's, where the donor has it
    assert iou(made.detections.boxes, truth).max(1).min() > 0.7
    inside, outside = difference(made.image, b.image)[made.mask], difference(made.image, a.image)[~made.mask]
    assert inside.mean() < 6 and outside.mean() < 1

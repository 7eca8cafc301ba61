"""One row of the comparison with one seed: trained, measured, and kept so that it is not done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.federation.anew import learn_anew
from benchmarks.federation.loop import Cost, run
from benchmarks.federation.measure import Looks, spread
from benchmarks.federation.rows import (
    ALONE,
    ANEW,
    AUXILIARY,
    FIRST,
    HALF_ALONE,
    KEEP,
    METHODS,
    NANO,
    NEAR,
    ONE_SHOT,
    POOLED,
    SOUP,
    TWICE,
    AloneFirst,
    one_shot,
)
from benchmarks.federation.split import Split, split_of
from benchmarks.federation.world import World
from lotwise.datasets.whole_file import write_whole
from lotwise.students.federation.local_training import LocalTraining, decay_of
from lotwise.students.federation.method import Arrays, module_arrays
from lotwise.students.federation.predictions.one_shot import OneShot, between
from lotwise.students.federation.work import ADAMW, Work

ROUND_FRAMES = 2
"""Test frames of each node after every round, which show how soon a method gets where; all at the end."""
ANEW_DIGEST = 3
"""Of a camera that begins anew, steps on the mean, in rounds' steps."""
HALF = 0.5
"""How far from the nano students lie that are called half-way."""
OTHER_DRAWS = 1000
"""Added to the seed of a second training alone."""
POOLED_STEPS = 3
"""A student of all frames makes so many times the steps of a camera's own, for it has nine times its frames."""


@dataclass(frozen=True)
class Cell:
    """What is trained.

    Attributes:
        world: name.
        row: of the table.
        split: ``own`` or a Dirichlet alpha.
        count: frames of each node.
        seed: draws frames, samples and reference pictures.
        rounds: how many.
        steps: on own frames in each; ``FIRST`` times as many in the first.
    """

    world: str
    row: str
    split: str
    count: int
    seed: int
    rounds: int
    steps: int

    @property
    def file(self) -> str:
        name = "".join(letter if letter.isalnum() else "-" for letter in self.row)
        return f"{self.world}-{self.split}-{self.count}-{name}-{self.seed}-{self.rounds}x{self.steps}.json"


def measured(cell: Cell, world: World, looks: Looks, work: Path) -> dict[str, Any]:
    """Figures of a cell, read where an earlier run has left them."""
    path = work / "cells" / cell.file
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text())
        if found["cell"] == asdict(cell):
            return found
    clock = time.monotonic()
    split = split_of(world, cell.split, cell.count, cell.seed)
    rounds: list[Mapping[str, float | None]] = []
    few = {node: spread(frames, ROUND_FRAMES) for node, frames in split.private.items()}
    students, cost = _students(cell, world, split, lambda _, now: rounds.append(looks.private(now, few)))
    found = {
        "cell": asdict(cell),
        "private": looks.private(students, split.private),
        "uniform": looks.uniform(students),
        "rounds": rounds,
        **cost,
        "wall_seconds": time.monotonic() - clock,
    }
    if cell.row in METHODS or cell.row == POOLED:
        near = _all_between(module_arrays(world.student()), students, HALF)
        found[NEAR] = {"private": looks.private(near, split.private), "uniform": looks.uniform(near)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(found).encode())
    return found


def _students(cell: Cell, world: World, split: Split, watch: Any) -> tuple[Mapping[str, Arrays], dict[str, float]]:
    nodes = list(split.learned)
    work = Work(cell.steps, rate=ADAMW.rate, optimizer=ADAMW.optimizer)
    nothing = {"up": 0.0, "down": 0.0, "seconds": 0.0}
    more = world.reference_frames if cell.row == AUXILIARY else ()

    def cameras() -> dict[str, LocalTraining]:
        return {node: world.local([*frames, *more], cell.seed) for node, frames in split.learned.items()}

    if cell.row == NANO:
        return dict.fromkeys(nodes, module_arrays(world.student())), nothing
    if cell.row == POOLED:
        start = time.process_time()
        local = world.local([frame for frames in split.learned.values() for frame in frames], cell.seed)
        for number in range(1, cell.rounds + 1):
            steps = POOLED_STEPS * cell.steps * (FIRST if number == 1 else 1)
            local.train(steps, rate=work.rate * decay_of(number, cell.rounds), optimizer=work.optimizer)
        return dict.fromkeys(nodes, local.weights()), nothing | {"seconds": time.process_time() - start}
    if cell.row == ANEW:
        alone, cost = _alone(cell, world, split)

        def train(these: Mapping[str, LocalTraining]) -> tuple[Mapping[str, Arrays], float]:
            students, cost = run(METHODS[ALONE](world, split, work, cell.seed), these, cell.rounds, watch)
            return students, cost.seconds

        steps = ANEW_DIGEST * cell.steps
        found = learn_anew(cameras, alone, train, world.reference, KEEP, steps, work.rate, cell.seed)
        students, seconds, sent = found
        # Both ways once in the whole federation, told as of each round like the others.
        each = sent / cell.rounds
        return students, {"up": each, "down": each, "seconds": seconds + cost.seconds}
    if cell.row in (HALF_ALONE, ONE_SHOT, SOUP, TWICE):
        return _towards_nano(cell, world, split)
    if cell.row == ALONE:
        students, cost = _alone(cell, world, split, watch)
        return students, asdict(cost)
    # With a set of many frames beside its own a camera makes twice the steps, as methods with such a set compute.
    method = (
        AloneFirst(Work(2 * cell.steps, rate=work.rate, optimizer=work.optimizer), first=2 * FIRST * cell.steps)
        if cell.row == AUXILIARY
        else METHODS[cell.row](world, split, work, cell.seed)
    )
    students, cost = run(method, cameras(), cell.rounds, watch)
    return students, asdict(cost)


_near_nano: dict[Cell, Mapping[str, tuple[Mapping[str, Arrays], dict[str, float]]]] = {}


def _towards_nano(cell: Cell, world: World, split: Split) -> tuple[Mapping[str, Arrays], dict[str, float]]:
    """Four rows come of two runs: one whose first round is the training alone, and one more training alone with other
    draws; the last setting's and seed's are kept."""
    key = replace(cell, row=ONE_SHOT)
    if key not in _near_nano:
        _near_nano.clear()
        work = Work((FIRST + cell.rounds - 1) * cell.steps, rate=ADAMW.rate, optimizer=ADAMW.optimizer)
        method = one_shot(world, work, cell.seed)

        def cameras(seed: int) -> dict[str, LocalTraining]:
            return {node: world.local(frames, seed) for node, frames in split.learned.items()}

        after: list[tuple[Mapping[str, Arrays], float]] = []
        start = time.process_time()
        _, cost = run(method, cameras(cell.seed), 2, lambda _, now: after.append((now, time.process_time() - start)))
        (alone, first), (told, both) = after
        again, cost_again = run(method, cameras(cell.seed + OTHER_DRAWS), 1)
        nano = module_arrays(world.student())
        # Only the first round's words are used. Told as of each round, like the other rows.
        sent = {"up": cost.up / cell.rounds, "down": cost.up / cell.rounds, "seconds": both}
        nothing = {"up": 0.0, "down": 0.0}

        def averaged(others: Mapping[str, Arrays]) -> Mapping[str, Arrays]:
            soup = {node: between(others[node], alone[node], OneShot.own) for node in alone}
            return _all_between(nano, soup, OneShot.share)

        _near_nano[key] = {
            HALF_ALONE: (_all_between(nano, alone, HALF), nothing | {"seconds": first}),
            ONE_SHOT: (_all_between(nano, told, HALF), sent),
            SOUP: (averaged(told), sent),
            TWICE: (averaged(again), nothing | {"seconds": first + cost_again.seconds}),
        }
    return _near_nano[key][cell.row]


def _all_between(nano: Arrays, students: Mapping[str, Arrays], share: float) -> Mapping[str, Arrays]:
    return {node: between(nano, arrays, share) for node, arrays in students.items()}


_trained_alone: dict[Cell, tuple[Mapping[str, Arrays], Cost]] = {}


def _alone(
    cell: Cell, world: World, split: Split, watch: Any = lambda number, students: None
) -> tuple[Mapping[str, Arrays], Cost]:
    """Students that train alone, those of the last setting and seed kept, as another row begins with them."""
    key = replace(cell, row=ALONE)
    if key not in _trained_alone:
        _trained_alone.clear()
        work = Work(cell.steps, rate=ADAMW.rate, optimizer=ADAMW.optimizer)
        cameras = {node: world.local(frames, cell.seed) for node, frames in split.learned.items()}
        _trained_alone[key] = run(METHODS[ALONE](world, split, work, cell.seed), cameras, cell.rounds, watch)
    return _trained_alone[key]

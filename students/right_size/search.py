"""Which rungs are trained for how long: successive halving, until the cheapest one is left that holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lotwise.students.right_size.losses import Losses
from lotwise.students.right_size.rung import Rung

ROUNDS = (0.25, 0.5, 0.5, 0.5)
"""Steps of each round, as shares of the full-size student's: short for all, longer for the few that are left."""


@dataclass(frozen=True)
class Tried:
    """How far a rung has come.

    Attributes:
        rung: which one.
        weights: file of its student.
        steps: of training so far, beyond those of the student that it began with.
        seconds: that they took.
        cost: of them, in steps of the full-size student.
        losses: against the full-size student.
        rounds: it was trained for.
        stopped: why no more was spent on it; empty while it may win.
    """

    rung: Rung
    weights: str
    steps: int
    seconds: float
    cost: float
    losses: Losses
    rounds: int = 1
    stopped: str = ""


Train = Callable[[Rung, int, str, "Tried | None"], Tried]
"""Teaches a rung for a round, from the weights of a file, or on from where it stands."""


def search(
    rungs: Sequence[Rung],
    full: str,
    allowed: float,
    train: Train,
    affordable: Callable[[Rung, int, float], bool],
    rounds: int = len(ROUNDS),
) -> dict[str, Tried]:
    """Try rungs that each cost less than the one before, and spend most on those that may win.

    A rung is given up once a cheaper one holds, or where half of those that are left come nearer to what is allowed.
    Each begins with the weights of the one above it.

    Args:
        rungs: the costliest first.
        full: weights of the full-size student.
        allowed: largest loss.
        train: see ``Train``.
        affordable: whether a rung may be trained for this round, after so much cost.
        rounds: at most this many.

    Returns:
        What was tried, by the rung's name.
    """
    tried: dict[str, Tried] = {}
    alive = list(rungs)
    for number in range(rounds):
        above = full
        for rung in alive:
            before = tried.get(rung.name)
            spent = sum(one.cost for one in tried.values())
            last = number == rounds - 1 or len(alive) == 1
            if before is not None and holds(before, allowed) and not last:
                above = before.weights
                continue  # it need not become better while cheaper ones may still win
            if not affordable(rung, number, spent):
                if before is not None:
                    tried[rung.name] = replace(before, stopped=before.stopped or "the training time was used up")
                continue
            now = train(rung, number, above, before)
            kept = now if before is None or now.losses.worst <= before.losses.worst else before
            tried[rung.name] = replace(kept, steps=now.steps, seconds=now.seconds, cost=now.cost, rounds=now.rounds)
            above = tried[rung.name].weights
        alive, given_up = halve([rung for rung in alive if rung.name in tried], tried, allowed)
        tried |= {name: replace(tried[name], stopped=why) for name, why in given_up.items()}
        if len(alive) == 1 and holds(tried[alive[0].name], allowed):
            break  # nothing cheaper is left, and it need not become better
    return tried


def halve(alive: Sequence[Rung], tried: Mapping[str, Tried], allowed: float) -> tuple[list[Rung], Mapping[str, str]]:
    """Which rungs may still win, the costliest first; and why the others are given up, by name."""
    holding = [rung for rung in alive if holds(tried[rung.name], allowed)]
    best = holding[-1:]
    given_up = (
        {rung.name: f"{best[0].name} costs less and holds too" for rung in alive[: alive.index(best[0])] if best}
        if best
        else {}
    )
    open_ = sorted(
        (rung for rung in alive if rung.name not in given_up and rung not in best),
        key=lambda rung: tried[rung.name].losses.worst,
    )
    room = max(1, (len(alive) + 1) // 2 - len(best)) if len(alive) > 1 else len(open_)
    given_up |= {rung.name: "it lost more than others that are left" for rung in open_[room:]}
    left = [rung for rung in alive if rung in best or rung in open_[:room]]
    return left, given_up


def holds(one: Tried, allowed: float) -> bool:
    """Whether a rung loses no more than is allowed."""
    return one.losses.worst <= allowed + 1e-9

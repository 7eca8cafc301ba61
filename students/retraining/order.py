"""Which cameras are retrained first: those of which their node thinks worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lotwise.cameras.trust.verdict import Verdict, Word

RANK: Mapping[Word, int] = {"retrain": 0, "watch": 1, "cannot tell": 2, "good": 3}


def worst_first(cameras: Sequence[str], verdicts: Mapping[str, Verdict | None]) -> list[str]:
    """Cameras in the order in which they are retrained; those of which nothing is known stand with *cannot tell*.

    Args:
        cameras: ids.
        verdicts: of the last day that the node has sampled.

    >>> worst_first(["A", "B", "C"], {"A": Verdict("good"), "B": None, "C": Verdict("retrain")})
    ['C', 'B', 'A']
    """

    def key(camera: str) -> tuple[int, float]:
        found = verdicts.get(camera)
        if found is None:
            return RANK["cannot tell"], 1.0
        return RANK[found.word], 1.0 if found.accuracy is None else found.accuracy

    return sorted(cameras, key=key)

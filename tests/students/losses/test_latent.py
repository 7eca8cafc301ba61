"""Latent matching: nought for identical maps, positive else, and only where cells were stored."""

import numpy as np
import pytest
import torch

from students.losses.latent import LatentMatching
from students.targets import Targets
from teacher.knowledge import Latent
from tests.students.losses.outputs import output

GRID = (4, 6)


def maps(channels: int, batch: int = 1, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, channels, *GRID, generator=torch.Generator().manual_seed(seed))


def said(latents: tuple[torch.Tensor, ...]):
    return output(torch.zeros(len(latents[0]), 64), torch.zeros(len(latents[0]), 64, 32), latents)


def stored(of: torch.Tensor, cells: list[int]) -> Latent:
    values = of.flatten(1).T[cells].detach().numpy().astype(np.float16)
    return Latent(GRID, np.array(cells, np.int32), values)


def targets(*levels: tuple[Latent | None, ...]) -> Targets:
    nothing = torch.zeros(1, 0, 4)
    return Targets(nothing, torch.zeros(1, 0), nothing, levels)


def identity(channels: int) -> LatentMatching:
    matching = LatentMatching([channels], [channels])
    with torch.no_grad():
        matching.layers[0].weight.copy_(torch.eye(channels)[..., None, None])
        matching.layers[0].bias.zero_()
    return matching


def cost(mine: torch.Tensor, *latents: Latent | None) -> float:
    return float(identity(mine.shape[1])(said((mine,)), targets(latents)).detach())


def test_identical_maps_cost_nothing_whatever_their_scale() -> None:
    mine = maps(8)
    same, scaled = stored(mine[0], [0, 5, 23]), stored(3 * mine[0] + 1, [0, 5, 23])
    assert cost(mine, same) == pytest.approx(0, abs=1e-5)
    assert cost(mine, scaled) == pytest.approx(0, abs=1e-4)


def test_other_maps_cost_and_the_opposite_costs_most() -> None:
    mine = maps(8)
    other, opposite = stored(maps(8, seed=1)[0], [0, 5, 23]), stored(-mine[0], [0, 5, 23])
    assert 0.1 < cost(mine, other) < cost(mine, opposite) == pytest.approx(4, abs=0.01)


def test_only_stored_cells_are_taught() -> None:
    mine = maps(8).requires_grad_()
    identity(8)(said((mine,)), targets((stored(maps(8, seed=1)[0], [3, 7]),))).backward()
    touched = mine.grad[0].abs().sum(0).flatten().nonzero().flatten().tolist()
    assert touched == [3, 7]


def test_samples_without_latents_do_not_count() -> None:
    mine = maps(8, batch=2)
    one = stored(maps(8, seed=1)[0], [1, 2])
    assert cost(mine, one, None) == pytest.approx(cost(mine[:1], one))


@pytest.mark.parametrize("levels", [((None, None),), ()])
def test_nothing_stored_is_nought_with_a_gradient(levels) -> None:
    mine = maps(8, batch=2).requires_grad_()
    loss = LatentMatching([8], [16])(said((mine,)), targets(*levels))
    loss.backward()
    assert float(loss.detach()) == 0
    assert (mine.grad == 0).all()


def test_layers_lift_to_the_teachers_width_and_learn() -> None:
    torch.manual_seed(0)
    matching = LatentMatching([8, 8], [16, 24])
    latents = (maps(8), maps(8, seed=2))
    goal = targets((stored(maps(16, seed=3)[0], [0, 1, 2]),), (stored(maps(24, seed=4)[0], [4]),))
    optimizer = torch.optim.Adam(matching.parameters(), lr=0.05)
    first = float(matching(said(latents), goal).detach())
    for _ in range(60):
        optimizer.zero_grad()
        loss = matching(said(latents), goal)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.3 * first


def test_a_map_of_another_grid_is_an_error() -> None:
    wrong = Latent((8, 8), np.array([0], np.int32), np.ones((1, 8), np.float16))
    with pytest.raises(ValueError, match="does not fit"):
        LatentMatching([8], [8])(said((maps(8),)), targets((wrong,)))

"""Neighbours by how alike views are."""

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.graph.alike import alike, describe_view
from tests.models import tiny_yolo


def descriptions():
    generator = np.random.default_rng(0)
    kinds = generator.normal(size=(2, 30))
    return {f"{'ab'[i % 2]}{i}": (kinds[i % 2] + generator.normal(size=30) * 0.1).astype(np.float16) for i in range(8)}


def test_alike_cameras_are_neighbours_and_all_hang_together():
    graph = alike(descriptions(), 2)
    assert graph.connected
    across = [edge for edge in graph.edges if edge[0][0] != edge[1][0]]
    assert len(across) == 1
    assert all(len(others) >= 2 for others in graph.neighbours.values())


def test_one_camera_has_nobody():
    with pytest.raises(InputError, match="1 cameras"):
        alike({"a": np.zeros(3, np.float16)}, 1)


def test_a_description_is_small_and_tells_views_apart():
    model = tiny_yolo()
    dark, bright = (np.full((64, 64, 3), level, np.uint8) for level in (10, 240))
    one, again, other = (describe_view(model, pictures) for pictures in ([dark], [dark, dark], [bright]))
    assert one.dtype == np.float16 and one.ndim == 1
    np.testing.assert_allclose(one, again, rtol=1e-2)
    assert np.abs(one.astype(float) - other.astype(float)).max() > 0.01

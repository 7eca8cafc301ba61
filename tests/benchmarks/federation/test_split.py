"""Frames of the nodes in the comparison of federated methods."""

from types import SimpleNamespace

from benchmarks.federation.split import split_of


def test_own_frames_and_dirichlet_scenes(site) -> None:
    of = {camera: site.of_camera(camera) for camera in site.cameras}
    world = SimpleNamespace(
        dataset=site,
        learnable={camera: frames[:3] for camera, frames in of.items()},
        tested={camera: frames[3:] for camera, frames in of.items()},
    )
    own = split_of(world, "own", 2, seed=0)
    assert {camera: {f.camera for f in frames} for camera, frames in own.learned.items()} == {
        "C1": {"C1"},
        "C2": {"C2"},
    }
    assert {len(frames) for frames in own.learned.values()} == {2}
    mixed = split_of(world, "0.3", 2, seed=0)
    given = [f.name for frames in mixed.learned.values() for f in frames]
    assert len(given) == len(set(given)) == 4
    learned = {f.name for frames in world.learnable.values() for f in frames}
    assert set(given) <= learned
    assert all(frames and not {f.name for f in frames} & learned for frames in mixed.private.values())

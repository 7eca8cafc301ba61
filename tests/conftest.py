"""Fixtures shared by all tests."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# Set before anything imports torch or Ultralytics: nothing is downloaded, tiny models run best on one core, and threads
# that wait leave the cores to others. Ray gives its tasks the lowest priority but one, so that beside other work a test
# would wait for them for ever.
os.environ |= {
    "YOLO_OFFLINE": "true", "NO_ALBUMENTATIONS_UPDATE": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE",
    "RAY_worker_niceness": "0",
}  # fmt: skip

from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic import render_site
from tests.small_disk import SmallDisk

ROOT = Path(__file__).resolve().parents[1]
# Cameras for the tests: programs for the system's Python, which has GStreamer's bindings.
collect_ignore = ["cameras/sources/rtsp_server.py", "node/stream_server.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: at the end they would leave one worker alone, and stages of one story apart."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


_ran_before = ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let our loggers speak again where something that an earlier test called has muted them, and say which it was.

    Libraries set up logging for the whole process; tests of what the log says must not depend on who ran before.
    """
    global _ran_before
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if not isinstance(logger, logging.Logger) or name.partition(".")[0] != "lotwise":
            continue
        if not (logger.isEnabledFor(logging.WARNING) and logger.propagate):
            state = f"disabled {logger.disabled}, level {logger.getEffectiveLevel()}, {logging.root.manager.disable}"
            warnings.warn(f"the logger {name} was muted ({state}) after {_ran_before}", stacklevel=1)
            logging.disable(logging.NOTSET)
            logging.root.setLevel(logging.WARNING)
            logging.getLogger("lotwise").setLevel(logging.NOTSET)
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.NOTSET)
    _ran_before = item.nodeid


def shared_folder() -> Path:
    """Where the real frames and weights lie: ``LOTWISE_SHARED``, else ``../shared`` beside the repository."""
    return Path(os.environ.get("LOTWISE_SHARED", ROOT.parent / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if not (folder / "data").is_dir():
        pytest.skip(f"no real frames at {folder}; set LOTWISE_SHARED to the folder that holds data/ and weights/")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A rendered site of two cameras with three small frames a day on two days. Read only."""
    return render_site(
        tmp_path_factory.mktemp("site"), cameras=2, days=2, frames_per_day=3, width=160, height=120, seed=3
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Gives a real disk of a size such as ``64k``; called again, the same disk with more room."""
    disk = SmallDisk(tmp_path / "disk")
    yield disk.resize
    disk.close()


@dataclass(frozen=True)
class Weights:
    """Files of tiny models of random weights."""

    teacher: Path
    student: Path


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    from tests.models import save_weights

    folder = tmp_path_factory.mktemp("weights")
    return Weights(save_weights(folder, "teacher", 1), save_weights(folder, "student", 2))


@pytest.fixture(scope="session")
def four(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of four rendered cameras whose frames are labelled, and no more. Its files are read only."""
    from lotwise.command_line import main

    folder = tmp_path_factory.mktemp("four")
    site = render_site(folder / "site", cameras=4, days=2, frames_per_day=1, width=128, height=96, seed=5)
    settings = "{size: 64, epochs: 1, min_steps: 1, batch: 1, few_frames: {pictures: 1}, export: {int8: false}}"
    (folder / "settings.yaml").write_text(settings)
    with pytest.raises(SystemExit) as end:
        main(
            [
                "label", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(weights.teacher),
                "--student", str(weights.student), "--settings", str(folder / "settings.yaml"),
                "--scales", "64", "--holdout", "0.5", "--out", str(folder / "run"),
            ]
        )  # fmt: skip
    assert end.value.code == 0
    return folder / "run"


@pytest.fixture(scope="session")
def adapted(site: Dataset, weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the main job on the rendered site, done by the command line. Its files are read only."""
    from lotwise.command_line import main

    folder = tmp_path_factory.mktemp("runs") / "run"
    (folder.parent / "settings.yaml").write_text(
        "{size: 96, epochs: 2, min_steps: 1, batch: 2, export: {int8: false}}\n"
    )
    with pytest.raises(SystemExit) as end:
        main(
            [
                "adapt", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(weights.teacher),
                "--student", str(weights.student), "--settings", str(folder.parent / "settings.yaml"),
                "--scales", "96", "--holdout", "0.5", "--out", str(folder),
            ]
        )  # fmt: skip
    assert end.value.code == 0
    return folder

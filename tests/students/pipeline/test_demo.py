"""The demo leaves a site file that a camera node runs."""

from pathlib import Path

from lotwise.cameras.site.reading import read_site
from lotwise.datasets.frame import Dataset
from lotwise.node.check import check_site
from lotwise.students.pipeline.demo import write_demo_site


def test_its_site_names_the_rendered_cameras_and_the_students(site: Dataset, adapted: Path, tmp_path: Path) -> None:
    (tmp_path / "frames").symlink_to(site.root)
    (tmp_path / "cameras").symlink_to(adapted / "cameras")
    path = write_demo_site(tmp_path)
    assert tuple(read_site(path).cameras) == site.cameras
    assert check_site(path) == []

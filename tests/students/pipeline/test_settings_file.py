"""The settings file: what is wrong with it is said in one line that names the file and the setting."""

import re
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.losses.weights import LossWeights
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import (
    CameraRecord,
    DreamRecord,
    GateRecord,
    LeftOutRecord,
    RightSizeRecord,
    RungRecord,
)
from lotwise.students.pipeline.settings_file import read_export, read_few_frames, read_settings
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.synthesis.elsewhere import DreamtStudent
from lotwise.students.synthesis.metadata import MetadataHeader
from lotwise.students.synthesis.settings import DreamSettings, DreamStage, DreamWeights, MetadataSettings


def test_the_command_line_stands_above_the_file(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("size: 320\nepochs: 3\nweights: {latent: 0}\n")
    settings = read_settings(file, {"epochs": 5})
    assert (settings.size, settings.epochs, settings.weights.latent) == (320, 5, 0)
    assert read_settings(None, {}) == DistillSettings()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("epoch: 3", "epoch: "),
        ("size: 100", "size: "),
        ("learning_rate: -1", "learning_rate: "),
        ("weights: {latnt: 1}", "weights.latnt|weights: latnt"),
        (
            "positive_threshold: 0.1\nignore_threshold: 0.3",
            "ignore_threshold .0.3. must not be above positive_threshold",
        ),
        ("seed: -1", "seed: "),
        ("- 1", "not a mapping"),
        ("a: [", "not YAML"),
        ("\udcff\udcfe", "not UTF-8 text"),
        ("steps: 5\nsteps: 6", ":2: steps: is there twice"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=why) as refusal:
        read_settings(file, {})
    assert str(file) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_exported_stands_in_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("size: 320\nexport: {agreement: 0.95, samples: 8}\n")
    assert read_settings(file, {}).size == 320
    assert read_export(file, {"int8": False}) == ExportSettings(int8=False, agreement=0.95, samples=8)
    assert read_export(None, {}) == ExportSettings()


def test_what_is_done_with_few_frames_stands_there_too(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("size: 320\nfew_frames: {pictures: 4, shares: [0.5]}\n")
    assert read_settings(file, {}).size == 320
    assert read_few_frames(file) == FewFramesSettings(pictures=4, shares=(0.5,))
    assert read_few_frames(None) == FewFramesSettings()
    file.write_text("few_frames: {shares: [0.5, 2]}\n")
    with pytest.raises(InputError, match=r"s\.yaml: few_frames\.shares\.1: .*see docs/settings\.md"):
        read_few_frames(file)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("export: {int9: true}", r"export\.int9: "),
        ("export: {agreement: 2}", r"export\.agreement: "),
        ("export: int8", "export: not a mapping"),
    ],
)
def test_bad_settings_of_the_export_are_named(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=why) as refusal:
        read_export(file, {})
    assert str(file) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        read_settings(tmp_path / "nowhere.yaml", {})


def test_the_documented_table_is_what_the_code_says() -> None:
    table = (Path(__file__).resolve().parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
    sections = (("", DistillSettings), ("weights.", LossWeights), ("few_frames.", FewFramesSettings))
    synthesis = (
        ("synthesis.metadata.", MetadataSettings),
        ("synthesis.dream.", DreamSettings),
        ("synthesis.dream.weights.", DreamWeights),
    )
    others = (("right_size.", RightSizeSettings), ("export.", ExportSettings), *synthesis)
    for prefix, model in (*sections, *others):
        for name, field in model.model_fields.items():
            if name not in ("weights", "stages"):
                assert f"| `{prefix}{name}` | {field.default} | {field.description} |" in table


def test_descriptions_are_whole_sentences() -> None:
    settings = (DistillSettings, LossWeights, FewFramesSettings, RightSizeSettings, ExportSettings, Plan)
    dreams = (MetadataSettings, DreamSettings, DreamWeights, DreamStage, MetadataHeader, DreamRecord, DreamtStudent)
    for model in (*settings, *dreams, GateRecord, LeftOutRecord, RightSizeRecord, RungRecord, CameraRecord):
        for name, field in model.model_fields.items():
            if field.description is not None:
                assert re.fullmatch(r"[A-Z].+\.", field.description), name
                assert len(field.description.split()) >= 4, name

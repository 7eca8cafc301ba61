"""docs/federation-methods.md says of messages what they weigh."""

from lotwise.students.federation.graph.alike import describe_view
from lotwise.students.federation.latents.latent_distillation import latent_message_bytes
from lotwise.students.federation.predictions.soft_detections import message_bytes
from tests.conftest import ROOT
from tests.models import tiny_yolo


def test_sizes_of_the_example() -> None:
    text = (ROOT / "docs" / "federation-methods.md").read_text()
    rows = {cells[1].strip(): cells[3].strip() for line in text.splitlines() if len(cells := line.split("|")) == 8}
    soft = f"{message_bytes(32, 200, (640, 640)):,} B"
    assert rows["FedMD"] == rows["Distributed Distillation"] == rows["multi-headed"] == soft
    assert rows["latent"] == f"{latent_message_bytes(32, 32, 32):,} B"
    assert f"{message_bytes(1, 100, (640, 640)):,} bytes a picture at K = 100" in text


def test_a_description_of_a_view_is_two_bytes_a_channel() -> None:
    import numpy as np

    from lotwise.students.model.student import latent_channels

    model = tiny_yolo()
    described = describe_view(model, [np.zeros((64, 64, 3), np.uint8)])
    assert described.nbytes == 2 * sum(latent_channels(model))
    # A nano's levels have 64, 128 and 256 channels.
    assert f"{2 * (64 + 128 + 256)} B" in (ROOT / "docs" / "federation-methods.md").read_text()

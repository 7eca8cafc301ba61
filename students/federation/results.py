"""What a federation leaves on a camera: its student, and in the camera's record where it comes from."""

from __future__ import annotations

from ultralytics.nn.tasks import DetectionModel

from lotwise.students.federation.camera import FederatedCamera
from lotwise.students.pipeline.live_gate import PICTURES
from lotwise.students.pipeline.records import CameraRecord, FederationRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, save_model

FOLDER = "federated"
STUDENT = "student.safetensors"


def save_student(
    run: Run, camera: FederatedCamera, student: DetectionModel, how: FederationRecord, steps: int, seconds: float
) -> str:
    """Write a camera's student and its record; the next export takes it through the promotion gate.

    Args:
        run: in whose folder the camera is.
        camera: whose student it is.
        student: in any mode, on any device.
        how: of which federation.
        steps: that it made on the camera's own frames.
        seconds: that the camera has worked.

    Returns:
        The fingerprint of the student.
    """
    model = student.cpu().eval()
    identity = fingerprint(model)
    before = run.record(camera.name)
    if before is not None and before.federation == how and before.training.get("weights") == identity:
        return identity
    path = run.camera(camera.name) / FOLDER / STUDENT
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, path)
    split = camera.split
    train, test = (tuple(frame.name for frame in side) for side in (split.train, split.test))
    training = {
        "student": camera.weights,
        "settings": camera.plan.distill.model_dump(mode="json"),
        "frames": len(train),
        "steps": steps,
        "seconds": round(seconds, 1),
        "weights": identity,
        PICTURES: sorted({camera.labels.keys[name] for name in train}),
        "federation": how.model_dump(mode="json"),
    }
    run.save(
        CameraRecord(
            camera=camera.name,
            train=train,
            test=test,
            unchosen=tuple(sorted(camera.labels.unchosen & {frame.name for frame in camera.frames})),
            held_out=split.day_disjoint,
            note=split.note,
            size=camera.samples.input_size(),
            training=training,
            federation=how,
        )
    )
    return identity

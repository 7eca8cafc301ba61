"""What the teacher said of a run's frames, camera by camera, without the teacher."""

from __future__ import annotations

from collections.abc import Iterator

from lotwise.cameras.slots.proposals.seen_frames import SeenFrames
from lotwise.datasets.errors import InputError
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import open_labels


def teacher_boxes(run: Run, cameras: tuple[str, ...] | None = None) -> Iterator[tuple[str, SeenFrames]]:
    """The teacher's boxes on all labelled frames of each camera, but for those of ignored things.

    Args:
        run: labelled.
        cameras: ids; None for all.

    Raises:
        InputError: no run, nothing labelled, a frame that shows something else since, or no such camera.
    """
    plan = run.plan()
    footage = open_footage(plan)
    labels = labels_without_ignored(open_labels(run.knowledge, plan.labelling), footage)
    for camera in cameras or ():
        if camera not in footage.cameras:
            raise InputError(f"{run.folder}: no camera {camera}; it has {', '.join(footage.cameras)}")
    for camera in cameras or footage.cameras:
        frames = [frame for frame in footage.of_camera(camera) if frame.name in labels.keys]
        if not frames:
            raise InputError(f"{run.folder}: no frame of camera {camera} is labelled; run lotwise label again")
        yield (
            camera,
            SeenFrames.of((frame, labels.detections(frame), labels.index.frames[frame.name].size) for frame in frames),
        )

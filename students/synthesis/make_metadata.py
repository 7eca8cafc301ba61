"""On the camera: what its labelled frames tell becomes metadata, and nothing else of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.model.student import make_student
from lotwise.students.synthesis.background import blurred_picture
from lotwise.students.synthesis.features import Floats, learn_features
from lotwise.students.synthesis.layout import learn_layout
from lotwise.students.synthesis.metadata import Metadata, MetadataHeader
from lotwise.students.synthesis.norms import measure_statistics
from lotwise.students.synthesis.settings import MetadataSettings
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore

MOST_FRAMES = 24
"""Frames whose pixels are looked at for the background: more of one view show nothing new."""


def make_metadata(
    camera: str,
    frames: Sequence[Frame],
    keys: Mapping[str, str],
    store: KnowledgeStore,
    teacher: str,
    classes: tuple[str, ...],
    threshold: float,
    settings: MetadataSettings,
    seed: int = 0,
    progress: Progress = no_progress,
    read: LoadFrame = load,
) -> Metadata:
    """Metadata of some frames of one camera.

    Args:
        camera: its id.
        frames: labelled ones; those of another size than most are left out.
        keys: content key by frame name.
        store: what the teacher said of them, latents included.
        teacher: its weights; loaded to measure channels, and to say whose features these are.
        classes: names of its classes that are vehicles.
        threshold: boxes from this score up are vehicles.
        settings: how much is told.
        seed: of the clusters' first middles.
        progress: told of each frame that is looked at.
        read: gives the pixels of a frame.

    Raises:
        InputError: too few frames or vehicles, knowledge without latents, or weights that cannot be loaded.
    """
    stored = {frame.name: store.get(keys[frame.name]) for frame in frames}
    if not stored:
        raise InputError(f"camera {camera}: no labelled frames to make metadata of; label some first")
    sizes = [knowledge.size for knowledge in stored.values()]
    size = max(set(sizes), key=sizes.count)
    used = [frame for frame in frames if stored[frame.name].size == size]
    known = [stored[frame.name] for frame in used]
    if any(one.input is None or not one.latents for one in known):
        raise InputError(
            f"camera {camera}: its knowledge holds no latents, from which metadata are made; label it anew with a "
            "teacher that looks at the student's size"
        )
    try:
        layout = learn_layout([one.detections for one in known], size, threshold, settings.least_frames)
    except InputError as error:
        raise InputError(f"camera {camera}: {error}") from error
    vehicles = [_vehicles(one, threshold) for one in known]
    features = learn_features(list(zip(known, vehicles, strict=True)), settings, seed)
    if not features.clusters:
        raise InputError(
            f"camera {camera}: {sum(map(len, vehicles))} vehicles are too few to tell what they look like without "
            f"telling of one of them; give more frames, or lower least_vehicles (now {settings.least_vehicles})"
        )
    norms = picture = None
    network = load_model(teacher)
    identity = fingerprint(network)
    if settings.background != "none":
        looked = [
            used[index] for index in np.linspace(0, len(used) - 1, min(MOST_FRAMES, len(used))).round().astype(int)
        ]
        views = []
        for done, frame in enumerate(looked):
            progress(f"metadata {camera}", done, len(looked), "")
            try:
                views.append((read(frame), stored[frame.name].detections))
            except UnreadableImage:
                continue
        if not views:
            raise InputError(f"camera {camera}: none of {len(looked)} frames can be read any more; put them back")
        box = Letterbox(size, known[0].input or size)
        norms = measure_statistics(make_student(teacher, classes), [box.image(image) for image, _ in views])
        if settings.background == "picture":
            picture = _picture(camera, views, threshold, settings.picture_px)
        progress(f"metadata {camera}", len(looked), len(looked), "")
    header = MetadataHeader(
        camera=camera,
        size=size,
        input=known[0].input or size,
        teacher=identity,
        classes=classes,
        background=settings.background,
        frames=len(used),
        vehicles=sum(map(len, vehicles)),
        mean=layout.mean,
        deviation=layout.deviation,
    )
    return Metadata(header, layout, features, norms, picture)


def _picture(camera: str, views: Sequence[tuple[Image, Detections]], threshold: float, side: int) -> Image:
    try:
        return blurred_picture(views, threshold, side)
    except InputError as error:
        raise InputError(f"camera {camera}: {error}") from error


def _vehicles(knowledge: Knowledge, threshold: float) -> Floats:
    """(N, 4) boxes of the vehicles of a frame, in input pixels."""
    found = knowledge.detections[knowledge.detections.scores >= threshold]
    return Letterbox(knowledge.size, knowledge.input or knowledge.size).to_input(found.boxes)

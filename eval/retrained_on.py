"""Which pictures a camera's live bundle has learned from after its run: those of its retrainings."""

from __future__ import annotations

from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.intake import frame_name
from lotwise.teacher.index import read_index


def retrained_on(run: Run, record: CameraRecord) -> frozenset[str]:
    """Content keys of the new frames that retrainings of a camera have learned from.

    None where the run's own student or the untouched nano is live.

    Args:
        run: of the camera.
        record: what its run has left.

    Raises:
        InputError: the retrainings' files cannot be read.
    """
    if run.registry(record.camera).state().live in (None, record.bundle, record.baseline):
        return frozenset()
    chain, keys = Retrainings(run, record.camera), set[str]()
    for retraining in chain.records():
        index = read_index(chain.run(retraining.number).knowledge)
        names = {frame_name(record.camera, file) for file in retraining.learned}
        keys |= {frame.key for name, frame in (index.frames if index else {}).items() if name in names}
    return frozenset(keys)

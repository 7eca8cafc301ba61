"""Two detectors trained from scratch on random rendered lots by ``python -m lotwise.students.pretrained.pretrain``.

They stand in for COCO weights where nothing may be downloaded: in the demo and in the tests.
"""

from pathlib import Path

TEACHER = Path(__file__).parent / "teacher.safetensors"
NANO = Path(__file__).parent / "nano.safetensors"

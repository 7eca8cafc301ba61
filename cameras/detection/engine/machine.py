"""What a measurement of speed depends on besides the model: the processor, and the libraries that run it."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lotwise.cameras.detection.backends.network import LIBRARIES

CPUINFO = Path("/proc/cpuinfo")
IDENTIFYING = (
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
)  # fmt: skip
"""Lines of ``/proc/cpuinfo`` that say what a processor is, and do not change from one moment to the next."""


class Machine(BaseModel):
    """A processor and the libraries on it.

    Attributes:
        processor: its name, for people.
        digest: of all that identifies it, its instruction sets among that.
        cores: that this process may use.
        versions: of the installed libraries that run models.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    digest: str
    cores: int
    versions: dict[str, str]


def this_machine() -> Machine:
    """The machine that this runs on."""
    said = read_cpuinfo(CPUINFO.read_text() if CPUINFO.is_file() else "")
    known = {name: said[name] for name in IDENTIFYING if name in said} or {"": platform.processor()}
    text = "\n".join(f"{name}: {value}" for name, value in [*known.items(), ("machine", platform.machine())])
    versions = {}
    for library in LIBRARIES.values():
        try:
            versions[library.package] = version(library.package)
        except PackageNotFoundError:
            continue
    return Machine(
        processor=said.get("model name") or platform.processor() or platform.machine(),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        cores=cores(),
        versions=versions,
    )


def cores() -> int:
    """Cores that this process may use: in a container, or when pinned, fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_cpuinfo(text: str) -> dict[str, str]:
    """What ``/proc/cpuinfo`` says of the first processor.

    >>> read_cpuinfo("processor : 0\\nmodel name : A\\n\\nprocessor : 1\\n")
    {'processor': '0', 'model name': 'A'}
    """
    pairs = (line.partition(":") for line in text.strip().split("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}

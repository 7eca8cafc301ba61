"""What a measurement was taken on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
"""Of a processor, those that decide how fast a network runs."""
PACKAGES = ("openvino", "onnxruntime", "torch", "ultralytics", "numpy", "opencv-python-headless", "opencv-python")


def machine() -> dict[str, str]:
    """Processor, cores that may be used, system and versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    said = _cpuinfo()
    flags = set(said.get("flags", "").split())
    found = {
        "processor": said.get("model name", platform.processor() or platform.machine()),
        "cores": str(cores),
        "flags": " ".join(flag for flag in FLAGS if flag in flags) or "-",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    first = path.read_text().split("\n\n")[0] if path.is_file() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}

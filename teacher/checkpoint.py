"""Model files: Ultralytics checkpoints read without running foreign code, and our own safetensors."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from datasets.errors import InputError
from teacher.head import narrow_head

# Everything an Ultralytics detection checkpoint is made of. Unpickling one of these sets attributes and
# nothing else; any other name in the file is foreign code and the file is refused.
TRUSTED = (
    re.compile(r"ultralytics\.nn\.(tasks|modules)\.?[\w.]*"),
    re.compile(r"ultralytics\.utils\.(IterableSimpleNamespace|loss\.\w+|tal\.\w+)"),
    re.compile(r"torch\.nn\.modules\.\w+\.\w+"),
    re.compile(r"collections\.OrderedDict"),
)
ACTIVATION = re.compile(r"(torch\.)?nn\.\w+\((inplace=(True|False))?\)")


def load_model(weights: str | Path) -> DetectionModel:
    """A detection model in float32, in eval mode, from a ``.pt`` of Ultralytics or a ``.safetensors`` of ours.

    A name without a folder that does not exist, such as ``yolo26x.pt``, is downloaded by Ultralytics.

    Raises:
        InputError: no such file, no detection model, or a file whose unpickling would run foreign code.
    """
    path = _fetched(Path(weights))
    read: Callable[[Path], tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]]
    read = _read_safetensors if path.suffix == ".safetensors" else _read_checkpoint
    architecture, names, tensors = read(path)
    model = build(architecture, names, path)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise InputError(f"{path}: the weights do not fit their own architecture ({reason})") from error
    return model.eval()


def build(architecture: Mapping[str, Any], names: Mapping[int, str], origin: Path) -> DetectionModel:
    """An untrained model of this architecture (an Ultralytics model YAML as a mapping).

    Raises:
        InputError: the architecture holds an expression that Ultralytics would evaluate, or cannot be built.
    """
    activation = architecture.get("activation")
    if activation is not None and not ACTIVATION.fullmatch(str(activation)):
        raise InputError(f"{origin}: activation {activation!r} is refused; only plain ones such as nn.SiLU() are read")
    try:
        model = DetectionModel(dict(architecture), verbose=False)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        raise InputError(f"{origin}: not an architecture that can be built ({error})") from error
    if type(model.model[-1]) is not Detect:
        head = type(model.model[-1]).__name__
        raise InputError(f"{origin}: a {head} model; a detection model (Detect head) is needed, such as yolo26n.pt")
    if len(names) < model.model[-1].nc:
        narrow_head(model, list(range(len(names))))
    model.names = dict(names)
    return model.float()


def save_model(model: DetectionModel, path: Path, half: bool = False) -> None:
    """Write architecture, class names and weights as safetensors: nothing in the file can run."""
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    header = {"architecture": json.dumps(model.yaml), "names": json.dumps(model.names)}
    partial = path.with_suffix(".part")
    save_file(tensors, partial, header)
    os.replace(partial, path)


def fingerprint(model: DetectionModel) -> str:
    """Identity of a model by its weights, 16 hex digits: the same weights under another name are the same."""
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _fetched(path: Path) -> Path:
    if path.is_file():
        return path
    if path.suffix == ".pt" and path.parent == Path("."):
        from ultralytics.utils.downloads import attempt_download_asset

        try:
            fetched = Path(attempt_download_asset(path.name))
        except Exception as error:  # Ultralytics raises bare and network-library errors alike
            raise InputError(f"{path}: not here and could not be downloaded ({error}); give a local path") from error
        if fetched.is_file():
            return fetched
        raise InputError(f"{path}: no such file, and Ultralytics knows no weights of this name; give a local path")
    raise InputError(f"{path}: no such weights file; give a .pt of Ultralytics or a .safetensors of lotwise")


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]:
    """Architecture, class names and tensors of an Ultralytics ``.pt``."""
    try:
        needed = get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # zip, pickle and runtime errors: whatever a broken file provokes
        raise InputError(f"{path}: not a PyTorch checkpoint (zip format of torch.save)") from error
    foreign = sorted(name for name in needed if not any(pattern.fullmatch(name) for pattern in TRUSTED))
    if foreign:
        raise InputError(f"{path}: refused, loading it would run foreign code ({', '.join(foreign[:3])})")
    try:
        with safe_globals([(_resolve(name), name) for name in needed]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: cannot be read as an Ultralytics checkpoint ({reason})") from error
    model = (content.get("ema") or content.get("model")) if isinstance(content, dict) else None
    if not isinstance(model, DetectionModel):
        raise InputError(f"{path}: holds no detection model; give detection weights such as yolo26n.pt")
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in model.state_dict().items()
    }
    return dict(model.yaml), {int(k): str(v) for k, v in model.names.items()}, tensors


def _read_safetensors(path: Path) -> tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from error
    if not {"architecture", "names"} <= header.keys():
        raise InputError(f"{path}: holds no lotwise model (no architecture in its header)")
    names = {int(k): str(v) for k, v in json.loads(header["names"]).items()}
    tensors = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    return json.loads(header["architecture"]), names, tensors


def _resolve(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)

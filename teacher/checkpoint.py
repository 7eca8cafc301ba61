"""Model files: Ultralytics checkpoints read without running foreign code, and our own safetensors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals
from ultralytics.nn import modules
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.teacher.head import narrow_head
from lotwise.teacher.published_weights import find_weights

# Everything an Ultralytics checkpoint is made of; any other name in the file is foreign code and it is refused.
ALLOWED_GLOBALS = (
    re.compile(r"ultralytics\.nn\.(tasks|modules)\.?[\w.]*"),
    re.compile(r"ultralytics\.utils\.(IterableSimpleNamespace|loss\.\w+|tal\.\w+)"),
    re.compile(r"torch\.nn\.modules\.\w+\.\w+"),
    re.compile(r"numpy\.(dtype|_?core\.multiarray\.scalar)"),
    re.compile(r"collections\.OrderedDict"),
)
ALLOWED_ACTIVATION = re.compile(r"(torch\.)?nn\.\w+\((inplace=(True|False))?\)")


PRUNED = "pruned"
"""In the architecture of a model whose layers are narrower than the architecture says: its weights tell how wide."""


class Stored(nn.Module):
    """Stands for whatever class a checkpoint names while it is read: takes attributes and does nothing.

    The classes themselves would not do: a pickle may call what it names with arguments of its own, and
    Ultralytics' constructors evaluate text.
    """

    def __init__(self, *_: object) -> None:
        super().__init__()

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            cast(Any, super()).__setstate__(state)


def load_model(weights: str | Path) -> DetectionModel:
    """A detection model in float32, in eval mode, from a ``.pt`` of Ultralytics or a ``.safetensors`` of ours.

    A name at Ultralytics without a folder, such as ``yolo26x.pt``, is downloaded where it is not here yet.

    Raises:
        InputError: no such file, no detection model, or a file whose unpickling would run foreign code.
    """
    path = find_weights(Path(weights))
    read: Callable[[Path], tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]]
    read = _read_safetensors if path.suffix == ".safetensors" else _read_checkpoint
    architecture, names, tensors = read(path)
    model = build(architecture, names, path)
    hidden = _hidden_width(tensors)
    if architecture.get(PRUNED):
        fit_shapes(model, tensors)
    elif hidden and hidden != model.model[-1].cv3[0][-1].in_channels:
        # Ultralytics fine-tunes to fewer classes in a head of the width that more classes had, and notes only the
        # classes. A head built for as many classes as it is wide has that width.
        model = build({**architecture, "nc": hidden}, names, path)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise InputError(f"{path}: the weights do not fit their own architecture ({reason})") from error
    return model.eval()


def build(architecture: Mapping[str, Any], names: Mapping[int, str], origin: Path) -> DetectionModel:
    """An untrained model of this architecture (an Ultralytics model YAML as a mapping).

    Raises:
        InputError: the architecture holds something that Ultralytics would evaluate or call, or cannot be built.
    """
    try:
        _refuse_code(architecture, origin)
        model = DetectionModel(dict(architecture), verbose=False)
    except InputError:
        raise
    except Exception as error:  # whatever a broken architecture provokes in Ultralytics and torch
        raise InputError(f"{origin}: not an architecture that can be built ({error!r})") from error
    if type(model.model[-1]) is not Detect:
        head = type(model.model[-1]).__name__
        raise InputError(f"{origin}: a {head} model; a detection model (Detect head) is needed, such as yolo26n.pt")
    if not 0 < len(names) <= model.model[-1].nc:
        raise InputError(f"{origin}: {len(names)} class names for a head of {model.model[-1].nc} classes")
    if len(names) < model.model[-1].nc:
        narrow_head(model, list(range(len(names))))
    model.names = dict(names)
    return model.float()


def fit_shapes(model: DetectionModel, tensors: Mapping[str, torch.Tensor]) -> None:
    """Give convolutions and norms of an untrained model the widths of these weights, in place.

    Args:
        model: of the same layers.
        tensors: its weights by name; whatever else differs is left to ``load_state_dict`` to refuse.
    """
    for name, module in model.named_modules():
        weight = tensors.get(f"{name}.weight")
        if isinstance(module, nn.Conv2d) and weight is not None and weight.ndim == 4:
            depthwise = module.groups > 1 and module.groups == module.in_channels
            module.groups = len(weight) if depthwise else module.groups
            module.in_channels, module.out_channels = weight.shape[1] * module.groups, len(weight)
            module.weight = nn.Parameter(torch.empty_like(weight))
            if module.bias is not None:
                module.bias = nn.Parameter(torch.empty(len(weight)))
        elif isinstance(module, nn.BatchNorm2d) and weight is not None and weight.ndim == 1:
            module.num_features = len(weight)
            module.weight, module.bias = (nn.Parameter(torch.empty_like(weight)) for _ in range(2))
            module.running_mean, module.running_var = torch.zeros_like(weight), torch.ones_like(weight)


def save_model(model: DetectionModel, path: Path, half: bool = False) -> None:
    """Write architecture, class names and weights as safetensors: nothing in the file can run.

    The same model gives the same bytes, so that a bundle of it has the same identity.
    """
    tensors = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    header = {"architecture": json.dumps(model.yaml), "names": json.dumps(model.names)}
    write_whole(path, _in_one_order(save(tensors, header)))


def _in_one_order(data: bytes) -> bytes:
    """safetensors with its metadata in order of their names; the library writes them in another order each time."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def fingerprint(model: DetectionModel) -> str:
    """Identity of a model by its weights, 16 hex digits: the same weights under another name are the same."""
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]:
    """Architecture, class names and tensors of an Ultralytics ``.pt``."""
    try:
        needed = get_unsafe_globals_in_checkpoint(path)
    except Exception as error:  # zip, pickle and runtime errors: whatever a broken file provokes
        raise InputError(f"{path}: not a PyTorch checkpoint (zip format of torch.save)") from error
    foreign = sorted(name for name in needed if not any(pattern.fullmatch(name) for pattern in ALLOWED_GLOBALS))
    if foreign:
        raise InputError(f"{path}: refused, loading it would run foreign code ({', '.join(foreign[:3])})")
    classes = {name: type(name.rpartition(".")[2], (Stored,), {}) for name in needed}
    try:
        with safe_globals([(stored, name) for name, stored in classes.items()]):
            content = torch.load(path, map_location="cpu", weights_only=True)
        model = content.get("model") if content.get("ema") is None else content["ema"]
        kind = type(model).__name__
        if not isinstance(model, Stored) or kind != "DetectionModel":
            held = f"a {kind}" if isinstance(model, Stored) else "no model"
            raise InputError(f"{path}: holds {held}; give detection weights such as yolo26n.pt")
        tensors = {name: _as_float(tensor) for name, tensor in model.state_dict().items()}
        said: dict[str, Any] = model.__dict__
        names = dict(enumerate(said["names"])) if isinstance(said["names"], list) else said["names"]
        return dict(said["yaml"]), {int(k): str(v) for k, v in names.items()}, tensors
    except InputError:
        raise
    except Exception as error:  # zip, pickle, attribute and type errors: whatever a broken file provokes
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: cannot be read as an Ultralytics checkpoint ({reason})") from error


def _read_safetensors(path: Path) -> tuple[dict[str, Any], dict[int, str], dict[str, torch.Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: _as_float(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from error
    try:
        architecture, names = json.loads(header["architecture"]), json.loads(header["names"])
        return dict(architecture), {int(k): str(v) for k, v in names.items()}, tensors
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: holds no lotwise model (no architecture or class names in its header)") from error


def _refuse_code(architecture: Mapping[str, Any], origin: Path) -> None:
    """Ultralytics evaluates the activation of an architecture and calls whatever its layers name."""
    activation = architecture.get("activation")
    if activation is not None and not ALLOWED_ACTIVATION.fullmatch(str(activation)):
        raise InputError(f"{origin}: activation {activation!r} is refused; only plain ones such as nn.SiLU() are read")
    for layer in [*architecture["backbone"], *architecture["head"]]:
        name = str(layer[2])
        kind = getattr(nn, name[3:], None) if name.startswith("nn.") else getattr(modules, name, None)
        if not (isinstance(kind, type) and issubclass(kind, nn.Module)) or name == "TorchVision":
            raise InputError(f"{origin}: layer {name!r} is refused; only layers of Ultralytics and torch.nn are read")


def _hidden_width(tensors: Mapping[str, torch.Tensor]) -> int | None:
    """Channels before the last layer of the class branch; None where there is no such branch."""
    last = next((t for name, t in tensors.items() if re.fullmatch(r"model\.\d+\.cv3\.0\.2\.weight", name)), None)
    return None if last is None else last.shape[1]


def _as_float(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor

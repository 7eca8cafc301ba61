"""Tiny YOLO models of random weights, and files of them, for tests that need a model but not a good one."""

from pathlib import Path

import torch
from ultralytics.nn.tasks import DetectionModel, yaml_model_load

from lotwise.teacher.checkpoint import build, save_model

WIDTH = 0.0625
COCO_LIKE = {0: "person", 1: "car", 2: "cat", 3: "truck"}


def tiny_yolo(seed: int = 0, names: dict[int, str] | None = None, base: str = "yolov8n.yaml") -> DetectionModel:
    """A YOLO of a quarter of a nano's width that says something of every picture, in eval mode."""
    names = names or {0: "vehicle"}
    torch.manual_seed(seed)
    architecture = yaml_model_load(base) | {"nc": len(names), "scale": "w", "scales": {"w": [0.33, WIDTH, 1024]}}
    model = build(architecture, names, Path(base))
    head = model.model[-1]
    # Without bins the box branch says distances themselves, which must not be below zero.
    boxes = (0.25, 0.0) if head.reg_max > 1 else (0.02, 2.0)
    for name, (spread, bias) in {"cv2": boxes, "cv3": (0.25, -2.0)}.items():
        for level in [*getattr(head, name), *(getattr(head, f"one2one_{name}", None) or ())]:
            torch.nn.init.normal_(level[-1].weight, std=spread)
            torch.nn.init.constant_(level[-1].bias, bias)
    # Norms that know the scale of their inputs let the picture through all the untrained layers.
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.rand(4, 3, 64, 64))
    for norm in norms:
        norm.momentum = 0.03
    return model.eval()


def save_like_ultralytics(model: torch.nn.Module, path: Path) -> Path:
    """In the form of an Ultralytics checkpoint: the model object itself, pickled, in half precision."""
    torch.save({"model": model.half(), "ema": None, "train_args": {"imgsz": 64}, "epoch": -1}, path)
    model.float()
    return path


def save_weights(folder: Path, role: str, seed: int) -> Path:
    path = folder / f"{role}.safetensors"
    save_model(tiny_yolo(seed), path)
    return path

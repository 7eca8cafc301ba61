"""Streams of a small drawn lot whose occupancy is known, and a bundle whose model reads it from the brightness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.frame import Image

INPUT = (128, 96)
WIDTH, HEIGHT = 480, 360
SLOTS = 8
LEFT, STEP, CAR, TOP, BOTTOM = 0.04, 0.118, 0.08, 0.6, 0.8
"""Where the slots are, in shares of the frame."""


def lot(seed: int, occupied: Sequence[bool], width: int = WIDTH, height: int = HEIGHT) -> Image:
    """A dark yard with things that do not move, and bright cars; ``seed`` is the camera."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(20, 45, (12, 16, 3), np.uint8), (width, height))
    for _ in range(40):
        x, y, w, h = rng.uniform((0, 0, 0.02, 0.02), (1, 0.5, 0.08, 0.08)) * (width, height, width, height)
        shade = [int(value) for value in rng.integers(30, 200, 3)]
        cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), shade, -1)
    for place, taken in enumerate(occupied):
        if taken:
            left, top, right, bottom = np.array(_car(place)) * (width, height, width, height)
            cv2.rectangle(image, (int(left), int(top)), (int(right), int(bottom)), (235, 240, 235), -1)
            cv2.rectangle(image, (int(left + 5), int(top + 8)), (int(right - 5), int(top + 16)), (40, 40, 40), -1)
    return np.asarray(image, np.uint8)


def pattern(seed: int, turn: int = 0) -> list[bool]:
    """Which slots of a camera are occupied; every second one, the others in the next turn."""
    return [(place + seed + turn) % 2 == 0 for place in range(SLOTS)]


def write_stream(path: Path, images: Iterable[Image], key: int = 4) -> Path:
    """H.264 with a key frame at least every ``key`` frames, and delimiters, as ``stream_server.py`` plays it."""
    encoder, written = None, bytearray()
    for image in images:
        size = (image.shape[1], image.shape[0])
        if encoder is None or (encoder.width, encoder.height) != size:
            written += _rest(encoder)
            encoder = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height = size
            encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
            encoder.gop_size = key
            encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26", "aud": "1"}
            encoder.thread_count = 1
        for packet in encoder.encode(av.VideoFrame.from_ndarray(image, "bgr24").reformat(format="yuv420p")):
            written += bytes(packet)
    path.write_bytes(bytes(written + _rest(encoder)))
    return path


def write_reading_bundle(folder: Path, camera: str = "C1") -> Path:
    """A model that finds a car on a slot of :func:`lot` where it is bright there."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = INPUT
    boxes = np.array([_car(place) for place in range(SLOTS)], np.float32) * np.array([width, height] * 2, np.float32)
    weights = np.zeros((3, height, width, SLOTS), np.float32)
    for place, (left, top, right, bottom) in enumerate(boxes):
        inner = np.s_[:, int(top) + 6 : int(bottom) - 1, int(left) + 2 : int(right) - 1, place]
        weights[inner] = 1 / weights[inner].size
    _save_model(folder / MODEL, weights.reshape(-1, SLOTS), boxes)
    shapes = tuple(
        SlotShape(id=str(place + 1), polygon=((a, b), (c, b), (c, d), (a, d)))
        for place, (a, b, c, d) in enumerate(_car(place) for place in range(SLOTS))
    )
    files = {MODEL: sha256(folder / MODEL)}
    write_manifest(folder, Manifest(camera=camera, role="student", input=INPUT, files=files, slots=shapes))
    return folder


def _car(place: int) -> tuple[float, float, float, float]:
    left = LEFT + STEP * place
    return left, TOP, left + CAR, BOTTOM


def _rest(encoder: av.VideoCodecContext | None) -> bytes:
    return b"" if encoder is None else b"".join(bytes(packet) for packet in encoder.encode(None))


def _save_model(path: Path, weights: np.ndarray, boxes: np.ndarray) -> None:
    """scores = clip(2.5 · brightness − 1), boxes the same for every frame."""
    constants = {
        "weights": weights * 2.5,
        "one": np.array(-1, np.float32),
        "low": np.array(0, np.float32),
        "high": np.array(0.97, np.float32),
        "places": boxes[None],
        "zero": np.array(0, np.float32),
        "shape": np.array([-1, 1, 1], np.int64),
        "first": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["bright"]),
        helper.make_node("Add", ["bright", "one"], ["moved"]),
        helper.make_node("Clip", ["moved", "low", "high"], ["scores"]),
        # One zero a frame, spread over the boxes: the batch comes from the input.
        helper.make_node("ReduceMax", ["scores", "first"], ["most"]),
        helper.make_node("Mul", ["most", "zero"], ["none"]),
        helper.make_node("Reshape", ["none", "shape"], ["spread"]),
        helper.make_node("Add", ["spread", "places"], ["boxes"]),
    ]
    pixels = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, INPUT[1], INPUT[0]])
    said = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["batch", SLOTS, 4]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", SLOTS]),
    ]
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "brightness", [pixels], said, held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)

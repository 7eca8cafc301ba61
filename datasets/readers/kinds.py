"""The kinds of dataset that Lotwise reads, apart from their readers so that help texts need not import them."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["cnr-ext", "pklot", "yolo", "coco", "folder", "synthetic"]
KINDS: tuple[str, ...] = get_args(Kind)

"""What leader and board say to each other: one endpoint, the frame's part in, boxes or maps out."""

from __future__ import annotations

PATH = "/module"
"""POST: a part of a frame as JPEG. GET: what the board holds, as JSON."""
BUNDLE, MODULE, LEAST = "X-Lotwise-Bundle", "X-Lotwise-Module", "X-Lotwise-Least"
"""Headers: identity of the bundle, number of the module from 1, and raw score under which no box is wanted. An answer
carries the first two too, so that modules of two bundles are never read together."""
MILLISECONDS = "X-Lotwise-Ms"
"""Header of an answer: what the module took, without the travel."""
MAX_FRAME = 8_000_000
"""Bytes of a part of a frame: that of an input of 2048 pixels at the best quality has half of that."""
MAX_ANSWER = 64_000_000
"""Bytes of an answer: maps of a whole nano at 2048 pixels have 20 million."""
DEFAULT_PORT = 8775
"""That of the node is 8770, that of the hub 8780."""

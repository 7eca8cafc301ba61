"""What a recipe is called by the tables and folders of a rollout; without PyTorch, for the hub's pages."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def recipe_id(recipe: dict[str, Any]) -> str:
    """12 hex digits that change with whatever students depend on; they name run folders."""
    return hashlib.blake2b(json.dumps(recipe, sort_keys=True).encode(), digest_size=6).hexdigest()

"""What a manifest may call a file of its bundle, and how it vouches for one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", description="name of a file in the bundle")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="sha256 of a file, as 64 hex digits")]

"""The JSON schema of a site file, by which editors complete and check it: ``python -m lotwise.cameras.site.schema``."""

from __future__ import annotations

import json
from typing import Any

from lotwise.cameras.site.settings import Site


def site_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a site file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Site.model_json_schema(mode="validation"),
        "title": "Lotwise site file",
    }


if __name__ == "__main__":
    print(json.dumps(site_schema(), indent=1, ensure_ascii=False))

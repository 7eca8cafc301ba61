"""Hub files for tests."""

from pathlib import Path

from lotwise.hub.reading import HubFile, read_hub


def write_hub(folder: Path, text: str = "") -> HubFile:
    """A hub file in a folder, with some more lines of YAML."""
    path = folder / "hub.yaml"
    path.write_text(f"name: test hub\n{text}", encoding="utf-8")
    return read_hub(path)

"""The version of the software that runs."""

from importlib.metadata import PackageNotFoundError, version


def software_version() -> str:
    """Version of the installed package; ``source`` where it is run without being installed."""
    try:
        return version("lotwise")
    except PackageNotFoundError:
        return "source"

"""A camera of a site, opened: its source, whose frames have their privacy masks painted before anybody gets them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.source import Source, open_source
from lotwise.datasets.frame import Masks
from lotwise.datasets.privacy_masks import painted


class MaskedSource:
    """A source that paints over what nobody may see."""

    def __init__(self, source: Source, masks: Masks) -> None:
        self._source, self._masks = source, masks

    def newest(self) -> CapturedFrame | None:
        captured = self._source.newest()
        return None if captured is None else replace(captured, image=painted(captured.image, self._masks))

    def health(self) -> SourceHealth:
        return self._source.health()

    def close(self) -> None:
        self._source.close()


def open_camera(
    camera: SiteCamera,
    name: str,
    arrived: Callable[[], None],
    period_s: float,
    base: Path = Path(),
    zone: ZoneInfo | None = None,
) -> Source:
    """Open the source of a site's camera: the only way from a site file to the frames of a running camera.

    Args:
        camera: of the site.
        name: its id.
        arrived: as of :func:`lotwise.cameras.sources.source.open_source`.
        period_s: seconds between two frames that are wanted of it.
        base: folder of the site file.
        zone: of the site, for times in names of stored frames.

    Raises:
        InputError: its privacy masks cannot be read, or what ``open_source`` refuses.
    """
    masks = privacy_masks(camera, f"cameras.{name}.privacy_masks")
    source = open_source(camera.source, name, arrived, period_s, base, zone)
    return MaskedSource(source, masks) if masks else source

"""The file in the state folder that keeps how cameras agree, over restarts."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lotwise.cameras.slots.shared.agreement import Agreement
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

log = logging.getLogger(__name__)

PERIOD_S = 300.0
"""Seconds between two writings: after a kill no more than that is counted anew."""


@dataclass(frozen=True)
class KeptAgreement:
    """What is kept.

    Attributes:
        agreement: what was compared.
        told: when disagreements began that were told and are not over, by place.
    """

    agreement: Agreement = field(default_factory=Agreement)
    told: Mapping[str, datetime] = field(default_factory=dict)


def read_agreement(path: Path) -> KeptAgreement:
    """What was kept last; nothing where there is no file, or none that can be read, which is logged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        told = {str(place): datetime.fromisoformat(since) for place, since in content["told"].items()}
        if any(since.tzinfo is None for since in told.values()):
            raise ValueError("a time without a zone")
        return KeptAgreement(Agreement.from_json(content), told)
    except FileNotFoundError:
        return KeptAgreement()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        log.warning("%s: how cameras agree cannot be read (%s); it is counted anew", path, error)
        return KeptAgreement()


class AgreementFile:
    """Writes it now and then; used by one thread.

    Args:
        path: the file.
        clock: seconds; monotonic.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._written = clock()

    def keep(self, content: Callable[[], KeptAgreement | None], at_once: bool = False) -> None:
        """Write what is to be kept, if that is due; a disk that cannot be written is told by the journal."""
        if not at_once and self._clock() - self._written < PERIOD_S:
            return
        self._written = self._clock()
        kept = content()
        if kept is None:
            return
        told = {place: since.isoformat() for place, since in kept.told.items()}
        text = json.dumps(kept.agreement.as_json() | {"told": told}, separators=(",", ":"))
        try:
            write_whole(self._path, text.encode(), sync=False)
        except OSError as error:
            log.debug("%s: not written (%s)", self._path, error)

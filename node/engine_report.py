"""How fast each camera's bundle runs on this machine and in which way, as ``lotwise run --check`` tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lotwise.cameras.detection.bundle import Manifest, parse_manifest
from lotwise.cameras.detection.engine.choices import Choice, Choices, bundle_shape
from lotwise.cameras.detection.engine.engine import possible_engines
from lotwise.cameras.detection.engine.machine import this_machine
from lotwise.cameras.detection.engine.probe_process import Found, ProbeProcess, Speed
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from lotwise.node.start import workers_and_threads

Probe = Callable[..., Found]
"""As :meth:`ProbeProcess.run`."""


def describe_engines(site: Site, cameras: Sequence[str], probe: Probe | None = None) -> list[str]:
    """A line for each kind of bundle; cameras whose bundle cannot be read are left out.

    What a node has found out stands in the state folder. What it has not is timed here, some seconds for each kind of
    bundle, and kept nowhere: whether an engine sees the same only the cameras' own frames can tell.

    Args:
        site: as :func:`lotwise.cameras.site.reading.read_site` gives it.
        cameras: ids.
        probe: what times engines.
    """
    if not cameras:
        return []  # none of those asked for is in the site: told as wrong
    _, threads = workers_and_threads(site, len(cameras))
    choices = Choices(site.state, site.detector, this_machine(), threads)
    timed: dict[str, str] = {}
    told: dict[str, list[str]] = {}
    for name in cameras:
        try:
            bundle = live_bundle(site, name)
            manifest = parse_manifest(bundle)
        except InputError:
            continue  # told as wrong
        choice = choices.choice(manifest)
        if choice is not None:
            line = _chosen(choice, choices)
        else:
            shape = bundle_shape(bundle, manifest)
            if shape not in timed:
                timed[shape] = _timed(site, bundle, manifest, threads, probe or ProbeProcess(niceness=0).run)
            line = timed[shape]
        told.setdefault(line, []).append(name)
    return [f"engine of {', '.join(names)}: {line}" for line, names in told.items()]


def _chosen(choice: Choice, choices: Choices) -> str:
    taken = choice.compared[-1] if choice.compared else None
    sees = ""
    if taken is not None and not taken.why and taken.vehicles:
        sees = f", F1 {taken.agreement:.3f} with the exact model on {taken.frames} frames"
    refused = "".join(f"; {one.engine} is not taken: {one.why}" for one in choice.compared if one.why)
    return f"{choice.engine}{sees} ({_times(choices.speeds(choice.shape))}, found on {choice.time:%Y-%m-%d}){refused}"


def _timed(site: Site, bundle: Path, manifest: Manifest, threads: int, probe: Probe) -> str:
    engines = possible_engines(manifest, site.detector)
    if len(engines) == 1:
        return f"{engines[0]}, the only one that the settings leave open"
    if not site.detector.probe:
        return f"{engines[0]}, with probe: false"
    try:
        speeds = probe(bundle, engines, threads).speeds
    except InputError as error:
        return f"{engines[0]}, as the others could not be timed ({error})"
    later = "the node takes a faster one once frames have shown that it sees the same"
    return f"{engines[0]} at first; {later} ({_times(speeds)})"


def _times(speeds: Sequence[Speed]) -> str:
    return ", ".join(_each(speeds)) + " a frame" if speeds else "not timed"


def _each(speeds: Sequence[Speed]) -> Iterator[str]:
    for one in sorted(speeds, key=lambda one: one.ms):
        yield f"{one.engine} {one.ms:.0f} ms" if one.ms >= 10 else f"{one.engine} {one.ms:.1f} ms"

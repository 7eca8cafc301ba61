"""A federation on one machine: the same apps as of a deployment, on Flower's simulation engine."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from flwr.app import Context
from flwr.simulation import run_simulation

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress
from lotwise.students.federation.flower.client_app import make_client_app
from lotwise.students.federation.flower.server_app import Ended, Federation, make_server_app
from lotwise.students.federation.node import Node

STORE_BYTES = 256 * 2**20
"""Ray's store in shared memory: a round of nine nanos with their variates takes 180 MB, and it spills to the disk."""


def simulate(federation: Federation, run: Path, workers: int, progress: Progress, note: Note) -> Ended:
    """Run a federation on this machine; a killed one goes on from its last exchange.

    Args:
        federation: what is asked for.
        run: run folder in which all cameras are labelled.
        workers: cameras that work at the same time.
        progress: told after each exchange.
        note: told, one line each, what a person should know.

    Raises:
        InputError: no camera gave a valid reply, or the engine could not run.
    """
    ends: list[Ended] = []
    cameras, reference = federation.cameras, federation.settings.reference
    failures: list[Exception] = []

    def of(context: Context) -> Node:
        return Node(run, cameras[int(context.node_config["partition-id"])], reference)

    def told(_: Context) -> Federation:
        return federation

    server = make_server_app(told, progress, note, ends.append)
    client = make_client_app(of)
    with _quiet():
        try:
            run_simulation(server, client, num_supernodes=len(cameras), backend_config=_backend(workers))
        except InputError:
            raise
        except Exception as error:  # whatever Ray or Flower say
            failures.append(error)
    if not ends:
        why = " ".join(str(failures[0] if failures else "it ended without a result").split())
        raise InputError(f"{federation.folder}: Flower's simulation engine failed ({why}); run again to go on")
    return ends[0]


def _backend(workers: int) -> Any:
    gpus = torch.cuda.device_count()
    return {
        "init_args": {
            "num_cpus": workers,
            "num_gpus": gpus,
            "object_store_memory": STORE_BYTES,
            "include_dashboard": False,
            "logging_level": "error",
            "log_to_driver": False,
        },
        "client_resources": {"num_cpus": 1, "num_gpus": gpus / workers},
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Flower's own log; errors come back as exceptions. Its call is deprecated, and does all that is needed."""
    logger = logging.getLogger("flwr")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)

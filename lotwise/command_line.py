"""The command line: all verbs under one name, and every error as one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from lotwise.datasets.errors import InputError
from lotwise.exit_codes import INTERRUPTED, WRONG
from lotwise.terminal import err, out

VERBS = (
    "demo", "adapt", "label", "frames", "train", "resize", "partition", "metadata", "dream", "retrain", "federate",
    "curve", "export", "report", "reproduce", "detect", "download", "init", "collect", "run", "board", "trust",
    "history", "sent", "bundles", "promote", "rollback", "prune", "ignore", "slots", "hub",
)  # fmt: skip
"""Modules of :mod:`lotwise.verbs`, each named as its verb, in the order of the help."""

WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]  # of Click, which Typer carries under a name of its own
TRAINING_ONLY = (
    "torch",
    "ultralytics",
    "albumentations",
    "pycocotools",
    "matplotlib",
    "safetensors",
    "onnx",
    "nncf",
    "networkx",
)
"""Libraries that only ``pip install 'lotwise[train]'`` brings."""
FEDERATED_ONLY = ("flwr", "ray")
"""Libraries that only ``pip install 'lotwise[federated]'`` brings."""
SPINS = "1000"
"""How often a thread of PyTorch looks again before it sleeps, as libgomp reads it when it is loaded. By its own default
threads look for milliseconds, and beside other work hold the core that the one they wait for needs: a training step
takes several times as long then (benchmarks/distillation/waiting_threads.py)."""
HUB_ONLY = ("sqlalchemy", "alembic", "fsspec")
"""Libraries that only ``pip install 'lotwise[hub]'`` brings."""


def application(verbs: Sequence[str] = VERBS) -> typer.Typer:
    """The command line with these verbs; only their modules are imported."""
    app = typer.Typer(
        name="lotwise",
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb in verbs:
        app.add_typer(import_module(f"lotwise.verbs.{verb}").app)
    app.callback()(_lotwise)
    return app


def _print_version(asked: bool) -> None:
    if asked:
        from lotwise.node.version import software_version

        out.print(f"lotwise {software_version()}")
        raise typer.Exit


def _lotwise(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """A nano vehicle detector for every parking camera, distilled from a large one without a single label."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input and wrong usage are one line on stderr and exit code 2."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    given = sys.argv[1:] if arguments is None else list(arguments)
    # A command starts twice as fast without the modules of all others.
    app = application(given[:1] if given[:1] and given[0] in VERBS else VERBS)
    try:
        code = app(given or ["--help"], prog_name="lotwise", standalone_mode=False)
    except InputError as error:
        _refuse(str(error))
    except WrongUsage as error:
        context = getattr(error, "ctx", None)
        said = getattr(error, "format_message", error.__str__)().rstrip(".")
        _refuse(f"{said}; see {context.command_path if context else 'lotwise'} --help")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in FEDERATED_ONLY:
            _refuse("federations need Flower and Ray; run pip install 'lotwise[federated]'")
        if missing in HUB_ONLY:
            _refuse("a hub needs a database and what it trains with; run pip install 'lotwise[hub]'")
        if missing == "psycopg":
            _refuse("PostgreSQL needs its own client; run pip install 'lotwise[postgresql]'")
        if missing not in TRAINING_ONLY:
            raise
        _refuse(f"this needs {error.name}, which a camera node goes without; run pip install 'lotwise[train]'")
    except OSError as error:
        full = error.errno == errno.ENOSPC
        mend = "free some space and run again" if full else "mend that and run again"
        _refuse(f"{error.filename or 'disk'}: {'the disk is full' if full else error.strerror or error}; {mend}")
    else:
        if code == INTERRUPTED:
            err.print("stopped; the same command goes on from here")
        sys.exit(code or 0)


def _refuse(why: str) -> NoReturn:
    err.print(f"error: {' '.join(why.split())}", style="bold red")
    sys.exit(WRONG)


if __name__ == "__main__":
    main()

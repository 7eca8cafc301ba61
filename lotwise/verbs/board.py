"""``lotwise board``: one board of a divided student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.terminal import out

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise board bundle --module 1   ·   "
    "lotwise board bundles --module 2 --listen 0.0.0.0:8775 --token-file token --certificate board.pem --key board.key"
)
def board(
    bundles: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Bundle, camera's registry, or run folder.")],
    module: Annotated[int, typer.Option(min=1, max=16, help="Number of the module that this board runs.")],
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the leader reaches it; port 0 for any that is free.")
    ] = "127.0.0.1:8775",
    token_file: Annotated[
        Path | None, typer.Option(help="File of the token that leaders show; needed unless on loopback.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate (PEM); needs --key.")] = None,
    key: Annotated[Path | None, typer.Option(help="Private key of the certificate (PEM).")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads for one frame; 0 lets the library choose.")] = 0,
) -> None:
    """One board: runs a module of a divided student for its leader, the node, until it is stopped."""
    from lotwise.node.board_process.serve import serve_board

    serve_board(bundles, module, listen, token_file, certificate, key, threads, out.print)

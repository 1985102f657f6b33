"""Serve the map and the API."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, twin_named
from gridtwin.cli.render import print_note
from gridtwin.errors import InputError, MissingExtraError, StoreError
from gridtwin.settings import ServeSettings


def serve_twin(
    twin: In = "",
    host: Annotated[
        str, typer.Option(help="Address to listen at; others than this machine's own are told.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8766,
    tiles: Annotated[
        Path | None, typer.Option(help="Archive made by `gridtwin tiles build`.")
    ] = None,
    basemap: Annotated[
        Path | None,
        typer.Option(help="PMTiles file of the Protomaps scheme, drawn beneath the grid."),
    ] = None,
    open: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log one JSON object a line.")
    ] = False,
) -> None:
    """
    Serve the map and the API until interrupted.

    Example: gridtwin serve --in houston.twin
    """
    from gridtwin.store.postgis.connect import hide_password as without_password
    from gridtwin.store.postgis.connect import is_address

    settings = ServeSettings.from_environment(
        twin_named(twin), host=host, port=port, tiles=tiles, basemap=basemap
    )
    name = settings.twin
    shown = without_password(name) if is_address(name) else name
    log_to_stderr(json_lines=log_json)
    try:
        from gridtwin.api.app import create_app
        from gridtwin.api.serve_app import run_server
    except ModuleNotFoundError as error:
        need = "serve"
        raise MissingExtraError(need, "serve") from error
    with open_listener(host, port) as listener:
        app = create_app(settings)
        host = f"[{host}]" if ":" in host else host
        url = f"http://{host}:{listener.getsockname()[1]}/"

        def say_begun() -> None:
            print_note(f"serving {shown} at {url}")
            if open:
                typer.launch(url)

        if not run_server(app, settings, listener, say_begun):
            msg = f"{shown} cannot be served: the log says why"
            raise StoreError(msg)


def open_listener(host: str, port: int) -> socket.socket:
    """
    Return a socket that listens.

    Raises
    ------
    InputError
        If the port is taken, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        msg = f"cannot listen at {host} port {port} ({reason}): choose another with --port"
        raise InputError(msg) from error

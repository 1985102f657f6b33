"""Serve agents."""

from __future__ import annotations

from typing import Annotated

import typer

from gridtwin.cli.logs import log_to_stderr
from gridtwin.cli.options import In, twin_named
from gridtwin.cli.render import print_note
from gridtwin.cli.serve_commands import open_listener
from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.settings import ServeSettings


def serve_agents(
    twin: In = "",
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP, and not by standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen at over HTTP.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8767,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log one JSON object a line.")
    ] = False,
) -> None:
    """
    Serve a twin to agents over the Model Context Protocol, until interrupted.

    By standard input and output unless --http is said; `gridtwin serve` has the same at /mcp.

    Example: gridtwin mcp --in houston.twin
    """
    from gridtwin.mcp_server.protocol_sdk import require_sdk

    settings = ServeSettings.from_environment(twin_named(twin), host=host, port=port)
    require_sdk()
    log_to_stderr(json_lines=log_json)
    if http:
        _serve_http(settings)
        return
    from gridtwin.mcp_server.stdio_door import serve_stdio

    serve_stdio(settings)


def _serve_http(settings: ServeSettings) -> None:
    try:
        from gridtwin.api.agent_app import create_agent_app
        from gridtwin.api.serve_app import run_server
    except ModuleNotFoundError as error:
        need = "mcp --http"
        raise MissingExtraError(need, "serve") from error
    with open_listener(settings.host, settings.port) as listener:
        app = create_agent_app(settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{listener.getsockname()[1]}/mcp"
        if not run_server(app, settings, listener, lambda: print_note(f"agents ask at {url}")):
            msg = "agents cannot be served: the log says why"
            raise StoreError(msg)

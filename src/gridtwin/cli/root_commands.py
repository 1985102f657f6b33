"""Say what the commands are called."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from gridtwin.cli.command_table import CommandTable

COMMANDS = {
    "new": "network_commands:make_network",
    "load": "load_commands:load_network",
    "loads": "load_commands:show_loads",
    "ask": "ask_commands:ask_twin",
    "find": "find_commands:find_elements",
    "trace": "trace_commands:trace_elements",
    "explain": "trace_commands:explain_element",
    "switch": "state_commands:operate_switch",
    "schematic": "schematic_commands:show_schematic",
    "intersect": "network_commands:intersect_polygon",
    "scores": "pull_commands:show_scores",
    "sync": "database_commands:sync_twin",
    "rehearse": "rehearsal_commands:rehearse_storm",
    "serve": "serve_commands:serve_twin",
    "mcp": "agent_commands:serve_agents",
    "demo": "demo_commands:run_demo",
    "check": "check_commands:app",
    "map": "mapping_commands:app",
    "tag": "tag_commands:app",
    "order": "order_commands:app",
    "crew": "crew_commands:app",
    "outage": "outage_commands:app",
    "restore": "restoration_commands:app",
    "erm": "erm_commands:app",
    "vegetation": "vegetation_commands:app",
    "manuals": "manual_commands:app",
    "customers": "customer_commands:app",
    "publish": "publish_commands:publish_app",
    "pull": "pull_commands:pull_app",
    "db": "database_commands:app",
    "backup": "backup_commands:backup_app",
    "state": "state_commands:app",
    "ami": "ami_commands:app",
    "stream": "stream_commands:app",
    "feeds": "feed_commands:feeds_app",
    "tiles": "tile_commands:app",
    "token": "token_commands:app",
    "audit": "audit_commands:app",
    "webhooks": "webhook_commands:app",
}


class RootGroup(TyperGroup):
    """All commands, each of which is made once it is asked for."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"commands": CommandTable(COMMANDS)})

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, without making any."""
        return list(self.commands)


app = typer.Typer(
    name="gridtwin",
    cls=RootGroup,
    help="The open digital twin of an electric distribution utility.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example: gridtwin new houston.twin --like houston --meters 60000 --seed 1",
)


@app.callback(invoke_without_command=True)
def show_version(
    show: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """Trace it, break it, restore it."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"gridtwin {installed('gridtwin')}")
        raise typer.Exit

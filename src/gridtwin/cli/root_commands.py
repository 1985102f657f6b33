"""Say what the commands are called."""

from __future__ import annotations

import typer

from gridtwin.cli import (
    agent_commands,
    ami_commands,
    ami_history_commands,
    backup_commands,
    check_commands,
    database_commands,
    demo_commands,
    erm_commands,
    erm_run_commands,
    iceberg_commands,
    indices_commands,
    mapping_commands,
    network_commands,
    odin_commands,
    outage_commands,
    outage_lifecycle_commands,
    publish_commands,
    pull_commands,
    rehearsal_commands,
    restoration_commands,
    serve_commands,
    snowflake_commands,
    state_commands,
    storm_commands,
    stream_commands,
    tile_commands,
    trace_commands,
    vegetation_commands,
)
from gridtwin.cli.ask_commands import ask_twin
from gridtwin.cli.find_commands import find_elements
from gridtwin.cli.inference_commands import infer_outages
from gridtwin.cli.load_commands import load_network, show_loads

app = typer.Typer(
    name="gridtwin",
    help="The open digital twin of an electric distribution utility.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example: gridtwin new houston.twin --like houston --meters 60000 --seed 1",
)

app.command("new")(network_commands.make_network)
app.command("load")(load_network)
app.command("loads")(show_loads)
app.add_typer(check_commands.app, name="check")
app.add_typer(mapping_commands.app, name="map")
app.command("ask")(ask_twin)
app.command("find")(find_elements)
app.command("trace")(trace_commands.trace_elements)
app.command("explain")(trace_commands.explain_element)
app.command("switch")(state_commands.operate_switch)
outage_lifecycle_commands.register_commands(outage_commands.app)
outage_commands.app.command("indices")(indices_commands.show_indices)
outage_commands.app.command("infer")(infer_outages)
app.add_typer(outage_commands.app, name="outage")
erm_commands.app.command("run")(erm_run_commands.estimate_outages)
app.add_typer(restoration_commands.app, name="restore")
erm_commands.app.command("storm")(storm_commands.forecast_storm)
app.add_typer(erm_commands.app, name="erm")
app.command("intersect")(network_commands.intersect_polygon)
publish_commands.publish_app.command("odin")(odin_commands.publish_odin)
publish_commands.publish_app.command("snowflake")(snowflake_commands.publish_snowflake)
publish_commands.publish_app.command("iceberg")(iceberg_commands.publish_iceberg)
app.add_typer(vegetation_commands.app, name="vegetation")
app.add_typer(publish_commands.publish_app, name="publish")
app.add_typer(pull_commands.pull_app, name="pull")
app.command("scores")(pull_commands.show_scores)
app.command("sync")(database_commands.sync_twin)
app.add_typer(database_commands.app, name="db")
app.add_typer(backup_commands.backup_app, name="backup")
app.add_typer(state_commands.app, name="state")
app.command("rehearse")(rehearsal_commands.rehearse_storm)
app.command("serve")(serve_commands.serve_twin)
app.command("mcp")(agent_commands.serve_agents)
ami_commands.app.add_typer(ami_history_commands.app, name="ask")
app.add_typer(ami_commands.app, name="ami")
app.add_typer(stream_commands.app, name="stream")
app.add_typer(tile_commands.app, name="tiles")
app.command("demo")(demo_commands.run_demo)


@app.callback(invoke_without_command=True)
def show_version(
    show: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """Trace it, break it, restore it."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"gridtwin {installed('gridtwin')}")
        raise typer.Exit

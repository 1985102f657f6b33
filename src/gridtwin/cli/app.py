"""Say what the commands are called."""

from __future__ import annotations

import typer

from gridtwin.cli import (
    ami,
    ami_ask,
    database,
    demo,
    erm,
    erm_run,
    indices,
    lifecycle,
    mappings,
    networks,
    odin,
    outages,
    rehearse,
    restore,
    serve,
    states,
    storms,
    stream,
    tiles,
    traces,
)
from gridtwin.cli.find import find
from gridtwin.cli.infer import infer

app = typer.Typer(
    name="gridtwin",
    help="The open digital twin of an electric distribution utility.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example: gridtwin new houston.twin --like houston --meters 60000 --seed 1",
)

app.command("new")(networks.new)
app.command("load")(networks.load)
app.command("check")(networks.check)
app.add_typer(mappings.app, name="map")
app.command("find")(find)
app.command("trace")(traces.trace)
app.command("explain")(traces.explain)
app.command("switch")(states.switch)
lifecycle.register(outages.app)
outages.app.command("indices")(indices.indices)
outages.app.command("infer")(infer)
app.add_typer(outages.app, name="outage")
erm.app.command("run")(erm_run.run)
app.add_typer(restore.app, name="restore")
erm.app.command("storm")(storms.storm)
app.add_typer(erm.app, name="erm")
app.command("intersect")(networks.intersect)
networks.publish_app.command("odin")(odin.odin)
app.add_typer(networks.publish_app, name="publish")
app.command("sync")(database.sync)
app.add_typer(database.app, name="db")
app.add_typer(states.app, name="state")
app.command("rehearse")(rehearse.rehearse)
app.command("serve")(serve.serve)
ami.app.add_typer(ami_ask.app, name="ask")
app.add_typer(ami.app, name="ami")
app.add_typer(stream.app, name="stream")
app.add_typer(tiles.app, name="tiles")
app.command("demo")(demo.demo)


@app.callback(invoke_without_command=True)
def version(
    show: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """Trace it, break it, restore it."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"gridtwin {installed('gridtwin')}")
        raise typer.Exit

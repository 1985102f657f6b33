"""Operate switches, and keep what-ifs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.model.notices import summarize_notices

if TYPE_CHECKING:
    from gridtwin.results.operation_preview import OperationPreview

app = typer.Typer(
    help="Keep what-ifs: overlays over the current state.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
POSITIONS = {"open": True, "closed": False, "close": False}


def operate_switch(
    position: Annotated[str, typer.Argument(metavar="open|close")],
    mrid: Annotated[str, typer.Argument(metavar="ID")],
    twin: In = "",
    phases: Annotated[str, typer.Option(help="Operate only these phases.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Say what it would do; operate nothing.")
    ] = False,
    confirmed: Annotated[
        str, typer.Option(help="Digest of a preview: operate if it still does the same.")
    ] = "",
    json: Json = False,
) -> None:
    """
    Operate a switch: write the current state. A tag on it forbids that.

    Example: gridtwin switch open RCL-0042 --in houston.twin
    """
    if position not in {"open", "close"}:
        msg = f"{position!r} is no operation: say open or close"
        raise InputError(msg)
    opened = open_twin(twin)
    opens = position == "open"
    if preview:
        _print_preview(opened.operations.preview(mrid, open=opens, phases=phases), json=json)
        return
    if confirmed:
        state = opened.operations.operate(mrid, open=opens, phases=phases, confirmed=confirmed)
    else:
        state = opened.switch(mrid, open=opens, phases=phases)
    if json:
        from gridtwin.results.network_answers import switch_document

        render.write_json(switch_document(opened.store.network, mrid, state))
    else:
        sys.stdout.write(f"{mrid}: {position}, state current version {state.version}\n")


def _print_preview(seen: OperationPreview, *, json: bool) -> None:
    document = seen.document()
    if json:
        render.write_json(document)
        return
    facts = {
        "stands open on": document["open_before"] or "no phase",
        "would stand open on": document["open_after"] or "no phase",
        "customers that gain supply": document["gained"]["customers"],
        "customers that lose it": document["lost"]["customers"],
        "that lose some phases": document["partial"]["customers"],
        "priority customers that lose it": document["priority_lost"],
        "open outages it brings back": [*document["outages"]],
        "dangers": [hazard["message"] for hazard in document["hazards"]],
        "forbidden, as": document["refusals"],
        "digest": document["digest"],
    }
    render.write_facts(f"{'open' if document['open'] else 'close'} {document['mrid']}", facts)


@app.command("list")
def list_states(twin: In = "", json: Json = False) -> None:
    """
    List the states there are.

    Example: gridtwin state list --in houston.twin
    """
    opened = open_twin(twin)
    states = [opened.store.states.read_state(name) for name in opened.states()]
    if json:
        from gridtwin.results.network_answers import states_document

        render.write_json(states_document(states))
    else:
        rows = [(state.name, state.version, len(state.deviations)) for state in states]
        render.write_table("", ["state", "version", "switches that differ"], rows)


@app.command("save")
def save_overlay(
    name: Annotated[str, typer.Argument(help="What the overlay is called.")],
    switches: Annotated[list[str], typer.Argument(metavar="ID=open|closed|PHASES ...")],
    twin: In = "",
) -> None:
    """
    Keep the current state with some switches in another position.

    Example: gridtwin state save plan-a RCL-0042=open TIE-0007=closed --in houston.twin
    """
    wanted: dict[str, bool | str] = {}
    for text in switches:
        mrid, equals, position = text.rpartition("=")
        if not equals or not mrid:
            msg = f"{text!r} is no position: write ID=open, ID=closed or ID=AB"
            raise InputError(msg)
        wanted[mrid] = POSITIONS.get(position, position)
    open_twin(twin).overlay(name, wanted)


@app.command("load")
def load_state(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An SSH profile of CGMES.")],
    twin: In = "",
    name: Annotated[str, typer.Option("--as", help="What it is called; the file's name.")] = "",
    operate: Annotated[
        bool, typer.Option("--operate", help="Operate the switches instead: the current state.")
    ] = False,
) -> None:
    """
    Keep how switches stand in an SSH profile as an overlay, or operate them so.

    Switches that the file does not name stand as they do now.

    Example: gridtwin state load SSH.xml --as morning --in houston.twin
    """
    if name and operate:
        msg = "either --as NAME keeps an overlay, or --operate writes the current state: say one"
        raise InputError(msg)
    read = open_twin(twin).load_state(file, "" if operate else name or file.stem)
    render.print_note(*(f"notice: {line}" for line in summarize_notices(read.notices)))
    done = f"{read.operated:,} operated" if operate else f"kept as {name or file.stem}"
    sys.stdout.write(f"{file}: {read.switches:,} switches, {read.open:,} open, {done}\n")


@app.command("drop")
def drop_overlay(name: Annotated[str, typer.Argument()], twin: In = "") -> None:
    """
    Forget an overlay.

    Example: gridtwin state drop plan-a --in houston.twin
    """
    open_twin(twin).store.states.drop_overlay(name)

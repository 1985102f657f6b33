"""Load a network into a twin, load it again as its source changes, and show its loads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.cli import render
from gridtwin.cli.options import In, Json, Overwrite, open_twin
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.analysis.edition.edition_report import EditionReport
    from gridtwin.analysis.edition.moved_customers import MovedCustomers
    from gridtwin.model.network import Network

CHANGE_COLUMNS = ("frame", "layer", "rows", "added", "changed", "removed")
LISTED_COLUMNS = ("load", "at", "source", "mapping", "hash", *CHANGE_COLUMNS[2:])


def load_network(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A file, a folder, simbench:CODE or postgresql://..."
        ),
    ],
    into: Annotated[
        str, typer.Option(metavar="TWIN", help="NAME.twin to make, or postgresql://...")
    ],
    map: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="What a utility's own layers mean: a TOML file, or bdgd."
        ),
    ] = "",
    format: Annotated[str, typer.Option(help="Format, if the name does not tell.")] = "",
    crs: Annotated[str, typer.Option(help="Coordinate system, or none for planar.")] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what would be passed over or mended.")
    ] = False,
    disabled: Annotated[
        str, typer.Option(help="Disabled elements of OpenDSS are: open ties, out or skip.")
    ] = "",
    supplying: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS",
            help="A class of CIM that supplies too, such as EquivalentInjection; repeatable.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="Which column of the model one by another name is, or NAME= to leave it out;"
            " repeatable.",
        ),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN:WORD=MEANING",
            help="What a word means, as in normal_open:A=open,F=closed; repeatable.",
        ),
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Find elements by what this own column holds, too; repeatable."
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Bring a twin that is there in step; read as it was before."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --again: only say what would change.")
    ] = False,
    allow_vanish: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="With --again: how much of the equipment, and of the usage points, may vanish;"
            " 5 by default.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """
    Load a network into a twin. Nothing is written unless every row is valid.

    Example: gridtwin load ieee8500/Master.dss --into ieee8500.twin --crs none
    """
    from gridtwin.sources.meanings import read_options

    said: dict[str, Any] = {
        "format": format or None,
        "crs": crs or None,
        "disabled": disabled or None,
        "supplying": supplying or (),
        "mapping": map or None,
        **read_options(column or (), word or ())._asdict(),
    }
    if again:
        if overwrite:
            msg = "--again keeps what --overwrite throws away: give one of them"
            raise InputError(msg)
        _load_again(
            source,
            into,
            {**said, "strict": strict, "search": search or ()},
            dry_run=dry_run,
            most_vanished_percent=allow_vanish,
            json=json,
        )
        return
    if dry_run or json or allow_vanish is not None:
        msg = "--dry-run, --json and --allow-vanish say something of a twin that is there: --again"
        raise InputError(msg)
    _load_first(source, into, {**said, "strict": strict}, search or (), overwrite=overwrite)


def _load_first(
    source: str, into: str, said: dict[str, Any], search: Any, *, overwrite: bool
) -> None:
    import gridtwin
    from gridtwin.store.memory_store import MemoryStore
    from gridtwin.store.postgis.connect import is_address
    from gridtwin.twin import Twin

    if is_address(source):
        store = gridtwin.open(source).store
        network = store.network.with_loaded(store.findings.read_findings())
        copied = MemoryStore(network.with_searched(*search), store.loads.list_loads())
        origin = Twin(copied)
    else:
        network = gridtwin.read(source, **said)
        _tell_reading(network)
        origin = gridtwin.open(network.with_searched(*search))
    saved = origin.save(into, overwrite=overwrite)
    sys.stdout.write(f"{into}: {saved.store.network!r}\n")


def _tell_reading(network: Network) -> None:
    """Tell what was passed over, and what was kept beside the columns of the model."""
    from gridtwin.model.notices import summarize_notices
    from gridtwin.model.own_columns import tell_own

    render.print_note(*(f"notice: {line}" for line in summarize_notices(network.notices)))
    render.print_note(*(f"kept: {line}" for line in tell_own(network.data)))


def _load_again(
    source: str,
    into: str,
    said: dict[str, Any],
    *,
    dry_run: bool,
    most_vanished_percent: float | None,
    json: bool,
) -> None:
    from gridtwin.analysis.edition.edition_report import MOST_VANISHED_PERCENT
    from gridtwin.store.postgis.connect import is_address

    if is_address(source):
        msg = f"{into} mirrors no database: bring it in step with gridtwin sync, or load a file"
        raise InputError(msg)
    twin = open_twin(into)
    search = said.pop("search")
    network = twin.read_again(source, **said).with_searched(*search)
    _tell_reading(network)
    allowed = MOST_VANISHED_PERCENT if most_vanished_percent is None else most_vanished_percent
    loaded = twin.load_again(network, most_vanished_percent=allowed, dry_run=dry_run)
    if loaded.void_hours:
        render.print_note(
            f"{loaded.void_hours:,} hours of readings are to be summed up again, since rows of"
            " transformers or feeders are others' now: the next gridtwin ami roll-up does it"
        )
    if json:
        from gridtwin.results.edition_answers import edition_document

        render.write_json(
            edition_document(loaded.report, loaded.load, loaded.tables, written=not dry_run)
        )
        return
    _show_report(loaded.report)
    if loaded.tables:
        rows = [
            (each.table, each.rows, each.inserted, each.updated, each.deleted)
            for each in loaded.tables
        ]
        render.write_table("Database", ("table", "rows", "inserted", "updated", "deleted"), rows)
    if dry_run and loaded.report.vanished_percent > allowed:
        render.print_note(
            f"warning: {loaded.report.vanished_percent:.1f} % of the equipment or of the usage"
            f" points would vanish: refused without --allow-vanish"
        )
    done = "would be" if dry_run else "is"
    sys.stdout.write(f"{into}: load {loaded.load.number} {done} {network!r}\n")


def _show_report(report: EditionReport) -> None:
    """Write what a new edition changes, as tables for people."""
    shown = [each for each in report.layers if each.added or each.changed or each.removed]
    rows = [(e.frame, e.layer, e.rows, e.added, e.changed, e.removed) for e in shown]
    columns = [
        (each.frame, column, count)
        for each in report.frames
        for column, count in each.columns.items()
    ]
    own = [
        (each.frame, name, told)
        for each in report.frames
        for told, names in (("new", each.own_added), ("gone", each.own_removed))
        for name in names
    ]
    if not rows:
        sys.stdout.write("no row was added, changed or removed\n")
    _write_filled("Rows", CHANGE_COLUMNS, rows)
    _write_filled("Changed columns", ("frame", "column", "rows"), columns)
    _write_filled("Columns of your own", ("frame", "column", "is"), own)
    _show_moved("feeder", report.feeders)
    _show_moved("transformer", report.transformers)
    lost = [
        (each.outage, each.device or "", len(each.usage_points)) for each in report.lost.outages
    ]
    _write_filled("Open outages that lose", ("outage", "device", "usage points"), lost)
    accepted = [(each.rule, each.key, each.reason) for each in report.lost.acceptances]
    _write_filled("Accepted findings of what is gone", ("rule", "of", "reason"), accepted)
    positions = [(each.state, each.mrid, each.open_phases) for each in report.lost.positions]
    _write_filled("Positions that are lost", ("state", "mrid", "open"), positions)


def _write_filled(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table, if there is anything in it."""
    if rows:
        render.write_table(title, columns, rows)


def _show_moved(what: str, moved: MovedCustomers) -> None:
    if moved.usage_points:
        first = ", ".join(each.mrid for each in moved.first)
        sys.stdout.write(
            f"{moved.usage_points:,} usage points ({moved.customers:,} customers) change {what}:"
            f" first {first}\n"
        )
        ways = [(w.before, w.after, w.usage_points, w.customers) for w in moved.ways]
        render.write_table("", ("from", "to", "usage points", "customers"), ways)


def show_loads(twin: In = "", json: Json = False) -> None:
    """
    Say when the network of a twin was loaded, from what, and what each load changed.

    Example: gridtwin loads --in utility.twin
    """
    loads = open_twin(twin).loads()
    if json:
        from gridtwin.results.edition_answers import loads_document

        render.write_json(loads_document(loads))
        return
    rows = [
        (
            each.number,
            each.at.isoformat(timespec="seconds"),
            each.reading.shown_source,
            each.reading.mapping.name,
            each.reading.mapping.digest,
            *(each.rows, each.added, each.changed, each.removed),
        )
        for each in loads
    ]
    render.write_table("", LISTED_COLUMNS, rows)

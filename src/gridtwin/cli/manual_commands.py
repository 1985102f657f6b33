"""Take manuals into a library, search them, and say what they concern."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.manual_opening import Library, make_desk, open_desk, open_held, open_library
from gridtwin.cli.manual_tables import show_documents, show_passages
from gridtwin.cli.options import In, Json, open_twin
from gridtwin.errors import InputError
from gridtwin.settings import Settings

app = typer.Typer(
    help="Manuals: search technical documents, tied to the equipment they concern.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Of = Annotated[str, typer.Option(help="Only documents of this element, by id or name.")]
On = Annotated[
    str, typer.Option(help="Only of what is installed on this feeder or in this substation.")
]


@app.command("simulate")
def simulate_corpus(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    manuals: Annotated[int, typer.Option(min=1, help="How many documents.")] = 100,
    pages: Annotated[int, typer.Option(min=12, max=3_000, help="Of each manual.")] = 100,
    questions: Annotated[int, typer.Option(min=0, help="Of each of the two sets.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed makes the same corpus.")] = 1,
    twin: In = "",
    equip: Annotated[
        Path | None,
        typer.Option(metavar="TWIN", help="Write a copy of the twin with this equipment."),
    ] = None,
) -> None:
    """
    Write invented manuals, and questions with the page that answers each.

    With tables, procedures, revisions, bulletins and scans, as PDF, DOCX, HTML and Markdown. All
    equipment is invented: nothing of it may be used on real equipment.

    Example: gridtwin manuals simulate invented --in houston.twin --equip equipped.twin
    """
    from gridtwin.manuals.simulate.invented_corpus import simulate_manuals

    with render.show_progress("write manuals") as progress:
        made = simulate_manuals(
            out, progress, manuals=manuals, pages=pages, questions=questions, seed=seed
        )
    render.print_note(
        f"{made.documents:,} documents of {made.pages:,} pages and {made.questions:,} questions"
        f" in {out}"
    )
    if equip is not None:
        from gridtwin.manuals.simulate.invented_assets import assign_invented_models
        from gridtwin.twin import open_twin as open_network

        network = open_twin(twin).store.network
        open_network(assign_invented_models(network, out)).save(equip)


@app.command("add")
def add_folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder, or one file.")],
    twin: In = "",
    library: Library = "",
    processes: Annotated[
        int, typer.Option(min=0, help="That read files; 0: one for each core.")
    ] = 0,
    largest_mib: Annotated[int, typer.Option(min=1, help="Of one file that is read.")] = 256,
    most_pages: Annotated[int, typer.Option(min=1, help="Of one file that is read.")] = 3_000,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Also what could not be read before, whole or in parts."),
    ] = False,
    json: Json = False,
) -> None:
    """
    Take the documents of a folder into the library: PDF, DOCX, HTML, Markdown and text.

    Only what is new or changed is read; what is gone goes. Files are read in processes of their
    own, with limits; one that cannot be read is listed, and stops nothing. Started again after it
    was ended, it goes on. Exit code 1: a file cannot be read.

    Example: gridtwin manuals add /srv/manuals --in houston.twin
    """
    from gridtwin.manuals.manual_answers import ingest_document
    from gridtwin.manuals.manual_ingest import add_manuals
    from gridtwin.manuals.reading_limits import MEBIBYTE, ReadingLimits

    limits = ReadingLimits(most_bytes=largest_mib * MEBIBYTE, most_pages=most_pages)
    held = open_library(twin, library, create=True)
    with render.show_progress("read manuals") as progress:
        report = add_manuals(
            held, folder, progress, limits=limits, processes=processes or None, retry=retry
        )
    document = ingest_document(report)
    if json:
        render.write_json(document)
    else:
        counts = {name: value for name, value in document.items() if isinstance(value, int)}
        render.write_facts(
            f"library {held.path}", {k.replace("_", " "): v for k, v in counts.items()}
        )
        for path, reason in report.faults:
            render.print_note(f"{path}: {reason}")
    if report.faults:
        raise typer.Exit(1)


@app.command("sync")
def sync_library(
    url: Annotated[str, typer.Argument(metavar="DATABASE", help="postgresql://...")],
    twin: In = "",
    library: Library = "",
) -> None:
    """
    Bring the manuals of a database up to date, so that a server on it answers from there.

    Documents, pages, words, links and permissions are copied: what changed, and no more. Started
    again after it was ended, it goes on. Files stay where they are.

    Example: gridtwin manuals sync postgresql://grid@db/twin --in houston.twin
    """
    from gridtwin.manuals.mirror_sync import sync_manuals

    with render.show_progress("write manuals") as progress:
        report = sync_manuals(open_library(twin, library), url, progress)
    render.print_note(
        f"{report.added:,} documents of {report.pages:,} pages written, {report.removed:,} removed,"
        f" {report.unchanged:,} unchanged"
    )


@app.command("search")
def search_manuals(
    question: Annotated[str, typer.Argument(help="In words, or a number of a part.")],
    twin: In = "",
    library: Library = "",
    of: Of = "",
    on: On = "",
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many passages at most.")] = 5,
    superseded: Annotated[
        bool, typer.Option("--superseded", help="Also documents that have a newer revision.")
    ] = False,
    json: Json = False,
) -> None:
    """
    Show the passages that answer a question, with document, revision and page.

    Exit code 1: no document says anything of it.

    Example: gridtwin manuals search "torque of the bushing terminal" --of RCL-0000012
    """
    desk, situation, elements = open_desk(twin, library, of, on)
    document = desk.search(
        question, situation, of=elements[0], on=elements[1], limit=limit, superseded=superseded
    )
    if json:
        render.write_json(document)
    else:
        show_passages(document)
    if not document["passages"]:
        raise typer.Exit(1)


@app.command("figure")
def draw_figure(
    document: Annotated[str, typer.Argument(help="The id of a document.")],
    page: Annotated[int, typer.Argument(min=1)],
    number: Annotated[int, typer.Argument(min=1, help="Of the figure on its page.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new file, .png or .webp.")
    ] = None,
    twin: In = "",
    library: Library = "",
) -> None:
    """
    Write the picture of a figure or ruled table, such as one that `search` shows.

    Example: gridtwin manuals figure 021cea5824b9297a 14 --out latch.png
    """
    place = out or Path(f"{document}-{page}-{number}.png")
    if place.exists():
        msg = f"{place} is there already: name a new file with --out"
        raise InputError(msg)
    picture = make_desk(twin, library).draw_figure(
        document, page, number, ending=place.suffix.lower().removeprefix(".")
    )
    place.write_bytes(picture)
    render.print_note(f"{place} written")


@app.command("list")
def list_manuals(
    twin: In = "", library: Library = "", of: Of = "", on: On = "", json: Json = False
) -> None:
    """
    List the documents of the library, or those of an element: bulletins first.

    Example: gridtwin manuals list --of RCL-0000012 --in houston.twin
    """
    from gridtwin.manuals.manual_answers import manuals_document

    desk, situation, elements = open_desk(twin, library, of, on)
    documents = desk.list_documents(situation, elements[0] or elements[1])
    document = manuals_document(documents, of=of or on or None)
    if json:
        render.write_json(document)
    else:
        show_documents(document)


@app.command("show")
def show_manual(
    document: Annotated[str, typer.Argument(help="The id of a document.")],
    twin: In = "",
    library: Library = "",
    json: Json = False,
) -> None:
    """
    Show a document and the equipment it concerns, as of a bulletin or a recall.

    Example: gridtwin manuals show 021cea5824b9297a --in houston.twin
    """
    opened = open_twin(twin)
    desk = make_desk(twin, library)
    shown = desk.show_document(opened.situation("normal"), document)
    if json:
        render.write_json(shown)
        return
    show_documents(shown)
    rows = [
        (each["mrid"], each["kind"], each["name"], each["feeder"]) for each in shown["equipment"]
    ]
    render.write_table(f"{shown['total']:,} concerned", ("mrid", "kind", "name", "feeder"), rows)


@app.command("links")
def list_links(twin: In = "", library: Library = "", json: Json = False) -> None:
    """
    List which documents concern which models of the twin's equipment, those to review first.

    Maker, model and catalog number are own columns of the utility: manufacturer, model,
    catalog_number, or what they are also called.

    Example: gridtwin manuals links --in houston.twin
    """
    from gridtwin.manuals.manual_answers import links_document

    desk = make_desk(twin, library)
    document = links_document(desk.link_network(open_twin(twin).situation("normal")))
    if json:
        render.write_json(document)
        return
    links = sorted(document["links"], key=lambda each: (each["state"] != "review", each["model"]))
    names = ("state", "manufacturer", "model", "catalog", "equipment", "document", "title")
    rows = [tuple(each[name] for name in names) for each in links]  # type: ignore[literal-required]
    render.write_table("", names, rows)
    render.print_note(f"{document['without']:,} of {document['models']:,} models have no document")


@app.command("link")
def judge_link(
    verdict: Annotated[str, typer.Argument(help="accept or reject.")],
    manufacturer: Annotated[str, typer.Argument(help="As the own columns write it.")],
    model: Annotated[str, typer.Argument(help="Model, or else catalog number.")],
    document: Annotated[str, typer.Argument(help="The id of a document.")],
    twin: In = "",
    library: Library = "",
) -> None:
    """
    Say whether a document concerns a model; what a person says counts before the rules.

    Example: gridtwin manuals link accept "Norwell Electric" VX-15 021cea5824b9297a
    """
    from gridtwin.manuals.equipment_links import review_link

    if verdict not in {"accept", "reject"}:
        msg = f"say accept or reject, not {verdict!r}"
        raise InputError(msg)
    actor = Settings.from_environment().actor
    held = open_library(twin, library)
    review_link(held, (manufacturer, model), document, f"{verdict}ed", actor=actor)


@app.command("restrict")
def restrict_folder(
    folder: Annotated[str, typer.Argument(help="Below what was added, such as relays/settings.")],
    permission: Annotated[
        str, typer.Argument(help="Who reads it needs, such as operate; empty: none.")
    ] = "",
    twin: In = "",
    library: Library = "",
) -> None:
    """
    Show documents of a folder over the server only to who has a permission.

    Example: gridtwin manuals restrict relays/settings operate
    """
    from gridtwin.model.permissions import read_permission

    needed = str(read_permission(permission)) if permission else ""
    open_library(twin, library).restrict_folder(folder, needed)


@app.command("vote")
def vote_on_page(
    document: Annotated[str, typer.Argument(help="The id of a document.")],
    page: Annotated[int, typer.Argument(min=1)],
    helpful: Annotated[bool, typer.Option("--helpful/--useless", help="Whether it helped.")] = True,
    question: Annotated[str, typer.Option(help="What was asked.")] = "",
    twin: In = "",
    library: Library = "",
) -> None:
    """
    Say whether a page helped.

    Example: gridtwin manuals vote 021cea5824b9297a 14 --useless
    """
    from gridtwin.manuals.manual_feedback import vote_page

    held, actor = open_held(twin, library), Settings.from_environment().actor
    vote_page(held, document, page, helpful=helpful, question=question, voter=actor)


@app.command("report")
def report_manuals(twin: In = "", library: Library = "", json: Json = False) -> None:
    """
    Say which questions found nothing, and which pages did not help.

    Example: gridtwin manuals report --in houston.twin
    """
    from gridtwin.manuals.manual_answers import report_document
    from gridtwin.manuals.manual_feedback import report_use

    report = report_use(open_held(twin, library))
    if json:
        render.write_json(report_document(report))
        return
    render.print_note(f"{report.answered:,} of {report.asked:,} questions found something")
    unanswered = [(each.question, each.times, each.last_asked) for each in report.unanswered]
    render.write_table("found nothing", ("question", "times", "last asked"), unanswered)
    votes = [(each.title, each.page, each.helpful, each.useless) for each in report.votes]
    render.write_table("votes", ("title", "page", "helpful", "useless"), votes)

"""Check the mapping of a utility's own GIS, and show those that come with gridtwin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.finding_tables import write_source_check
from gridtwin.cli.options import Json, open_twin
from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.sources.drafting.draft_text import DraftQuestion

app = typer.Typer(help="Map a utility's own GIS.", no_args_is_help=True, rich_markup_mode=None)


@app.command("init")
def init_map(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or folder with layers.")],
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where the draft goes; by default it is printed.")
    ] = "",
    like: Annotated[
        str, typer.Option(metavar="NAME", help="Begin from a mapping, and say what misfits.")
    ] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION=WORD",
            help="What only a person knows, as in SWITCHES.POS=0 where 0 is open; repeatable.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE.")] = False,
    json: Json = False,
) -> None:
    """
    Profile a source and draft its mapping, with the evidence of every guess beside it.

    Example: gridtwin map init utility.gdb --out utility.toml
    """
    from gridtwin.sources.drafting.draft_like import (
        TAGGED_MAPPING,
        compare_like,
        find_alike,
        is_tagged,
    )
    from gridtwin.sources.drafting.mapping_draft import draft_mapping
    from gridtwin.sources.drafting.mapping_profile import SourceProfiler

    if out and Path(out).exists() and not overwrite:
        msg = f"{out} is there already: name another file, or say --overwrite"
        raise InputError(msg)
    answers = _read_answers(answer or [])
    profiler = SourceProfiler(source)
    if not (like or json or answers) and is_tagged(profiler.source):
        like = TAGGED_MAPPING
    if like:
        if json or answers:
            msg = "--like goes with neither --json nor --answer: it drafts nothing anew"
            raise InputError(msg)
        report = compare_like(profiler.source, like)
        render.print_note(*(f"does not fit: {misfit}" for misfit in report.misfits))
        _write_draft(report.text, out)
        return
    alike = find_alike(profiler.source)
    draft = draft_mapping(profiler.profile, answers, alike=alike)
    if draft.questions and not json and sys.stdin.isatty():
        answers |= _ask_person(draft.questions)
        draft = draft_mapping(profiler.profile, answers, alike=alike)
    if json:
        from gridtwin.results.drafting_answers import map_init_document

        render.write_json(map_init_document(profiler.profile, draft))
        return
    render.print_note(*(f"question {each.name}: {each.text}" for each in draft.questions))
    _write_draft(draft.write(), out)


def _read_answers(words: list[str]) -> dict[str, str]:
    """Return answers by the question they are to."""
    answers = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name.strip() and equals and value.strip()):
            msg = f"--answer {word}: write QUESTION=WORD, such as SWITCHES.POS=0"
            raise InputError(msg)
        answers[name.strip()] = value.strip()
    return answers


def _ask_person(questions: list[DraftQuestion]) -> dict[str, str]:
    """Return what a person at the terminal answers; nothing leaves a question open."""
    answers = {}
    for question in questions:
        choices = f" [{', '.join(question.choices)}]" if question.choices else ""
        said = typer.prompt(f"{question.text}{choices}", default="", show_default=False, err=True)
        if str(said).strip():
            answers[question.name] = str(said).strip()
    return answers


def _write_draft(text: str, out: str) -> None:
    if out:
        Path(out).write_text(text, encoding="utf-8")
        render.print_note(f"written: {out}")
    else:
        sys.stdout.write(text)


@app.command("check")
def check_map(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or folder with layers.")],
    map: Annotated[str, typer.Option(metavar="FILE", help="The mapping: a TOML file, or bdgd.")],
    crs: Annotated[str, typer.Option(help="Coordinate system, or none for planar.")] = "",
    rule: Annotated[
        list[str] | None, typer.Option(help="List all findings of this rule; repeatable.")
    ] = None,
    gpkg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the findings for QGIS, too.")
    ] = None,
    json: Json = False,
) -> None:
    """
    Say how a mapping fits a source. Exit code 1: there are errors that nobody accepted.

    Example: gridtwin map check utility.gdb --map utility.toml --gpkg findings.gpkg
    """
    from gridtwin.model.findings import find_worst
    from gridtwin.twin.data_findings import check_source, require_rules

    require_rules(rule or ())
    mapped, found = check_source(source, map, crs=crs or None)
    if gpkg is not None:
        from gridtwin.publish.findings_gpkg import write_findings

        write_findings(found.findings, mapped.network, gpkg)
        render.print_note(f"{gpkg}: written")
    if json:
        from gridtwin.results.network_answers import map_check_document

        render.write_json(map_check_document(mapped, found))
    else:
        write_source_check(mapped, found, rule or ())
    if find_worst(found.findings) == "error":
        raise typer.Exit(1)


@app.command("show")
def show_map(
    name: Annotated[
        str, typer.Argument(help="One that comes with gridtwin; none lists them.")
    ] = "",
    twin: Annotated[
        str, typer.Option("--in", metavar="TWIN", help="That by which this twin was loaded last.")
    ] = "",
) -> None:
    """
    Print a mapping that comes with gridtwin, to begin one's own with, or that of a twin.

    Example: gridtwin map show bdgd
    """
    from gridtwin.sources.mapping.mapping_file import list_shipped_mappings, read_mapping_text

    if twin:
        if name:
            msg = "give the name of a mapping, or --in TWIN, not both"
            raise InputError(msg)
        text = _read_text_in(twin)
    else:
        text = read_mapping_text(name).text if name else "\n".join(list_shipped_mappings()) + "\n"
    sys.stdout.write(text)


@app.command("schema")
def show_map_schema() -> None:
    """
    Print the JSON Schema of mappings, by which an editor completes and checks them.

    Example: gridtwin map schema > mapping.schema.json
    """
    from gridtwin.sources.mapping.mapping_schema import write_mapping_schema

    sys.stdout.write(write_mapping_schema())


def _read_text_in(twin: str) -> str:
    """Return the text of the mapping that a twin was loaded by last."""
    loads = open_twin(twin).loads()
    if not loads or not loads[-1].reading.mapping.text:
        msg = f"{twin} was loaded without a mapping"
        raise InputError(msg)
    return loads[-1].reading.mapping.text

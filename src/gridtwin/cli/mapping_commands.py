"""Check the mapping of a utility's own GIS, and show those that come with gridtwin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridtwin.cli import render
from gridtwin.cli.options import Json  # noqa: TC001 - typer reads it
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
    json: Json = False,
) -> None:
    """
    Say how a mapping fits a source. Nothing is written. Exit code 1: there are errors.

    Example: gridtwin map check utility.gdb --map utility.toml
    """
    from gridtwin.sources.mapping.mapping_reader import check_mapping
    from gridtwin.sources.mapping.mapping_report import LayerTally

    report = check_mapping(source, map, crs=crs or None)
    if json:
        from gridtwin.results.network_answers import map_check_document

        render.write_json(map_check_document(report))
    else:
        rows = [tuple(str(value) for value in tally) for tally in report.tallies]
        render.write_table("Layers", list(LayerTally._fields), rows)
        told = [
            (report.judge_notice(notice), notice.rule, notice.evidence, notice.mend)
            for notice in report.network.notices
        ]
        render.write_table("Notices", ["severity", "rule", "evidence", "mend"], told)
        equal, compared = report.feeders
        sys.stdout.write(f"{equal:,} of {compared:,} customers hang on the feeder they record\n")
    if report.has_errors:
        raise typer.Exit(1)


@app.command("show")
def show_map(
    name: Annotated[
        str, typer.Argument(help="One that comes with gridtwin; none lists them.")
    ] = "",
) -> None:
    """
    Print a mapping that comes with gridtwin, to begin one's own with.

    Example: gridtwin map show bdgd
    """
    from gridtwin.sources.mapping.mapping_file import list_shipped_mappings, read_mapping_text

    text = read_mapping_text(name)[1] if name else "\n".join(list_shipped_mappings()) + "\n"
    sys.stdout.write(text)


@app.command("schema")
def show_map_schema() -> None:
    """
    Print the JSON Schema of mappings, by which an editor completes and checks them.

    Example: gridtwin map schema > mapping.schema.json
    """
    from gridtwin.sources.mapping.mapping_schema import write_mapping_schema

    sys.stdout.write(write_mapping_schema())

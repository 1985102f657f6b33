"""Make the options of a trace those of a command."""

from __future__ import annotations

from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridtwin.analysis.trace.spec import TRACE_OPTIONS, TraceOption
from gridtwin.cli.options import read_area

if TYPE_CHECKING:
    from collections.abc import Callable


def with_trace_options(command: Callable[..., None]) -> Callable[..., None]:
    """
    Return a command that takes every option of a trace; None of those that are not said.

    They stand in its help before its keywords, and are handed to it as more of these. A polygon
    may be a file, which is read.
    """

    @wraps(command)
    def call_command(**given: Any) -> None:
        if given["polygon"]:
            given["polygon"] = read_area(given["polygon"])
        # Of what can be repeated, Typer makes an empty list where nothing is said.
        command(**{name: None if value == [] else value for name, value in given.items()})

    own = signature(command, eval_str=True)
    before = [each for each in own.parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD]
    behind = [each for each in own.parameters.values() if each.kind is each.KEYWORD_ONLY]
    options = [_make_parameter(name, option) for name, option in TRACE_OPTIONS.items()]
    call_command.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[*before, *options, *behind]
    )
    return call_command


def _make_parameter(name: str, option: TraceOption) -> Parameter:
    """Return an option of a trace as a parameter that Typer reads; None where it is not said."""
    default, flag = option.default, (option.each or name).replace("_", "-")
    kind: Any = list[str] if isinstance(default, tuple) else type(default)
    words = (f"--{flag}/--no-{flag}",) if kind is bool else (f"--{flag}",)
    meaning = option.meaning
    if option.example and kind is str:
        meaning = f'{meaning.rstrip(".")}, such as "{option.example}".'
    if name == "polygon":
        meaning += " Or a file of polygons, or - for standard input."
    told = typer.Option(*words, min=0 if kind is int else None, help=meaning)
    annotation = Annotated[kind | None, told]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)

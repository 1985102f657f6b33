"""Import and make a command once it is asked for, so that a start pays for no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.main import get_group

if TYPE_CHECKING:
    from typer.core import TyperCommand, TyperGroup


class CommandTable(Mapping[str, "TyperCommand | TyperGroup"]):
    """
    Commands by name, in the order of the help.

    Parameters
    ----------
    places
        Where each is defined, as ``module:attribute`` of `gridtwin.cli`: a function, or the
        Typer of a group.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places
        self._made: dict[str, TyperCommand | TyperGroup] = {}

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        """Return a command; KeyError if there is none of that name."""
        if name not in self._made:
            self._made[name] = _make_command(name, self._places[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names, without any command being made."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return how many commands there are."""
        return len(self._places)


def _make_command(name: str, place: str) -> TyperCommand | TyperGroup:
    module, _, attribute = place.partition(":")
    defined = getattr(import_module(f"gridtwin.cli.{module}"), attribute)
    holder = typer.Typer(rich_markup_mode=None)
    if isinstance(defined, typer.Typer):
        holder.add_typer(defined, name=name)
    else:
        holder.command(name)(defined)
    return get_group(holder).commands[name]  # type: ignore[return-value]

"""Say which column of a frame a column by another name may be."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from gridtwin.model.notices import Notice
from gridtwin.model.own_columns import has_no_name
from gridtwin.model.schema import GEOMETRY, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OTHER_NAMES = {
    "mrid": ("id", "fid", "guid", "uuid", "globalid", "objectid", "facilityid", "assetid"),
    "node_a": ("from", "fromnode", "frombus", "nodefrom", "startnode", "bus1", "node1"),
    "node_b": ("to", "tonode", "tobus", "nodeto", "endnode", "bus2", "node2"),
    "node": ("bus", "nodeid", "connectivitynode"),
    "kind": ("type", "equipmenttype", "assettype", "class"),
    "phases": ("phase", "phasecode", "phasedesignation"),
    "nominal_v": ("voltage", "nominalvoltage", "basevoltage"),
}
ALIKE = 0.8  # of 1: how close two names are for one to be taken for the other
_DESIGNED = re.compile(
    r"(is|sw|switch)*(p?n|nrm|norm|normal|normally|design|designed)"
    r"(is|sw|switch|device)*(op|ope|open|opened|pos|posn|posit\w*|operating\w*|stat|state|status|close|closed)\w?"
)
_POSITION = re.compile(
    r"(is|sw|switch|device)*(open|opened|closed|pos|position|posicao|posicion|posición|posição)"
    r"(status|state)?|(sw|switch|device)(status|state)"
)


def squash_name(text: object) -> str:
    """
    Return a name or a word without what writers leave to taste: case, blanks and joints.

    Examples
    --------
    >>> squash_name(" Normal-Open "), squash_name("ACLineSegment") == squash_name("ac_line_segment")
    ('normalopen', True)
    """
    return re.sub(r"[\s_\-]+", "", str(text)).casefold()


def is_designed_position(column: str) -> bool:
    """
    Return whether a column says by its name where switches stand as designed.

    Examples
    --------
    >>> [is_designed_position(name) for name in ("NormalOpen", "NORMALPOSITION_A", "P_N_OPE")]
    [True, True, True]
    >>> is_designed_position("nominal_v")
    False
    """
    return _DESIGNED.fullmatch(squash_name(column)) is not None


def is_position(column: str) -> bool:
    """Return whether the name of a column may mean where switches stand, designed or not."""
    return is_designed_position(column) or _POSITION.fullmatch(squash_name(column)) is not None


def find_closest_column(column: str, frame: str, given: Iterable[str]) -> str:
    """
    Return the column of a frame that a column by another name may be; empty if there is none.

    Parameters
    ----------
    column
        The name that is no column of the model.
    frame
        Name of the frame.
    given
        The columns the frame has; none of them is named.

    Examples
    --------
    >>> find_closest_column("NodeA", "equipment", ["mrid"])
    'node_a'
    >>> find_closest_column("colour", "equipment", [])
    ''
    """
    there = set(given)
    free = {squash_name(name): name for name in SCHEMA[frame].names if name not in there}
    wanted = squash_name(column)
    if wanted in free:
        return free[wanted]
    if "normalopen" in free and is_position(column):
        return free["normalopen"]
    for name, others in OTHER_NAMES.items():
        if wanted in others and name in free.values():
            return name
    near = difflib.get_close_matches(wanted, free, n=1, cutoff=ALIKE)
    return free[near[0]] if near else ""


def find_own(given: Sequence[str], frame: str) -> list[str]:
    """Return which of the columns given for a frame are its owner's, neither of the model."""
    return [
        column
        for column in given
        if column not in SCHEMA[frame].names
        and column != GEOMETRY
        and not has_no_name(column)
        and not find_closest_column(column, frame, given)
    ]


def tell_misspelt(columns: Mapping[str, Sequence[str]]) -> list[Notice]:
    """
    Return a notice of every column that is like one of the model, or has no name.

    Parameters
    ----------
    columns
        The columns given for each frame.
    """
    notices: list[Notice] = []
    for frame, given in columns.items():
        for column in given:
            if column in SCHEMA[frame].names or column == GEOMETRY:
                continue
            if has_no_name(column):
                notices.append(
                    Notice(
                        "unread_column",
                        f"{frame}: column {given.index(column) + 1} has no name and is not kept",
                        "give it a name",
                    )
                )
                continue
            meant = find_closest_column(column, frame, given)
            if not meant:
                continue
            effect = ", so every switch is taken as closed" if meant == "normal_open" else ""
            notices.append(
                Notice(
                    "misspelt_column",
                    f"{frame}: column {column} is not read{effect}: did you mean {meant}?",
                    f"rename it, or say {column}={meant} as a column option",
                )
            )
    return notices

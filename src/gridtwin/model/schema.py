"""
Say every column of the six frames once: its kind, unit, default, and what it means.

Reading and showing frames, both stores, files for other programs, the names that expressions know,
the comments in the database and the tables of ``docs/data-model.md`` follow from here.

A table holds a frame as arrays of one length. Identifiers are UTF-8 bytes, references between
tables are row numbers (int32, -1 for none), NaN means *not known*. Six hundred thousand rows are
cheap; six hundred thousand objects are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from gridtwin.model import cim

if TYPE_CHECKING:
    from numpy.typing import NDArray

ColumnKind = Literal[
    "id",  # text that names the row
    "text",
    "label",  # text where False, 0 and nothing mean none, and True means yes
    "number",  # real from 0 up; NaN = not known
    "count",  # whole number from 0 up
    "flag",  # true or false
    "phases",  # bits of `phases`; 0 = not recorded
    "open phases",  # bits of `phases`; True means all phases of the row
    "word",  # one of a few words, as its place among them
    "row",  # mRID of a row of another frame, as its number; -1 = none
    "point",  # (n, 2) in the network's CRS; NaN = not known
    "line",  # offsets (n + 1,) and points (k, 2): row i has those between offsets i and i + 1
]
UNITS = {"V": "volts", "A": "amperes", "VA": "volt-amperes", "W": "watts", "m": "meters"}
# What the array of a column holds, and what in it records nothing.
DTYPES: dict[ColumnKind, Any] = {
    **dict.fromkeys(("id", "text", "label"), "S1"),
    **dict.fromkeys(("phases", "open phases", "word"), np.uint8),
    **dict.fromkeys(("count", "row"), np.int32),
    "number": np.float32,
    "flag": np.bool_,
}
NOTHING_RECORDED: dict[ColumnKind, Any] = {
    **dict.fromkeys(("id", "text", "label"), b""),
    **dict.fromkeys(("phases", "open phases"), 0),
    "number": np.nan,
    "row": -1,
}
GEOMETRY = "geometry"  # what the place of a row is called in frames, files and the database
NOT_KNOWN = "not known"
Own = Mapping[str, Any]  # the `OwnColumn` of each name
OWN_FIELD = "own"  # of a table: the columns that are not of the model, by their names
ORIGINS_FIELD = "origins"  # of a table: the `RowOrigins` of its rows; None where none are known
BESIDE_FIELDS = frozenset({OWN_FIELD, ORIGINS_FIELD})  # what is no column of the model


class FrameColumn(NamedTuple):
    """
    One column of a frame.

    Attributes
    ----------
    name
        Its name in frames, files and the database; that of a place is ``geometry``.
    fields
        The arrays of the table that hold it: one, but for lines.
    kind, meaning
        What it holds, and what that says about the row.
    required
        Whether a frame must have it, and every row a value.
    nothing
        What it means where nothing is recorded; empty where there is always something.
    default
        What a word, count or flag is where none is given.
    usual
        Another column of words, and what this one usually is for each of them.
    words
        What a word may be.
    unit
        Of a number; a key of `UNITS`.
    refers, of
        The frame that a row number refers to, and the kind of equipment it must be there.
    at
        The reference whose place a point takes where it has none of its own.
    """

    name: str
    fields: tuple[str, ...]
    kind: ColumnKind
    meaning: str
    required: bool = False
    nothing: str = ""
    default: Any = None
    usual: tuple[str, NDArray[np.uint8]] | None = None
    words: tuple[str, ...] = ()
    unit: str = ""
    refers: str = ""
    of: str = ""
    at: str = ""

    def make_blank(self, count: int) -> NDArray[Any]:
        """Return `count` values that record nothing; not of a line."""
        fill = NOTHING_RECORDED.get(self.kind, self.default)
        if self.kind == "word":
            fill = self.words.index(self.default) if self.default in self.words else 0
        return np.full(count, fill, dtype=DTYPES[self.kind])


def declare_column(kind: ColumnKind, meaning: str, **facts: Any) -> dict[str, Any]:
    """Return what the field of a table says of its column; the facts are those of `FrameColumn`."""
    return {"column": {"kind": kind, "meaning": meaning, **facts}}


def _declare_number(meaning: str, unit: str) -> dict[str, Any]:
    return declare_column("number", meaning, unit=unit, nothing=NOT_KNOWN)


def _declare_row(meaning: str, frame: str, **facts: Any) -> dict[str, Any]:
    return declare_column("row", meaning, refers=frame, **facts)


def _declare_text(meaning: str, nothing: str = NOT_KNOWN) -> dict[str, Any]:
    return declare_column("text", meaning, nothing=nothing)


MRID = declare_column("id", "id, unique in its frame", required=True)
NAME = _declare_text("what people call it; several may share one", "none")
SUBSTATION = _declare_row("substation it belongs to", "substations", nothing="none")
RATED_VA = _declare_number("rated power", "VA")
OWN: Any = field(default_factory=dict)
IN_SERVICE = declare_column(
    "flag", "whether it is in service; out of service is not open", default=True
)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Points where terminals meet (CIM ConnectivityNode)."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    nominal_v: NDArray[np.float32] = field(
        metadata=_declare_number("voltage from phase to phase", "V")
    )
    xy: NDArray[np.float64] = field(
        metadata=declare_column("point", "where it lies", required=True)
    )
    own: Own = OWN
    origins: Any = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """Two-terminal conducting equipment (CIM ConductingEquipment)."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    kind: NDArray[np.uint8] = field(
        metadata=declare_column(
            "word", "kind, by its CIM name in snake case", words=cim.KIND_NAMES, required=True
        )
    )
    node_a: NDArray[np.int32] = field(
        metadata=_declare_row("node at its first terminal", "nodes", required=True)
    )
    node_b: NDArray[np.int32] = field(
        metadata=_declare_row("node at its second terminal", "nodes", required=True)
    )
    phases: NDArray[np.uint8] = field(
        metadata=declare_column("phases", "phases it carries", nothing="not recorded")
    )
    normal_open: NDArray[np.uint8] = field(
        metadata=declare_column(
            "open phases", "phases that stand open as designed", nothing="closed"
        )
    )
    name: NDArray[np.bytes_] = field(metadata=NAME)
    rated_a: NDArray[np.float32] = field(metadata=_declare_number("rated current", "A"))
    rated_va: NDArray[np.float32] = field(metadata=RATED_VA)
    length_m: NDArray[np.float32] = field(
        metadata=_declare_number("length along the conductor", "m")
    )
    placement: NDArray[np.uint8] = field(
        metadata=declare_column(
            "word", "where a line runs", words=cim.PLACEMENTS, default="", nothing=NOT_KNOWN
        )
    )
    control: NDArray[np.uint8] = field(
        metadata=declare_column(
            "word", "how it is operated", words=cim.CONTROLS, usual=("kind", cim.USUAL_CONTROL)
        )
    )
    in_service: NDArray[np.bool_] = field(metadata=IN_SERVICE)
    vector_group: NDArray[np.bytes_] = field(
        metadata=_declare_text("vector group of a transformer, such as Dyn11")
    )
    line_start: NDArray[np.int64] = field(
        metadata=declare_column("line", "course from node a to node b", nothing="drawn straight")
    )
    line_xy: NDArray[np.float64]
    own: Own = OWN
    origins: Any = None


@dataclass(frozen=True, slots=True)
class UsagePoints:
    """Where customers are served (CIM UsagePoint): a meter, or the load of a test feeder."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    node: NDArray[np.int32] = field(
        metadata=_declare_row("node that serves it", "nodes", required=True)
    )
    phases: NDArray[np.uint8] = field(
        metadata=declare_column("phases", "phases it uses", nothing="whatever its node carries")
    )
    name: NDArray[np.bytes_] = field(metadata=NAME)
    customers: NDArray[np.int32] = field(
        metadata=declare_column("count", "customers served here", default=1)
    )
    peak_w: NDArray[np.float32] = field(metadata=_declare_number("peak load", "W"))
    service_class: NDArray[np.bytes_] = field(
        metadata=_declare_text("class of service, such as residential")
    )
    priority: NDArray[np.bytes_] = field(
        metadata=declare_column("label", "why it goes first, such as hospital", nothing="none")
    )
    transformer: NDArray[np.int32] = field(
        metadata=_declare_row(
            "transformer that serves it, as recorded",
            "equipment",
            of="power_transformer",
            nothing=NOT_KNOWN,
        )
    )
    xy: NDArray[np.float64] = field(metadata=declare_column("point", "where it lies", at="node"))
    own: Own = OWN
    origins: Any = None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where energy enters (CIM EnergySource)."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    node: NDArray[np.int32] = field(metadata=_declare_row("node it feeds", "nodes", required=True))
    phases: NDArray[np.uint8] = field(
        metadata=declare_column("phases", "phases it feeds", nothing="all")
    )
    kind: NDArray[np.uint8] = field(
        metadata=declare_column(
            "word",
            "where its energy comes from",
            words=cim.SOURCE_KINDS,
            default="substation",
        )
    )
    substation: NDArray[np.int32] = field(metadata=SUBSTATION)
    rated_va: NDArray[np.float32] = field(metadata=RATED_VA)
    in_service: NDArray[np.bool_] = field(metadata=IN_SERVICE)
    own: Own = OWN
    origins: Any = None


@dataclass(frozen=True, slots=True)
class Substations:
    """Substations by name and place."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    name: NDArray[np.bytes_] = field(metadata=NAME)
    rated_va: NDArray[np.float32] = field(metadata=RATED_VA)
    xy: NDArray[np.float64] = field(
        metadata=declare_column("point", "where it lies", nothing=NOT_KNOWN)
    )
    own: Own = OWN
    origins: Any = None


@dataclass(frozen=True, slots=True)
class Feeders:
    """Feeders, each defined by its head switch; what a feeder feeds is computed, never stored."""

    mrid: NDArray[np.bytes_] = field(metadata=MRID)
    name: NDArray[np.bytes_] = field(metadata=NAME)
    substation: NDArray[np.int32] = field(metadata=SUBSTATION)
    head: NDArray[np.int32] = field(
        metadata=_declare_row("equipment it begins with", "equipment", required=True)
    )
    own: Own = OWN
    origins: Any = None


class FrameSchema(NamedTuple):
    """One of the six frames: its table, what one row is, and its columns, the place last."""

    table: type[Any]
    one: str
    required: bool  # whether a network must have rows of it
    columns: tuple[FrameColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    def find_column(self, name: str) -> FrameColumn:
        """Return a column by its name."""
        return self.columns[self.names.index(name)]


def _declare_frame(table: type[Any], one: str, *, required: bool = False) -> FrameSchema:
    columns: list[tuple[list[str], dict[str, Any]]] = []
    for each in fields(table):
        if each.name in BESIDE_FIELDS:
            continue
        if "column" in each.metadata:
            columns.append(([each.name], each.metadata["column"]))
        else:  # a further array of the column before
            columns[-1][0].append(each.name)
    return FrameSchema(
        table,
        one,
        required,
        tuple(
            FrameColumn(
                GEOMETRY if facts["kind"] in {"point", "line"} else names[0], tuple(names), **facts
            )
            for names, facts in columns
        ),
    )


SCHEMA = {
    "nodes": _declare_frame(Nodes, "node", required=True),
    "equipment": _declare_frame(Equipment, "equipment", required=True),
    "usage_points": _declare_frame(UsagePoints, "usage point"),
    "sources": _declare_frame(Sources, "source"),
    "substations": _declare_frame(Substations, "substation"),
    "feeders": _declare_frame(Feeders, "feeder"),
}


def list_columns(*kinds: ColumnKind) -> list[tuple[str, FrameColumn]]:
    """Return the columns of some kinds, each behind the name of its frame."""
    return [
        (name, column)
        for name, frame in SCHEMA.items()
        for column in frame.columns
        if column.kind in kinds
    ]

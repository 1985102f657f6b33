"""Hold what a mapping file says: layers, decoders of phases, how ends meet, heads and checks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model.network_loads import MappingText
from gridtwin.model.schema import SCHEMA
from gridtwin.sources.mapping.mapping_checks import MappingChecks, read_checks
from gridtwin.sources.mapping.mapping_keys import (
    CONNECT_KEYS,
    END_ORDER,
    END_WORDS,
    ID_KEYS,
    JOIN_KEYS,
    LAYER_KEYS,
    MAPPING_TARGETS,
    PHASE_DECODERS,
    POSITION_COLUMNS,
    ROW_KEYS,
    SIDE_WORDS,
    SOURCE_KEYS,
    TOP_KEYS,
    UNIT_FACTORS,
    list_block_columns,
    list_units,
)
from gridtwin.sources.mapping.mapping_table import MappingTable, refuse_unanswered
from gridtwin.sources.mapping.mapping_values import (
    CodeTable,
    PhaseDecoder,
    quote_text,
    read_positions_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.mapping.mapping_values import ColumnValue

TOLERANCE_M = 0.1  # how far apart ends that meet may be, unless a mapping says otherwise


@dataclass(frozen=True, slots=True)
class LayerJoin:
    """Another table whose rows are gathered for each row of a layer."""

    table: str
    alias: str
    on: str


@dataclass(frozen=True, slots=True)
class LayerBlock:
    """One block, such as ``[[layer]]``: which rows of which layers, and what they are."""

    label: str  # how messages call it, such as "[[layer]] 3"
    patterns: tuple[str, ...]
    to: str
    where: str = ""
    joins: tuple[LayerJoin, ...] = ()
    prefer: str = ""
    ends: str = ""
    sides: str = "two"
    side_classes: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    keep: tuple[str, ...] = ()
    optional: bool = False
    columns: Mapping[str, ColumnValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EndRules:
    """How ends meet: by which ways, and how far apart those at one place may be."""

    tolerance_m: float = TOLERANCE_M
    rejoin_open: bool = False
    order: tuple[str, ...] = ()  # some of `END_ORDER`; empty: as each block says by itself

    @property
    def joins_unnamed(self) -> bool:
        """Whether an end whose node is empty takes the one at its place."""
        return {"columns", "place"} <= set(self.order)


@dataclass(frozen=True, slots=True)
class UtilityMapping:
    """Everything one mapping file says."""

    name: str
    crs: str | None = None
    key: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    phases: Mapping[str, PhaseDecoder] = field(default_factory=dict)
    layers: tuple[LayerBlock, ...] = ()
    associations: tuple[LayerBlock, ...] = ()
    heads: tuple[LayerBlock, ...] = ()
    rules: EndRules = field(default_factory=EndRules)
    checks: MappingChecks = field(default_factory=MappingChecks)


def list_shipped_mappings() -> list[str]:
    """Return the names of the mappings that come with gridtwin."""
    folder = files("gridtwin.sources.mapping") / "shipped"
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def read_mapping_text(mapping: str | Path | MappingText) -> MappingText:
    """
    Return the name and the text of a mapping.

    Parameters
    ----------
    mapping
        A TOML file, the name of a mapping that comes with gridtwin, such as ``"bdgd"``, or what
        was read before, which is returned as it is.

    Raises
    ------
    SourceError
        If there is no such file, or it is no text.
    """
    if isinstance(mapping, MappingText):
        return mapping
    path = Path(mapping).expanduser()
    if path.suffix != ".toml" and str(mapping) in list_shipped_mappings():
        shipped = files("gridtwin.sources.mapping") / "shipped" / f"{mapping}.toml"
        return MappingText(f"{mapping}.toml", shipped.read_text("utf-8"))
    if not path.is_file():
        there = ", ".join(list_shipped_mappings())
        msg = f"{mapping}: there is no such mapping file; those that come with gridtwin: {there}"
        raise SourceError(msg)
    try:
        return MappingText(str(path), path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        msg = f"{path}: a mapping is UTF-8 text, and this is not ({error.reason}); save it so"
        raise SourceError(msg) from error


def parse_mapping(text: str, name: str) -> UtilityMapping:
    """
    Return what the text of a mapping file says.

    Raises
    ------
    SourceError
        If it says what cannot be: with file, block and key; `name` is how it calls the file.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers and brackets without end
        msg = f"{name}: this is no TOML: {error}"
        raise SourceError(msg) from error
    refuse_unanswered(document, name)
    top = MappingTable(document, name, "")
    top.require_keys(TOP_KEYS)
    source = top.read_table("source", SOURCE_KEYS)
    decoders = top.read_table("phases", None)
    connect = top.read_table("connect", CONNECT_KEYS)
    rules = EndRules(
        tolerance_m=connect.read_number("tolerance_m", TOLERANCE_M),
        rejoin_open=connect.read_flag("rejoin_open"),
        order=_read_order(connect),
    )
    layers = tuple(_read_block(table, "") for table in top.list_tables("layer", required=True))
    return UtilityMapping(
        name=name,
        crs=source.read_text("crs") or None,
        key=_read_keys(top.read_table("ids", ID_KEYS)),
        factors=_read_units(top),
        phases={
            word: _read_decoder(decoders.read_table(word, PHASE_DECODERS))
            for word in decoders.values
        },
        layers=tuple(_hold_to_order(block, rules.order, name) for block in layers),
        associations=tuple(
            _read_block(table, "associations")
            for table in top.list_tables("associations")
            if not rules.order or "associations" in rules.order
        ),
        heads=tuple(_read_block(table, "heads") for table in top.list_tables("heads")),
        rules=rules,
        checks=read_checks(top),
    )


def _read_order(connect: MappingTable) -> tuple[str, ...]:
    """Return by which ways ends meet; empty if it is not said."""
    order = connect.list_texts("order")
    ranks = [END_ORDER.index(word) for word in order if word in END_ORDER]
    if len(ranks) < len(order) or ranks != sorted(set(ranks)):
        connect.refuse_key(
            f"say some of {', '.join(END_ORDER)}, in this order: a node that is named is not"
            " looked for by its place",
            "order",
        )
    return order


def _hold_to_order(block: LayerBlock, order: tuple[str, ...], name: str) -> LayerBlock:
    """Return a block that needs no way of meeting that the order leaves out; refuse others."""
    if not order or not block.ends:
        return block
    way = "columns" if block.ends == "columns" else "place"
    if way not in order and block.to not in {"substations", "nodes"}:
        msg = f'{name}: {block.label}, ends: "{block.ends}" needs "{way}" in [connect] order'
        raise SourceError(msg)
    if block.sides == "terminal" and "terminals" not in order:
        return replace(block, sides="two")
    return block


def _read_units(top: MappingTable) -> dict[str, float]:
    """Return by what each number of the model is multiplied, from the units of the source."""
    units = list_units()
    table = top.read_table("units", units)
    factors = {}
    for column, known in units.items():
        if column not in table.values:
            continue
        unit = table.read_text(column)
        factors[column] = UNIT_FACTORS[table.choose_word(column, known, known[0])] if unit else 1.0
    return factors


def _read_keys(table: MappingTable) -> dict[str, str]:
    """Return the column that names the rows of each layer; that of ``*`` is for all others."""
    if not isinstance(table.values.get("key", {}), dict):
        return {"*": table.read_text("key")}
    below = table.read_table("key", None)
    return {layer: below.read_text(layer) for layer in below.values}


def _read_decoder(table: MappingTable) -> PhaseDecoder:
    given = [key for key in PHASE_DECODERS if key in table.values]
    if len(given) != 1:
        table.refuse_key("say one of letters, bits and codes")
    below = table.read_table(given[0], None)
    for key, value in below.values.items():
        if not isinstance(value, int if given[0] == "bits" else str) or isinstance(value, bool):
            below.refuse_key("a bit is a number such as 4, other values are texts", key)
    if given[0] == "letters":
        return PhaseDecoder(letters=below.values)
    if given[0] == "codes":
        return PhaseDecoder(codes=below.values)
    return PhaseDecoder(bits=below.values)


def _read_block(table: MappingTable, role: str) -> LayerBlock:
    """Return one block; `role` is empty for a layer."""
    to = role or table.choose_word("to", MAPPING_TARGETS, "")
    if not to:
        table.refuse_key(f"say what its rows are: one of {', '.join(MAPPING_TARGETS)}", "to")
    columns = list_block_columns(to)
    table.require_keys((*ROW_KEYS, *({} if role else LAYER_KEYS), *columns))
    for name in table.list_texts("keep"):
        if name.casefold() in columns:
            table.refuse_key(
                f"{name} is a column of the model: say what it is, {name} = ...", "keep"
            )
    patterns = table.list_texts("from")
    if not patterns:
        table.refuse_key("say which layers it reads", "from")
    read = {key: _read_value(table, key, to) for key in table.values if key in columns}
    if "class" in table.values:
        read["line_class"] = quote_text(table.read_text("class"))
    sides, classes = _read_sides(table)
    return LayerBlock(
        label=f"{table.label} ({', '.join(patterns)})",
        patterns=patterns,
        to=to,
        where=table.read_text("where"),
        joins=tuple(_read_join(join) for join in table.list_tables("join")),
        prefer=table.read_text("prefer"),
        ends=_read_ends(table, to),
        sides=sides,
        side_classes=classes,
        keep=table.list_texts("keep"),
        optional=table.read_flag("optional"),
        columns=read,
    )


def _read_ends(table: MappingTable, to: str) -> str:
    """Return how the ends of the rows are known."""
    has_columns = to in {"equipment", "usage_points"} or "node" in table.values
    ends = table.choose_word("ends", END_WORDS, "columns" if has_columns else "point")
    if to != "equipment" and ends.startswith("line"):
        table.refuse_key(f"{to} have no lines: say columns, point or area", "ends")
    if ends == "area" and to not in {"usage_points", "sources", "nodes"}:
        table.refuse_key(
            f"{to} are no areas in which lines end: say how their ends are known", "ends"
        )
    if ("x" in table.values) != ("y" in table.values):
        table.refuse_key("say both x and y", "x")
    needs = {"equipment": ("node_a", "node_b"), "substations": ()}.get(to, ("node",))
    for key in needs if ends == "columns" and to in MAPPING_TARGETS else ():
        if key not in table.values:
            table.refuse_key('ends = "columns" needs the column of the node', key)
    if to == "equipment" and "kind" not in table.values:
        table.refuse_key("say what kind of equipment it is", "kind")
    return ends


def _read_value(table: MappingTable, key: str, to: str) -> ColumnValue:
    """Return what a column is: SQL, a table of codes, or the positions of a switch."""
    value = table.values[key]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        below = table.read_table(key, None)
        below.label = f"{table.label}, {key}"
        return read_positions_table(below) if key in POSITION_COLUMNS else _read_codes(below)
    text = table.read_text(key)
    if not text:
        table.refuse_key("it is empty", key)
    frame = SCHEMA.get(to)
    words = frame.find_column(key).words if frame and key in frame.names else ()
    return quote_text(text) if text in words else text


def _read_codes(table: MappingTable) -> CodeTable:
    column = table.read_text("column")
    if not column:
        table.refuse_key("a table of codes says which column holds them", "column")
    codes = {
        key: str(table.values[key]).lower()
        if isinstance(table.values[key], bool)
        else str(table.values[key])
        for key in table.values
        if key not in {"column", "else"}
    }
    otherwise = table.read_text("else")
    return CodeTable(column, codes, None if otherwise in {"", "report"} else otherwise)


def _read_sides(table: MappingTable) -> tuple[str, tuple[frozenset[str], frozenset[str]]]:
    value = table.values.get("sides", "two")
    if not isinstance(value, dict):
        word = table.choose_word("sides", SIDE_WORDS, "two")
        if word == "class":
            table.refuse_key('say the classes of each side: {a = "primary", b = "..."}', "sides")
        return word, (frozenset(), frozenset())
    below = table.read_table("sides", ("a", "b"))
    a, b = frozenset(below.list_texts("a")), frozenset(below.list_texts("b"))
    if not a or not b or a & b:
        table.refuse_key("each side, a and b, needs classes of its own", "sides")
    return "class", (a, b)


def _read_join(table: MappingTable) -> LayerJoin:
    table.require_keys(JOIN_KEYS)
    name, alias, on = (table.read_text(key) for key in JOIN_KEYS)
    if not (name and alias.isidentifier() and on) or alias.casefold() in {"own", "layer"}:
        table.refuse_key("a join needs table, as (a plain word but own or layer) and on")
    return LayerJoin(name, alias, on)

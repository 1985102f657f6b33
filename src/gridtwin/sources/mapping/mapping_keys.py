"""
Name every key of a mapping file once, with what it says.

The reader of the file (`mapping_file`) refuses any other key, and the JSON Schema for editors
(`mapping_schema`) is made of the same tables.
"""

from __future__ import annotations

from gridtwin.model.schema import SCHEMA

MAPPING_TARGETS = ("equipment", "usage_points", "sources", "substations", "nodes")
END_WORDS = ("columns", "point", "line", "line_and_vertices", "area")
SIDE_WORDS = ("two", "class", "terminal")
# By what ends meet, the strongest first: node ids, associations, terminals of devices, places.
END_ORDER = ("columns", "associations", "terminals", "place")
POSITION_COLUMNS = ("normal_open", "current_open")  # how switches stand: designed, and now
PHASE_DECODERS = ("letters", "bits", "codes")
UNIT_FACTORS = {
    "m": 1.0,
    "km": 1_000.0,
    "ft": 0.3048,
    "usft": 1_200 / 3_937,
    "mi": 1_609.344,
    "V": 1.0,
    "kV": 1_000.0,
    "A": 1.0,
    "kA": 1_000.0,
    "VA": 1.0,
    "kVA": 1_000.0,
    "MVA": 1_000_000.0,
    "W": 1.0,
    "kW": 1_000.0,
    "MW": 1_000_000.0,
}
LENGTH_WORDS = ("m", "km", "ft", "usft", "mi")

TOP_KEYS = {
    "source": "What the source does not say of itself.",
    "ids": "What names a row.",
    "units": "The unit of a number of the model in the source.",
    "phases": "Decoders of phases, each used as phases('NAME', COLUMN).",
    "layer": "Blocks [[layer]]: which rows of which layers, and what they are.",
    "connect": "How ends meet.",
    "associations": "Blocks [[associations]]: what is joined although it lies apart.",
    "heads": "Blocks [[heads]]: where feeders begin.",
    "checks": "What the source records that can be compared with what is traced.",
    "accept": "Blocks [[accept]]: findings that are accepted as they are.",
}
SOURCE_KEYS = {
    "crs": 'Coordinate system, such as "EPSG:2278", or "none" for planar coordinates in meters.'
}
ID_KEYS = {"key": "The column that names a row: for all layers, or a table of layers with *."}
CONNECT_KEYS = {
    "tolerance_m": "How far apart ends at one place may be, in meters.",
    "rejoin_open": "Whether an open device with a node of its own joins the line end at its place.",
    "order": "By which ways ends meet: some of columns, associations, terminals, place.",
}
CHECK_KEYS = {
    "recorded_feeder": "The column with the feeder that a row records, or one for each layer.",
    "recorded_transformer": "The column with the transformer, or one for each layer.",
}
ACCEPT_KEYS = {
    "rule": "The rule that is broken.",
    "key": "The mRID the finding is of, LAYER:KEY of its row, or * for all findings of the rule.",
    "reason": "Why it is accepted.",
}
ROW_KEYS = {
    "from": "A layer, or a list of them; * and ? match names.",
    "optional": "Whether a layer that is named may be missing.",
    "where": "Which rows, as an SQL expression.",
    "join": "Other tables whose rows are gathered for each row.",
    "prefer": "Of rows that share a key, the one that counts: true for it, or greatest.",
}
LAYER_KEYS = {
    "to": "What the rows are.",
    "ends": "How the ends of a row are known.",
    "sides": "How the sides of a device deal out the line ends that meet there.",
    "keep": "Columns kept beside those of the model; * for all that are not personal.",
    "class": "The class of these lines, which sides of devices name.",
}
JOIN_KEYS = {
    "table": "The table that is joined.",
    "as": "How expressions call it.",
    "on": "Which of its rows, as an SQL expression.",
}
# What a block says in SQL beside the columns of its frame.
BLOCK_COLUMNS = {
    "equipment": (
        *("key", "x", "y", "node_c", "terminal_a", "terminal_b", "nominal_v", "current_open"),
    ),
    "usage_points": ("key", "x", "y"),
    "sources": ("key", "x", "y"),
    "substations": ("key", "x", "y"),
    "nodes": ("key", "x", "y", "node"),
}
BLOCK_MEANINGS = {
    "key": "what names the row, where it differs from [ids]",
    "x": "where the row lies, if it is not drawn",
    "y": "where the row lies, if it is not drawn",
    "node": "node it stands at",
    "node_c": "third node, of a device with three",
    "terminal_a": "terminal of the device at end a of a line",
    "terminal_b": "terminal of the device at end b of a line",
    "nominal_v": "voltage of the nodes at the ends of a line",
    "current_open": "phases that stand open now",
}
HEAD_COLUMNS = {
    "feeder": "mRID of the feeder",
    "name": "what people call it",
    "substation": "mRID of its substation",
    "node": "node it begins at",
    "at": "key of the device, junction or station it begins at",
    "terminal": "terminal from which it leaves the device",
}
JOINT_COLUMNS = {
    "a": "key of one end",
    "a_terminal": "terminal of that end",
    "b": "key of the other end",
    "b_terminal": "terminal of that end",
}


def list_block_columns(to: str) -> dict[str, str]:
    """Return what a block may say in SQL, and what each says: of a target, heads or joints."""
    if to == "heads":
        return HEAD_COLUMNS
    if to == "associations":
        return JOINT_COLUMNS
    own = {
        column.name: column.meaning
        for column in SCHEMA[to].columns
        if column.kind not in {"point", "line"}
    }
    return own | {name: BLOCK_MEANINGS[name] for name in BLOCK_COLUMNS[to] if name not in own}


def list_units() -> dict[str, tuple[str, ...]]:
    """Return the columns of the model that are numbers, and the units that each may have."""
    numbers = {
        column.name: column.unit
        for frame in SCHEMA.values()
        for column in frame.columns
        if column.unit
    }
    return {
        name: LENGTH_WORDS
        if unit == "m"
        else tuple(
            word
            for word in UNIT_FACTORS
            if word.endswith(unit) and word.removesuffix(unit) in {"", "k", "M"}
        )
        for name, unit in numbers.items()
    }

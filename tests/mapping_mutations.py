"""Make the single mistakes that a person makes in a mapping: a wrong column, code, unit or word."""

from __future__ import annotations

import copy
import json
import random
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import GridtwinError
from gridtwin.model.schema import SCHEMA
from gridtwin.sources.mapping import mapping_reader
from gridtwin.sources.mapping.mapping_keys import BLOCK_COLUMNS, HEAD_COLUMNS, JOINT_COLUMNS
from gridtwin.sources.mapping.mapping_layers import MappedSource, SourceLayer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    import pytest

    from gridtwin.model.network import Network

SEED = 7
SWAPS = 2  # other columns that each column is exchanged with
# Any text is a label, and any unique one an id, so that no wrong one can be told.
LABELS = ("name", "service_class")
IDS = ("mrid", "key")
OTHER_KINDS = {"fuse": "recloser", "power_transformer": "voltage_regulator"}
KIND = "load_break_switch"  # what other codes are moved to
LINE_KINDS = {"service_drop": {"ac_line_segment"}}  # one line is as good as the other
FACTORS = (10, 0.1, 1_000)


class Mutation(NamedTuple):
    """One mistake: what it is, and the mapping that has it."""

    what: str
    text: str


def list_mutations(text: str, source: MappedSource, *, crs: tuple[str, ...]) -> list[Mutation]:
    """
    Return every single mistake that can be made in a mapping.

    Parameters
    ----------
    text
        The mapping without a mistake.
    source
        What it reads; its columns are those that are mistaken for one another.
    crs
        Wrong coordinate systems to state.
    """
    document = tomllib.loads(text)
    rng = random.Random(SEED)
    makers = (
        _mistake_columns(document, source, rng),
        _mistake_codes(document),
        _mistake_words(document),
        _mistake_rules(document, crs),
        _mistake_phases(document),
    )
    return [Mutation(what, write_toml(wrong)) for maker in makers for what, wrong in maker]


def _mistake_columns(
    document: dict[str, Any], source: MappedSource, rng: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Misspell each column, and take another one of the same layer for it."""
    for role in ("layer", "associations", "heads"):
        for number, block in enumerate(document.get(role, [])):
            columns = _list_columns(block, source)
            for key, expression in _list_expressions(role, block):
                for name in _find_names(expression, columns):
                    others = [each for each in columns if each != name]
                    taken = [] if key in LABELS else rng.sample(others, min(SWAPS, len(others)))
                    for other in (f"{name}_X", *(taken if key not in IDS else ())):
                        wrong = copy.deepcopy(document)
                        _write_expression(wrong[role][number], key, _swap(expression, name, other))
                        yield f"[[{role}]] {number + 1}, {key}: {name} -> {other}", wrong
            yield from _exchange_pairs(document, role, number)
    recorded = document.get("checks", {}).get("recorded_feeder")
    if recorded:
        block = next(block for block in document["layer"] if block["to"] == "usage_points")
        others = [each for each in _list_columns(block, source) if each != recorded]
        for other in (f"{recorded}_X", *rng.sample(others, SWAPS)):
            wrong = copy.deepcopy(document)
            wrong["checks"]["recorded_feeder"] = other
            yield f"[checks], recorded_feeder: {recorded} -> {other}", wrong
    for key, name in _list_ids(document):
        for other in (f"{name}_X", "OBJECTID"):
            wrong = copy.deepcopy(document)
            if key:
                wrong["ids"]["key"][key] = other
            else:
                wrong["ids"]["key"] = other
            yield f"[ids] {key}: {name} -> {other}", wrong


def _exchange_pairs(
    document: dict[str, Any], role: str, number: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Exchange columns that come in pairs."""
    block = document[role][number]
    pairs = [("terminal_a", "terminal_b"), ("a_terminal", "b_terminal"), ("a", "a_terminal")]
    for first, second in (*pairs, ("node_a", "node_c")):
        if first in block and second in block:
            wrong = copy.deepcopy(document)
            other = wrong[role][number]
            other[first], other[second] = block[second], block[first]
            yield f"[[{role}]] {number + 1}: {first} <-> {second}", wrong
    if "sides" in block and isinstance(block["sides"], dict):
        wrong = copy.deepcopy(document)
        wrong[role][number]["sides"] = {"a": block["sides"]["b"], "b": block["sides"]["a"]}
        yield f"[[{role}]] {number + 1}: sides exchanged", wrong


def _mistake_codes(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Drop each code of a table, and move it to another kind; the same for words in SQL."""
    for number, block in enumerate(document["layer"]):
        kind = block.get("kind")
        if isinstance(kind, dict):
            for code in (each for each in kind if each not in {"column", "else"}):
                wrong = copy.deepcopy(document)
                del wrong["layer"][number]["kind"][code]
                yield f"[[layer]] {number + 1}, kind: {code} dropped", wrong
                moved = {OTHER_KINDS.get(kind[code], KIND), "ac_line_segment"}
                for other in sorted(moved - {kind[code]} - LINE_KINDS.get(kind[code], set())):
                    wrong = copy.deepcopy(document)
                    wrong["layer"][number]["kind"][code] = other
                    yield f"[[layer]] {number + 1}, kind: {code} -> {other}", wrong
        elif isinstance(kind, str):
            words = re.findall(r"'(\w+_\w+|fuse|recloser)'", kind) or [kind]
            for word in words:
                wrong = copy.deepcopy(document)
                other = OTHER_KINDS.get(word, KIND if word != KIND else "ac_line_segment")
                wrong["layer"][number]["kind"] = kind.replace(word, other)
                yield f"[[layer]] {number + 1}, kind: {word} -> {other}", wrong


def _mistake_words(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Exchange the words for open and closed, drop filters, and take another value in them."""
    for number, block in enumerate(document["layer"]):
        positions = block.get("normal_open")
        if isinstance(positions, dict):
            for first, second in (("open", "closed"), ("open", "absent"), ("closed", "absent")):
                if first in positions and second in positions:
                    wrong = copy.deepcopy(document)
                    other = wrong["layer"][number]["normal_open"]
                    other[first], other[second] = positions[second], positions[first]
                    yield f"[[layer]] {number + 1}, normal_open: {first} <-> {second}", wrong
        elif positions is not None:
            wrong = copy.deepcopy(document)
            wrong["layer"][number]["normal_open"] = not positions
            yield f"[[layer]] {number + 1}, normal_open: {not positions}", wrong
    for role in ("layer", "associations"):
        for number, block in enumerate(document.get(role, [])):
            for key in ("where", "join", "prefer", "sides", "class"):
                if key in block:
                    wrong = copy.deepcopy(document)
                    del wrong[role][number][key]
                    yield f"[[{role}]] {number + 1}, {key} dropped", wrong
            for key in ("where", "prefer", "in_service"):
                for word in re.findall(r"\b\d+\b|'\w+'", str(block.get(key, ""))):
                    other = "'XX'" if word.startswith("'") else str(int(word) + 2)
                    wrong = copy.deepcopy(document)
                    wrong[role][number][key] = block[key].replace(word, other)
                    yield f"[[{role}]] {number + 1}, {key}: {word} -> {other}", wrong
            if role == "layer":
                wrong = copy.deepcopy(document)
                del wrong[role][number]
                yield f"[[{role}]] {number + 1} dropped", wrong


def _mistake_rules(
    document: dict[str, Any], systems: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Take another tolerance, coordinate system or unit."""
    tolerance = document.get("connect", {}).get("tolerance_m")
    for factor in FACTORS if tolerance else ():
        wrong = copy.deepcopy(document)
        wrong["connect"]["tolerance_m"] = tolerance * factor
        yield f"[connect], tolerance_m: {tolerance} -> {tolerance * factor:g}", wrong
    if "rejoin_open" in document.get("connect", {}):
        wrong = copy.deepcopy(document)
        wrong["connect"]["rejoin_open"] = False
        yield "[connect], rejoin_open: false", wrong
    for crs in systems:
        wrong = copy.deepcopy(document)
        wrong.setdefault("source", {})["crs"] = crs
        yield f"[source], crs: {crs}", wrong
    others = {
        "length_m": ("m", "km", "ft"),
        "rated_va": ("VA", "kVA", "MVA"),
        "peak_w": ("W", "kW", "MW"),
        "nominal_v": ("V", "kV"),
    }
    keys = {key for block in document["layer"] for key in block} & set(others)
    for key in sorted(keys):
        unit = document.get("units", {}).get(key, others[key][0])
        for other in others[key]:
            if other != unit:
                wrong = copy.deepcopy(document)
                wrong.setdefault("units", {})[key] = other
                yield f"[units], {key}: {unit} -> {other}", wrong


def _mistake_phases(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Exchange the bits of two phases, or take one bit for another."""
    for name, decoder in document.get("phases", {}).items():
        bits = decoder.get("bits", {})
        for first, second in (("A", "B"), ("A", "C"), ("B", "C")):
            wrong = copy.deepcopy(document)
            other = wrong["phases"][name]["bits"]
            other[first], other[second] = bits[second], bits[first]
            yield f"[phases.{name}.bits]: {first} <-> {second}", wrong
        wrong = copy.deepcopy(document)
        wrong["phases"][name]["bits"]["A"] = 8
        yield f"[phases.{name}.bits]: A = 8", wrong


def _list_columns(block: dict[str, Any], source: MappedSource) -> list[str]:
    """Return the columns of the first layer that a block reads, and those of joined tables."""
    patterns = block["from"] if isinstance(block["from"], list) else [block["from"]]
    names = [join["table"] for join in block.get("join", [])]
    columns: list[str] = []
    layers = [layer for found in source.match_layers(patterns).values() for layer in found]
    for layer in (*layers[:1], *(each for each in names if each in source.layers)):
        columns += [name for name in source.list_fields(layer) if name not in columns]
    return columns


def _list_ids(document: dict[str, Any]) -> list[tuple[str, str]]:
    key = document["ids"]["key"]
    return list(key.items()) if isinstance(key, dict) else [("", key)]


def _list_expressions(role: str, block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the SQL of each key; that of a table under ``KEY.COLUMN``."""
    known = {
        "associations": (*JOINT_COLUMNS, "where"),
        "heads": HEAD_COLUMNS,
    }.get(role) or ("where", "prefer", *SCHEMA.get(block["to"]).names, *BLOCK_COLUMNS[block["to"]])
    for key, value in block.items():
        if key == "join":
            yield from ((f"join.{row}", join["on"]) for row, join in enumerate(value))
        elif key in known and isinstance(value, dict):
            yield from (
                (f"{key}.{part}", value[part]) for part in ("column", *"ABC") if part in value
            )
        elif key in known and isinstance(value, str):
            yield key, value


def _write_expression(block: dict[str, Any], key: str, expression: str) -> None:
    name, _, part = key.partition(".")
    if name == "join":
        block["join"][int(part)]["on"] = expression
    elif part:
        block[name][part] = expression
    else:
        block[name] = expression


def _find_names(expression: str, columns: list[str]) -> list[str]:
    """Return the columns that an expression reads."""
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", expression)))
    return [name for name in columns if name in words]


def _swap(expression: str, name: str, other: str) -> str:
    return re.sub(rf"\b{re.escape(name)}\b", other, expression)


def write_toml(document: dict[str, Any]) -> str:
    """Return a mapping as TOML."""
    lines = []
    for key, value in document.items():
        blocks = value if isinstance(value, list) else [value]
        for block in blocks:
            lines.append(f"[[{key}]]" if isinstance(value, list) else f"[{key}]")
            lines += [f"{json.dumps(name)} = {_write_value(each)}" for name, each in block.items()]
    return "\n".join(lines) + "\n"


def _write_value(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(
            f"{json.dumps(key)} = {_write_value(each)}" for key, each in value.items()
        )
        return f"{{ {inside} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_write_value, value))}]"
    return json.dumps(value)


class KeptSource(MappedSource):
    """A source whose layers are read once, however many mappings read them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.kept: dict[str, SourceLayer] = {}

    def read_layer(self, layer: str, text: str) -> SourceLayer:  # noqa: ARG002
        if layer not in self.kept:
            self.kept[layer] = super().read_layer(layer, " ".join(self.list_fields(layer)))
        return self.kept[layer]


def find_silent(
    path: Path,
    text: str,
    mutations: list[Mutation],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[str, list[str]]]:
    """
    Return the mistakes that are neither refused nor told, and what is other then.

    Parameters
    ----------
    path
        What is read.
    text, mutations
        The mapping without a mistake, and those with one.
    folder
        Where mappings are written to.
    monkeypatch
        Lets each layer be read once.
    """
    source = KeptSource(path)
    monkeypatch.setattr(mapping_reader, "MappedSource", lambda _: source)
    file = folder / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    right = mapping_reader.read_mapped(path, file)
    told = {(notice.rule, notice.evidence) for notice in right.notices}
    frames = name_nodes_by_ends(right)
    silent = []
    for what, wrong in mutations:
        file.write_text(wrong, encoding="utf-8")
        try:
            network = mapping_reader.read_mapped(path, file)
        except GridtwinError:
            continue
        if {(notice.rule, notice.evidence) for notice in network.notices} - told:
            continue
        differing = list_differences(frames, name_nodes_by_ends(network))
        if differing:
            silent.append((what, differing))
    return silent


def name_nodes_by_ends(network: Network) -> dict[str, pd.DataFrame]:
    """Return the frames of a network, each node called after the first end at it."""
    equipment = network.equipment
    names: dict[str, str] = {}
    for side in "ab":
        for node, mrid in zip(equipment[f"node_{side}"], equipment["mrid"], strict=True):
            names[node] = min(names.get(node, f"{mrid}@{side}"), f"{mrid}@{side}")
    frames = {}
    for frame in SCHEMA:
        table = getattr(network, frame).copy()
        columns = {"nodes": ["mrid"], "equipment": ["node_a", "node_b"]}.get(frame, ["node"])
        for column in (each for each in columns if each in table):
            table[column] = table[column].map(lambda node: names.get(node, node))
        frames[frame] = table.sort_values("mrid").reset_index(drop=True)
    return frames


def list_differences(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> list[str]:
    """Return the frames and columns in which two networks differ."""
    differing = []
    for frame, one in first.items():
        other = second[frame]
        if len(one) != len(other):
            differing.append(f"{frame}: {len(one)} and {len(other)} rows")
            continue
        for column in sorted({*one.columns, *other.columns}):
            both = column in one and column in other
            if not both or (one[column].astype(str) != other[column].astype(str)).any():
                differing.append(f"{frame}.{column}")
    return differing

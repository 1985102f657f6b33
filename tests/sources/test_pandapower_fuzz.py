"""Whatever happens to the file of a net, it is read or refused in words, and nothing is written."""

from __future__ import annotations

import copy
import json
import random
import warnings
from pathlib import Path
from typing import Any

import pytest

from fuzzing import each_count
from gridtwin.errors import GridtwinError
from gridtwin.model.network import Network
from gridtwin.sources import read
from pandapower_oracle import quiet, saved

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandapower warns of at import is its own affair
    pp = pytest.importorskip("pandapower")

CELLS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 99, 2**31, 2**63, -(2**70), 0.5, 1e308, -1e-300),
    *(float("nan"), float("inf"), "", " ", "0", "b", "l", "t3", "True", "no", "x" * 300, "\0"),
    *("1e5", "NaN", "null", '{"type": "Point", "coordinates": [1, 2]}', "{}", "[]", "ü水", "\n"),
    *([], [1, 2], {}, {"a": 1}, {"type": "Point", "coordinates": [7, 50]}, [[]], "2020-01-01"),
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    {"_module": "os", "_class": "system", "_object": "touch fuzzed"},
    {"_module": "pandas", "_class": "DataFrame", "_object": "{}"},
)
COLUMNS = ("bus", "from_bus", "to_bus", "et", "element", "closed", "geo", "in_service", "name", "x")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the JSON of a net that has a little of everything."""
    with quiet():
        net = pp.create_empty_network()
        for volts in (110.0, 20.0, 10.0, 20.0, 0.4):
            pp.create_bus(net, volts, geodata=(7.0, 50.0))
        pp.create_ext_grid(net, 0)
        pp.create_transformer3w(net, 0, 1, 2, "63/25/38 MVA 110/20/10 kV")
        pp.create_line(net, 1, 3, 1.0, "NA2XS2Y 1x95 RM/25 12/20 kV", geodata=[(7, 50), (8, 50)])
        pp.create_transformer(net, 3, 4, "0.4 MVA 20/0.4 kV")
        pp.create_dcline(net, 1, 3, 0.1, 1.0, 0.0, 1.0, 1.0)
        pp.create_impedance(net, 1, 3, 0.1, 0.1, 1.0)
        for bus, element, kind in ((1, 0, "l"), (3, 0, "t"), (2, 0, "t3"), (1, 3, "b")):
            pp.create_switch(net, bus, element, et=kind, type="CB")
        pp.create_load(net, 4, 0.1, name="Shop")
        pp.create_asymmetric_load(net, 4, 0.1)
        pp.create_gen(net, 2, 0.1, slack=True)
        pp.create_sgen(net, 4, 0.1)
    return saved(net)


def changed_text(text: str, rng: random.Random) -> str:
    """Return a text with some pieces cut, doubled, swapped or replaced."""
    for _ in range(rng.randint(1, 4)):
        a = rng.randrange(len(text) + 1)
        b = min(len(text), a + rng.choice((1, 1, 2, 5, 40, 900)))
        piece = rng.choice(("", text[a:b] * 2, chr(rng.randrange(256)), '"', "{", "]", "-", "1e9"))
        text = text[:a] + piece + text[b:]
    return text if rng.random() < 0.9 else text[: rng.randrange(len(text) + 1)]


def changed_cell(table: dict[str, Any], rng: random.Random) -> None:
    """Change something within one table: a cell, a column, the rows or how it is written."""
    inner = json.loads(table["_object"])
    columns, data, index = inner["columns"], inner["data"], inner["index"]
    what = rng.random()
    if what < 0.6 and data:
        data[rng.randrange(len(data))][rng.randrange(len(columns))] = rng.choice(CELLS)
    elif what < 0.7:
        columns[rng.randrange(len(columns))] = rng.choice(COLUMNS)
    elif what < 0.75 and data:
        index[rng.randrange(len(index))] = rng.choice(CELLS)
    elif what < 0.8 and data:
        data.append(list(data[0]))
        index.append(rng.choice((7, 0, "a", -1)))
    elif what < 0.85:
        del data[:], index[:]
    elif what < 0.9:
        place = rng.randrange(len(columns))
        del columns[place]
        for row in data:
            del row[place]
    else:
        table[rng.choice(list(table))] = rng.choice(CELLS)
        return
    table["_object"] = json.dumps(inner)


def changed_values(document: dict[str, Any], rng: random.Random) -> str:
    """Return a net with one to three things changed that leave it JSON."""
    found = copy.deepcopy(document)
    net = found["_object"]
    for _ in range(rng.randint(1, 3)):
        names = [name for name, value in net.items() if isinstance(value, dict)]
        tables = [name for name in names if isinstance(net[name].get("_object"), str)]
        what = rng.random()
        if what < 0.8 and tables:
            table = net[rng.choice(tables)]
            if table["_object"].startswith('{"columns"'):
                changed_cell(table, rng)
        elif what < 0.9:
            net[rng.choice([*net, "mine"])] = rng.choice(CELLS)
        elif names:
            net[rng.choice([*names, "mine"])] = copy.deepcopy(net[rng.choice(names)])
    return json.dumps(found)


@each_count
@pytest.mark.parametrize("kind", ["text", "values"])
def test_a_changed_net_is_read_or_refused_in_words(
    kind: str,
    count: int,
    document: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.json"
    whole = json.dumps(document)
    for seed in range(count):
        rng = random.Random(f"{kind} {seed}")
        text = changed_text(whole, rng) if kind == "text" else changed_values(document, rng)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        assert answered(path), seed
        assert [each.name for each in tmp_path.iterdir()] == ["net.json"], seed


def answered(path: Path) -> bool:
    try:
        return isinstance(read(path), Network)
    except GridtwinError as error:
        return "\n" not in str(error)

"""Whoever writes an id from memory, or in haste, finds the element: among the first three."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
import shapely

import gridtwin
from gridtwin.analysis.state.name_index import NameIndex
from gridtwin.model.element_names import mrid_of
from gridtwin.model.ids import MRID_TABLES
from gridtwin.model.network import Network
from gridtwin.twin import Twin

CASES = 300
NEAR_KEYS = {
    "0": "9", "1": "2", "2": "13", "3": "24", "4": "35", "5": "46", "6": "57", "7": "68",
    "8": "79", "9": "80", "A": "S", "B": "V", "C": "V", "E": "R", "F": "G", "K": "L", "L": "K",
    "M": "N", "R": "E", "S": "D", "T": "R", "U": "Y", "V": "C", "X": "C", "a": "s", "e": "r",
    "i": "o", "o": "i", "n": "m", "r": "e", "t": "r",
}  # fmt: skip
WORDS = {"BKR": "breaker", "RCL": "recloser", "FUSE": "fuse", "XFMR": "transformer", "MTR": "meter"}


@pytest.fixture(scope="module")
def town() -> Twin:
    return gridtwin.open(gridtwin.synthesize("houston", meters=20_000, seed=3))


@pytest.fixture(scope="module")
def names(town: Twin) -> NameIndex:
    return NameIndex(town.store.network.data, town.store.network.ids)


def misspell(text: str, rng: random.Random) -> str:
    """Return a text as somebody writes it in haste, or from memory."""
    at = rng.randrange(len(text) - 1)
    stem, _, number = text.partition("-")
    near = NEAR_KEYS.get(text[at], "x")
    return rng.choice(
        [
            text.lower(),
            text.replace("-", rng.choice(["", " ", "_", "--"])),
            f"{stem}-{number.lstrip('0')}" if number.isdigit() else text.lower(),
            f"{WORDS.get(stem, stem.lower())} {number.lstrip('0') or number}",
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],  # transposed
            text[:at] + text[at] + text[at:],  # doubled
            text[:at] + text[at + 1 :],  # left out
            text[:at] + rng.choice(near) + text[at + 1 :],  # the key beside it
            text.replace("0", "O", 1),
            text.replace("-0", "-", 1),
        ]
    )


def list_texts(town: Twin, rng: random.Random) -> list[str]:
    """Return ids and names to misspell, of every table alike."""
    data = town.store.network.data
    texts = []
    for table in ("equipment", "usage_points", "feeders", "substations"):
        rows = rng.choices(range(len(getattr(data, table).mrid)), k=CASES)
        texts += [bytes(getattr(data, table).mrid[row]).decode() for row in rows]
        called = getattr(data, table).name
        if table in {"feeders", "substations"}:
            texts += [bytes(called[row]).decode() for row in rows]
    rng.shuffle(texts)
    return texts


def test_the_right_one_is_among_the_first_three(town: Twin, names: NameIndex) -> None:
    rng, data = random.Random(5), town.store.network.data
    every = {bytes(each) for table in MRID_TABLES for each in getattr(data, table).mrid}
    every |= {bytes(each) for each in (*data.feeders.name, *data.substations.name)}
    tried, missed = 0, []
    for text in list_texts(town, rng):
        written = misspell(text, rng)
        if written.encode() in every or written == text:
            continue  # that is the id of another
        tried += 1
        hits = names.find_names(written, 3)
        meant = [
            {mrid_of(data, hit.element), bytes(_name_of(data, hit.element)).decode()}
            for hit in hits
        ]
        if not any(text in each for each in meant):
            missed.append((text, written, meant))
        if tried == CASES:
            break
    assert tried == CASES
    assert len(missed) <= 0.05 * CASES, missed


def _name_of(data: object, element: object) -> bytes:
    names = getattr(getattr(data, element.table), "name", None)  # type: ignore[attr-defined]
    return b"" if names is None else names[element.row]  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("recloser 12", "RCL-0000012"),
        ("RCL12", "RCL-0000012"),
        ("rcl-00012", "RCL-0000012"),
        ("fues-0000012", "FUSE-0000012"),
        ("xfmr OOOOO12", "XFMR-0000012"),
        ("transformer 44", "XFMR-0000044"),
        ("meter #7", "MTR-0000007"),
        ("MTR-0000l23", "MTR-0000123"),
    ],
)
def test_what_people_say_is_understood(
    names: NameIndex, town: Twin, written: str, found: str
) -> None:
    hits = names.find_names(written, 3)
    assert mrid_of(town.store.network.data, hits[0].element) == found


def test_what_is_called_so_comes_first(names: NameIndex, town: Twin) -> None:
    hits = names.find_names("FUSE-0000012", 5)
    data = town.store.network.data
    assert [hit.rank for hit in hits] == [0, 3, 3, 3, 3]
    assert mrid_of(data, hits[0].element) == "FUSE-0000012"


@pytest.mark.parametrize("written", ["", " ", "\n", "-", "\0", "x" * 5_000, "?" * 300, "0" * 99])
def test_any_text_can_be_searched(names: NameIndex, written: str) -> None:
    assert len(names.find_names(written, 3)) <= 3


def test_ids_without_numbers_are_compared() -> None:
    words = ["alder", "birch", "cedar", "dogwood", "elm", "fir"]
    network = Network.from_frames(
        nodes={"mrid": words, "geometry": [shapely.Point(at, 0) for at in range(6)]},
        equipment={
            "mrid": [f"{a}_to_{b}" for a, b in pairwise(words)],
            "kind": ["ac_line_segment"] * 5,
            "node_a": words[:-1],
            "node_b": words[1:],
        },
        usage_points={"mrid": ["house at the elm"], "node": ["elm"]},
        sources={"mrid": ["well"], "node": ["alder"]},
        substations={"mrid": [], "name": [], "geometry": []},
        feeders={"mrid": [], "head": []},
    )
    names = NameIndex(network.data, network.ids)
    meant = {"brich to cedar": "birch_to_cedar", "hose at the elm": "house at the elm"}
    for written, found in meant.items():
        assert mrid_of(network.data, names.find_names(written, 1)[0].element) == found
    assert names.find_names("sequoia", 3) == []

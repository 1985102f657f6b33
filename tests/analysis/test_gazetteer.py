"""Addresses and places are found by what people write of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gridtwin.analysis.gazetteer.address_index import AddressIndex
from gridtwin.analysis.gazetteer.address_layout import (
    LAYOUT_FORMAT,
    AddressLayout,
    lay_addresses,
    read_layout,
    split_address,
)
from gridtwin.analysis.gazetteer.place_index import NamedPlace, PlaceIndex
from gridtwin.analysis.gazetteer.spelling_index import SpellingIndex, fold_sound
from gridtwin.model.street_words import cut_street, fold_street

TOWN = (
    ("1204 Oak Forest Dr", "Fairmont", "77002"),
    ("1204 Oak Hill Dr", "Fairmont", "77002"),
    ("1204 Oak Forest Dr", "Lakeside", "77005"),
    ("1240 Oak Forest Dr", "Fairmont", "77002"),
    ("77 Knight St Apt 101", "Fairmont", "77002"),
    ("77 Knight St Apt 102", "Fairmont", "77002"),
    ("77 Phillips Ave", "Cedar Falls", "77005"),
    ("8 N Saint Mary's Street", "Cedar Falls", "77005"),
    ("8 Elm", "", ""),
)


def lay_town() -> AddressLayout:
    return lay_addresses((str(place), *address) for place, address in enumerate(TOWN))


@pytest.fixture(scope="module", params=["as laid out", "as written and read"])
def town(request: pytest.FixtureRequest) -> AddressIndex:
    """Return a small town, its addresses named by their places."""
    if request.param == "as laid out":
        return AddressIndex(lay_town())
    read = read_layout(lay_town().write_text())
    assert read is not None
    return AddressIndex(read)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1204 Oak Forest Dr", 0),
        ("1204 oak forest drive", 0),
        ("1204 oak forest", 0),  # its type left out
        ("1204 oak forst dr", 0),  # a letter left out
        ("1204 oka forest dr", 0),  # two swapped
        ("1204 osk forest dr", 0),  # the key beside
        ("1204 oak for", 0),  # still being written
        ("1204 oak forest dr lakeside", 2),
        ("1204 oak forest dr, lakesid, tx 77005", 2),
        ("1204 oak forest dr 77005", 2),
        ("1240 oak forest", 3),
        ("77 nite st", 4),  # as it sounds
        ("77 knight st #102", 5),
        ("77 knight street apartment 102", 5),
        ("77 filips avenue", 6),
        ("8 saint marys st", 7),
        ("8 north st mary's", 7),
        ("phillips ave 77", 6),
        ("1205 oak hill dr", 1),  # there is no such number: one digit is wrong
    ],
)
def test_an_address_is_found_as_people_write_it(
    town: AddressIndex, written: str, meant: int
) -> None:
    assert town.find_addresses(written)[0].name == str(meant)


def test_units_of_one_building_are_one_hit(town: AddressIndex) -> None:
    best = town.find_addresses("77 knight st")[0]
    assert (best.name, best.addresses, best.is_street) == ("4", 2, False)


def test_without_its_number_a_street_is_found(town: AddressIndex) -> None:
    best = town.find_addresses("oak forrest")[0]
    assert best.is_street
    assert TOWN[int(best.name)][0].endswith("Oak Forest Dr")
    assert best.addresses == 3


@pytest.mark.parametrize("written", ["", " ", "12", "#", "77002", "zzz qqq", "%_", "\0", "9" * 300])
def test_what_is_no_address_finds_nothing_and_breaks_nothing(
    town: AddressIndex, written: str
) -> None:
    assert town.find_addresses(written) == []
    assert AddressIndex(lay_addresses([])).find_addresses(written) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda text: text.replace(LAYOUT_FORMAT, "addresses-0"),
        lambda text: text[: len(text) // 2],
        lambda _: f"{LAYOUT_FORMAT} bm9uZQ==",
        lambda _: f"{LAYOUT_FORMAT} \u00e9",
    ],
)
def test_a_layout_that_another_gridtwin_wrote_or_nobody_is_none(
    spoil: Callable[[str], str],
) -> None:
    assert read_layout(spoil(lay_town().write_text())) is None


def test_no_addresses_are_laid_out_as_well() -> None:
    read = read_layout(lay_addresses([]).write_text())
    assert read is not None
    assert len(AddressIndex(read)) == 0


def test_the_parts_of_an_address_are_told_apart() -> None:
    assert split_address("12B W. Main Street, Apt 4, Fairmont, TX 77002-1234") == (
        12, "W MAIN ST", "4", "77002", "FAIRMONT",
    )  # fmt: skip
    assert split_address("Hauptstraße 7")[:2] == (7, "HAUPTSTRASSE")
    assert split_address("5th Avenue").number == -1


def test_streets_are_written_in_one_way() -> None:
    assert fold_street("n. oak-forest  Drive") == "N OAK FOREST DR"
    assert cut_street("N OAK FOREST DR") == "OAK FOREST"
    assert cut_street("AVE") == "AVE"
    assert fold_sound("PHILLIPS") == fold_sound("FILIPS")


def test_scores_fall_with_each_slip() -> None:
    scores = SpellingIndex(["OAK FOREST DR", "OAK HILL DR"]).score_names
    said = ("oak forest dr", "oak forst dr", "oak fort dr", "elm")
    first = [float(scores(each)[0]) for each in said]
    assert first[0] == 1.0
    assert first == sorted(first, reverse=True)
    assert np.array_equal(scores(""), [0, 0])


def test_of_two_places_of_one_name_the_town_comes_first() -> None:
    places = [
        NamedPlace("Fairmont", "roads", "minor_road", -95.0, 29.0),
        NamedPlace("Fairmont", "places", "locality", -95.1, 29.1),
        NamedPlace("Fairmont School", "pois", "school", -95.2, 29.2),
    ]
    found = PlaceIndex(places).find_places("fairmnot")
    assert [each.kind for each in found[:2]] == ["locality", "minor_road"]
    assert PlaceIndex(places).find_places("lakeside") == []
    assert PlaceIndex([]).find_places("fairmont") == []

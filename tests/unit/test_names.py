"""A search finds what looking at every text would find."""

from __future__ import annotations

from dataclasses import replace

import gridtwin
from gridtwin.analysis.state.name_index import SEARCHED_TABLES, NameIndex
from gridtwin.model.ids import Element
from gridtwin.model.network import Network
from gridtwin.model.tables import decode_texts, encode_texts
from networks import two_feeders_with_a_tie

NETWORK = gridtwin.synthesize("houston", meters=400, seed=2)
DATA = NETWORK.data


def slowly(text: str) -> dict[Element, int]:
    """Return every element that holds a text, and how well."""
    found: dict[Element, int] = {}
    wanted = text.lower()
    for table in SEARCHED_TABLES:
        for column in ("name", "mrid"):
            for row, each in enumerate(
                decode_texts(getattr(getattr(DATA, table), column, [])).tolist()
                if hasattr(getattr(DATA, table), column)
                else []
            ):
                folded = each.lower()
                if wanted in folded:
                    rank = 0 if folded == wanted else 1 if folded.startswith(wanted) else 2
                    key = Element(table, row)
                    found[key] = min(rank, found.get(key, rank))
    return found


def test_everything_that_holds_the_text_is_found_and_nothing_else() -> None:
    names = NameIndex(DATA, NETWORK.ids)
    for text in ("mtr", "MTR-000007", "07", "br", "sub-0", "-", "e-00000", "zzz"):
        every = slowly(text)
        hits = names.search_names(text, limit=100_000)
        assert {hit.element: hit.rank for hit in hits} == every, text


def test_what_is_named_whole_is_found_with_what_begins_so_alone() -> None:
    names = names_of("M1", "M12", "XM1")
    assert [hit.element.row for hit in names.search_names("m1")] == [0, 1]
    assert [hit.element.row for hit in names.search_names("m")] == [0, 1, 2]


def test_the_best_come_first_and_the_rest_is_left_out() -> None:
    names = NameIndex(DATA, NETWORK.ids)
    for text in ("mtr-000001", "1", "fus"):
        ranks = [hit.rank for hit in names.search_names(text, limit=5)]
        assert ranks == sorted(slowly(text).values())[:5]


def test_the_whole_id_comes_before_longer_ones_that_begin_with_it() -> None:
    assert names_of("n1", "n10", "n100").search_names("N10", 1)[0].element == Element(
        "usage_points", 1
    )


def names_of(*meters: str) -> NameIndex:
    from networks import network

    rows = "L ac_line_segment S a ABC"
    made = network(rows, meters=" ".join(f"{meter}@a" for meter in meters))
    return NameIndex(made.data, made.ids)


def test_nothing_is_found_by_nothing() -> None:
    made = two_feeders_with_a_tie()
    names = NameIndex(made.data, made.ids)
    assert not names.search_names("  ")
    assert not names.search_names("\0")
    assert not names.search_names("x", 0)


def test_an_id_comes_before_a_name_that_is_the_same() -> None:
    named = called({"M1": "x", "M2": "M1", "M3": "M1"})
    names = NameIndex(named.data, named.ids)
    assert [hit.element.row for hit in names.search_names("m1")] == [0, 1, 2]


def test_all_that_share_a_name_are_found_though_it_holds_a_break() -> None:
    named = called({"M1": "Main\nSt", "M2": "Main St", "M3": "Side St", "M4": "Main St"})
    names = NameIndex(named.data, named.ids)
    assert [hit.element.row for hit in names.search_names("main st")] == [0, 1, 3]
    assert [hit.element.row for hit in names.search_names("side")] == [2]


def called(names: dict[str, str]) -> Network:
    from networks import network

    made = network("L ac_line_segment S a ABC", meters=" ".join(f"{mrid}@a" for mrid in names))
    points = replace(made.data.usage_points, name=encode_texts(names.values()))
    return Network(replace(made.data, usage_points=points))


def test_a_break_between_two_texts_is_no_part_of_either() -> None:
    assert not names_of("a", "b").search_names("a\nb")


def test_beginnings_are_found_however_they_are_written() -> None:
    names = names_of("Fuse-1", "FUSE-2", "fuse-3", "fUSE-4", "Straße-5")
    for text in ("fuse", "FUSE", "Fuse"):
        assert len(names.search_names(text)) == 4
        assert {hit.rank for hit in names.search_names(text)} == {1}
    assert [hit.element.row for hit in names.search_names("straße")] == [4]
    assert [hit.element.row for hit in names.search_names("aße-5")] == [4]

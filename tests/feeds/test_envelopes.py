"""What a message of a feed says: envelopes of Debezium, flat rows, entities of OData."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gridtwin.model.feed_changes import RowChange, Truncation
from gridtwin.stream.feeds.feed_decoding import DecodedFeed, FeedDecoder
from gridtwin.stream.feeds.feed_map_file import read_feed_map
from gridtwin.stream.feeds.field_values import UNAVAILABLE
from gridtwin.stream.feeds.source_change import FeedMessage
from gridtwin.stream.feeds.source_positions import encode_position
from gridtwin.stream.message_checks import Reason

CREWS = """
[crews]
topic = "wfm.public.crew"
target = "crews"
{more}
[crews.columns]
mrid = "crew_no"
name = "crew_name"
status = {{ field = "st", values = {{ A = "available", W = "on_site" }}, other = "off_duty" }}
home_lon = "lon"
vehicle = "car"
"""
ORDERS = """
[orders]
files = "*.json"
format = "odata"
target = "work_orders"
key = ["Plant", "Order"]
zone = "America/Chicago"
{more}
[orders.columns]
work_order = {{ field = ["Plant", "Order"], join = "/" }}
status = {{ field = "Stat", values = {{ REL = "released", CNF = "completed" }} }}
created_at = {{ field = "Created", unit = "yyyymmdd" }}
planned_start = "Start"
"""
FIRST = "0001-01-01T00:00+14:00"  # before the calendar begins
POSITION = {"connector": "postgresql"}


def decoder(tmp_path: Path, text: str, more: str = "") -> FeedDecoder:
    path = tmp_path / "feeds.toml"
    path.write_text(text.format(more=more))
    (feed,) = read_feed_map(path)
    return FeedDecoder(feed)


def envelope(
    op: str, lsn: int, number: int, *, wrapped: bool = False, source: Any = None, **row: Any
) -> FeedMessage:
    """Return a message of Debezium of the row of a number, its `before` with invented values."""
    invented = {"id": number, "crew_no": "invented", "crew_name": "", "st": "A"}
    value: dict[str, Any] = {
        "op": op,
        "before": invented if op in "ud" else None,
        "after": {"id": number, **row} if op in "cru" else None,
        "source": source or {**POSITION, "lsn": lsn},
    }
    key: dict[str, Any] | None = None if op == "t" else {"id": number}
    if wrapped:
        value = {"schema": {"type": "struct"}, "payload": value}
        key = {"schema": {}, "payload": key}
    return FeedMessage(
        f"t:0:{lsn}", json.dumps(key).encode() if key else None, json.dumps(value).encode()
    )


def flat(offset: int, key: Any = None, **row: Any) -> FeedMessage:
    value = json.dumps(row).encode() if row else None
    return FeedMessage(
        f"t:0:{offset}", None if key is None else json.dumps(key).encode(), value, ("t:0", offset)
    )


def rows(decoded: DecodedFeed) -> dict[str, Any]:
    """Return what each key came to."""
    assert all(not isinstance(part.changes, Truncation) for part in decoded.changes)
    return {
        change.key: change.row and change.row[:4]
        for part in decoded.changes
        for change in part.changes
        if isinstance(change, RowChange)
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_last_change_of_a_row_counts_however_they_came(tmp_path: Path, wrapped: bool) -> None:
    read = decoder(tmp_path, CREWS)
    one = {"crew_no": "C-1", "crew_name": "One", "st": "A"}
    messages = [
        envelope("r", 100, 1, wrapped=wrapped, **one),
        envelope("u", 1200, 1, wrapped=wrapped, **one | {"st": "W"}),
        envelope("u", 900, 1, wrapped=wrapped, **one | {"st": "?"}),  # late, and shorter
        envelope("c", 101, 2, wrapped=wrapped, **one | {"crew_no": "C-2"}),
        envelope("d", 102, 2, wrapped=wrapped),
        FeedMessage("t:0:1", b'{"id": 2}', None),  # its tombstone
        envelope("c", 101, 2, wrapped=wrapped, **one | {"crew_no": "C-2"}),  # told again
        envelope("d", 103, 3, wrapped=wrapped),  # of a number that changed ...
        envelope("c", 103, 4, wrapped=wrapped, **one | {"crew_no": "C-3"}),  # ... to this one
    ]
    decoded = read.decode_messages(messages)
    assert rows(decoded) == {
        '["1"]': ("C-1", "One", "", "on_site"),
        '["2"]': None,
        '["3"]': None,
        '["4"]': ("C-3", "One", "", "available"),
    }
    assert (decoded.late, decoded.letters) == (2, [])


def test_a_truncation_parts_what_came_before_from_what_came_after(tmp_path: Path) -> None:
    read = decoder(tmp_path, CREWS)
    row = {"crew_no": "C-1", "crew_name": "One", "st": "A"}
    decoded = read.decode_messages(
        [envelope("c", 5, 1, **row), envelope("t", 9, 0), envelope("c", 10, 1, **row)]
    )
    before, truncation, after = (part.changes for part in decoded.changes)
    assert isinstance(truncation, Truncation)
    assert before[0].position < truncation.position < after[0].position  # type: ignore[index]


@pytest.mark.parametrize(
    ("connector", "former", "later"),
    [
        ("oracle", {"scn": "99", "commit_scn": "100"}, {"scn": "98", "commit_scn": "101"}),
        ("oracle", {"scn": "100"}, {"scn": "99", "commit_scn": "101"}),
        ("mysql", {"file": "b.09", "pos": 9000, "row": 0}, {"file": "b.10", "pos": 4, "row": 0}),
        ("sqlserver", {"commit_lsn": "00:01"}, {"commit_lsn": "00:02", "change_lsn": "00:01"}),
    ],
)
def test_each_connector_says_its_order(
    tmp_path: Path, connector: str, former: Any, later: Any
) -> None:
    read = decoder(tmp_path, CREWS)
    old = {"crew_no": "C-1", "crew_name": "old", "st": "A"}
    said = {"connector": connector}
    messages = [
        envelope("u", 2, 1, source=later | said, **old | {"crew_name": "new"}),
        envelope("u", 1, 1, source=former | said, **old),
    ]
    assert rows(read.decode_messages(messages)) == {'["1"]': ("C-1", "new", "", "available")}


def spoiled(value: str, key: str | None = '{"id": 1}') -> FeedMessage:
    said = value.replace("SOURCE", '"source":{"connector":"postgresql","lsn":1}')
    return FeedMessage("t:0:1", key and key.encode(), said.encode())


def crew(**changed: Any) -> FeedMessage:
    return envelope("c", 1, 1, **{"crew_no": "C", "crew_name": "x", "st": "A"} | changed)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (spoiled("{"), "no JSON"),
        (spoiled('{"op":"c","after":{},SOURCE}', "{"), "its key is no JSON"),
        (spoiled('{"id": 1}'), "is its format flat"),
        (spoiled('{"op":"c","after":{"a":1},SOURCE}', None), "it has no key"),
        (spoiled('{"op":"c","after":{"a":1},SOURCE}', '{"id": null}'), "its key has no id"),
        (spoiled('{"op":"c","after":null,SOURCE}'), "without the row after it"),
        (crew(source={"connector": "db2"}), "nothing is known of the order of db2"),
        (crew(source={"connector": "postgresql"}), "no order can be told"),
        (envelope("z", 1, 1), "none of c, r, u, d and t"),
        (crew(crew_no=None), "mrid is missing"),
        (crew(crew_no="C" * 200), "has not 1 to 128 letters"),
        (crew(crew_no="C\0"), "not allowed"),
        (crew(lon="east"), "is no number"),
        (crew(lon=999), "is not between -180 and 180"),
        (crew(crew_name={"a": 1}), "is no text"),
        (crew(crew_name=UNAVAILABLE), "set REPLICA IDENTITY FULL"),
        (crew(crew_name="x" * 1_100_000), "it is larger than"),
    ],
)
def test_a_message_that_cannot_be_used_says_why_and_holds_nothing_up(
    tmp_path: Path, message: FeedMessage, reason: str
) -> None:
    good = envelope("c", 7, 9, crew_no="C-9", crew_name="Nine", st="A")
    decoded = decoder(tmp_path, CREWS).decode_messages([message, good])
    (letter,) = decoded.letters
    assert reason in letter.reason
    assert letter.place == message.place
    assert (message.value or b"").startswith(letter.value or b"-")
    assert list(rows(decoded)) == ['["9"]']


def test_columns_that_the_map_does_not_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    messages = [
        envelope("c", n, n, crew_no=f"C-{n}", crew_name="x", st="A", radio="7") for n in (1, 2)
    ]
    ignored = decoder(tmp_path, CREWS).decode_messages(messages)
    assert [change.own for change in ignored.changes[0].changes] == [None, None]  # type: ignore[union-attr]
    assert len(caplog.records) == 1
    assert "column radio" in caplog.text
    kept = decoder(tmp_path, CREWS, 'unknown = "keep"').decode_messages(messages)
    assert [change.own for change in kept.changes[0].changes] == ['{"radio":"7"}'] * 2  # type: ignore[union-attr]
    refused = decoder(tmp_path, CREWS, 'unknown = "refuse"').decode_messages(messages)
    assert not refused.changes
    assert [each.reason for each in refused.letters] == [
        "columns that the map does not name: radio"
    ] * 2
    named = decoder(tmp_path, CREWS, 'unknown = "refuse"\nignore = ["radio"]')
    assert len(rows(named.decode_messages(messages))) == 2


def test_a_large_value_that_did_not_change_is_not_taken_for_one(tmp_path: Path) -> None:
    read = decoder(tmp_path, CREWS)
    whole = envelope("c", 1, 1, crew_no="C-1", crew_name="x", st="A", car="long")
    left = envelope("u", 2, 1, crew_no="C-1", crew_name="x", st="W", car=UNAVAILABLE)
    (change,) = read.decode_messages([left]).changes[0].changes  # type: ignore[misc]
    assert change.unchanged == ("vehicle",)
    (both,) = read.decode_messages([whole, left]).changes[0].changes  # type: ignore[misc]
    assert (both.row[:5], both.unchanged) == (("C-1", "x", "", "on_site", "long"), ())


def test_flat_rows_say_in_a_column_what_became_of_them(tmp_path: Path) -> None:
    more = ('format = "flat"', 'key = ["id"]', 'order = ["seq"]', 'operation = "op"')
    read = decoder(tmp_path, CREWS, "\n".join((*more, 'operations = { Z = "delete" }')))
    row = {"crew_no": "C-1", "crew_name": "One", "st": "A"}
    decoded = read.decode_messages(
        [
            flat(1, id=1, op="I", seq="9", **row),
            flat(2, id=1, op="B", seq="10", **row),  # a before image
            flat(3, id=2, op="L", seq="9", **row | {"crew_no": "C-2"}),
            flat(4, id=2, op="Z", seq="11"),
            flat(5, id=2, op="U", seq="10", **row),
            flat(6, id=3, op="?", seq="1", **row),
            flat(7, key={"id": 1}),  # a tombstone says no order: the deletion itself does
        ]
    )
    assert rows(decoded) == {'["1"]': ("C-1", "One", "", "available"), '["2"]': None}
    assert [each.reason for each in decoded.letters] == [
        "op '?' is no operation: say in operations what it is"
    ]


def test_a_compacted_topic_is_ordered_by_its_offsets(tmp_path: Path) -> None:
    read = decoder(tmp_path, CREWS, 'format = "flat"\norder = ["@offset"]')
    row = {"crew_no": "C-1", "crew_name": "One", "st": "A"}
    decoded = read.decode_messages([flat(1, {"id": 1}, **row), flat(2, {"id": 1})])
    assert rows(decoded) == {'["1"]': None}


def test_entities_of_odata_in_all_its_versions(tmp_path: Path) -> None:
    read = decoder(tmp_path, ORDERS)
    base = {"Plant": "P1", "Stat": "REL", "Created": "20260701", "Start": "2026-07-01T08:00:00"}

    def entity(row: int, **values: Any) -> FeedMessage:
        return FeedMessage(f"d.json:{row}", None, json.dumps(values).encode(), ("d.json", row))

    decoded = read.decode_messages(
        [
            entity(0, Order="1", **base),
            entity(1, Order=2, **base | {"Start": "/Date(1782910800000)/"}),
            entity(2, Order="3", **base),
            entity(3, **{"@removed": {"reason": "deleted"}, "@id": "Orders(Plant='P1',Order='1')"}),
            entity(4, **{"@odata.context": "$metadata#Orders/$deletedEntity",
                         "id": "https://sap.example/Orders(Plant='P1',Order=2)"}),
            entity(5, **{"@removed": {}, "Plant": "P1", "Order": "3"}),
            entity(6, Order="4", **base | {"__metadata": {"uri": "x"}}),
            entity(7, **{"@removed": {}}),
        ]
    )  # fmt: skip
    table = read.feed.table
    changes = {change.key: change for change in decoded.changes[0].changes}  # type: ignore[union-attr]
    assert [key for key, change in changes.items() if change.row is None] == [
        '["P1","1"]', '["P1","2"]', '["P1","3"]',
    ]  # fmt: skip
    kept = dict(zip(table.names, changes['["P1","4"]'].row, strict=True))
    assert kept["work_order"] == "P1/4"
    assert kept["created_at"] == "2026-07-01T05:00:00.000000+00:00"
    assert kept["planned_start"] == "2026-07-01T13:00:00.000000+00:00"
    assert [each.reason for each in decoded.letters] == ["its key has no Plant, Order"]


def test_of_two_rows_that_claim_one_key_the_later_has_it(tmp_path: Path) -> None:
    read = decoder(tmp_path, CREWS)
    row = {"crew_no": "C-1", "crew_name": "One", "st": "A"}
    decoded = read.decode_messages(
        [envelope("c", 5, 1, **row), envelope("c", 4, 2, **row), envelope("c", 6, 3, **row)]
    )
    assert list(rows(decoded)) == ['["3"]']
    assert sorted(each.place for each in decoded.letters) == ["t:0:4", "t:0:5"]


def test_positions_sort_as_the_changes_follow() -> None:
    rising = [
        [0], [9], [10], ["0000099"], [100.0], [100.5], [101], ["12345678901234567890123"],
    ]  # fmt: skip
    texts = [encode_position(["n"], each) for each in rising]
    assert texts == sorted(texts)
    times = [
        "2026-07-01T12:00:00Z", "2026-07-01T12:00:00.5Z", "2026-07-01T08:00:01-04:00",
        "2026-07-01 12:00:02+00:00",
    ]  # fmt: skip
    texts = [encode_position(["t"], [each]) for each in times]
    assert texts == sorted(texts)
    parts = [["a", 2], ["a", 10], ["ab", 1], ["b", 0]]
    texts = [encode_position(["x", "y"], each) for each in parts]
    assert texts == sorted(texts)
    for wrong in (None, True, -1, float("nan"), "", "a\0", [], "2026-99-99T00:00", FIRST):
        assert isinstance(encode_position(["n"], [wrong]), Reason)

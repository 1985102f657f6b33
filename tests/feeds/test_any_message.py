"""Whatever a message holds, it is written or set apart with its reason, and stops nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.live.feed_following import FeedFollower
from gridtwin.model.feed_tables import FEED_TABLES, FeedTable
from gridtwin.store.protocol import Store
from gridtwin.stream.feeds.feed_map_file import read_feed_map
from gridtwin.stream.feeds.source_change import FeedMessage
from gridtwin.stream.feeds.topic_source import Arrived
from networks import two_feeders_with_a_tie

TABLES = [table for table in FEED_TABLES.values() if not table.is_series]
WORDS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40),
    st.sampled_from(["", "\0", "x" * 3000, "\ud800", "1e999", "2026-07-01T12:00:00Z", "BKR1",
                     "9999-12-31T00:00:00Z", "0001-01-01T00:00:00+14:00", "switch_status", "all",
                     "good", 2**63, -(2**70), 1e308, "released", "person", "available"]),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip
KEYS = st.one_of(st.none(), st.binary(max_size=20), st.just(b'{"id": 1}'))


def write_map(path: Path) -> Path:
    """Write a map in which each table is fed by the columns of its own names."""
    parts = []
    for table in TABLES:
        columns = "\n".join(f'{name} = "{name}"' for name in table.names)
        parts.append(
            f'[{table.name}]\ntopic = "{table.name}"\nformat = "flat"\ntarget = "{table.name}"\n'
            f'unknown = "keep"\nkey = ["id"]\norder = ["@offset"]\noperation = "op"\n'
            f"[{table.name}.columns]\n{columns}\n"
        )
    crews = {name: name for name in FEED_TABLES["crews"].names}
    columns = "\n".join(f'{name} = "{name}"' for name in crews)
    said = 'topic = "{0}"\nformat = "{0}"\ntarget = "crews"\nkey = ["id"]'
    for form, order in (("debezium", ""), ("odata", 'order = ["seq", "@row"]')):
        parts.append(f"[{form}]\n{said.format(form)}\n{order}\n[{form}.columns]\n{columns}\n")
    path.write_text("\n".join(parts))
    return path


CREW = {"id": 1, "mrid": "C-1", "name": "x", "status": "available", "seq": 1}
MARKS = ["op", "source", "after", "before", "@removed", "@id", "@odata.context", "seq", "id"]


def envelopes() -> st.SearchStrategy[bytes]:
    """Return envelopes of Debezium and entities of OData with any values in their places."""
    whole = {**CREW, "op": "u", "after": CREW, "source": {"connector": "postgresql", "lsn": 7}}
    sources = st.dictionaries(
        st.sampled_from(["connector", "lsn", "scn", "commit_scn"]),
        st.one_of(WORDS, st.sampled_from(["oracle", "postgresql", 9])), max_size=3,
    )  # fmt: skip
    ids = st.sampled_from(["Crews('1')", "Crews(" + "'" * 5000, "x/Crews(id=1)", "Crews()"])
    changed = st.dictionaries(st.sampled_from(MARKS), st.one_of(WORDS, sources, ids), max_size=3)
    wrapped = changed.map(lambda each: {"schema": None, "payload": {**whole, **each}})
    plain = changed.map(lambda each: {**whole, **each})
    return st.one_of(plain, wrapped).map(lambda each: json.dumps(each).encode())


def rows_of(table: FeedTable) -> st.SearchStrategy[bytes]:
    """Return rows with any values, some of them with those that the contract takes."""
    samples = {"text": "x", "number": 1.5, "whole": 3, "time": "2026-07-01T12:00:00Z"}
    good = {
        each.name: each.choices[0] if each.choices else "A" if each.pattern else samples[each.kind]
        for each in table.columns
    }
    changed = st.dictionaries(st.sampled_from([*table.names, "op", "id", "more"]), WORDS)
    made = changed.map(lambda each: {"id": 1, "op": "u", **good, **each})
    texts = made.map(lambda each: json.dumps(each).encode())
    return st.one_of(texts, texts, st.binary(max_size=40), st.just(b"[]"))


@pytest.fixture(scope="module")
def store() -> Store:
    return gridtwin.open(two_feeders_with_a_tie()).store


@given(data=st.data())
@settings(max_examples=scale_examples(200), deadline=None)
def test_no_message_stops_a_feed(
    store: Store, tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    follower = FeedFollower(store, read_feed_map(path if path.exists() else write_map(path)))
    table = data.draw(st.sampled_from(TABLES)) if data.draw(st.booleans()) else None
    topic = table.name if table else data.draw(st.sampled_from(["debezium", "odata"]))
    made = rows_of(table) if table else envelopes()
    values = data.draw(st.lists(st.tuples(KEYS, made), min_size=1, max_size=6))
    start = follower.find_starts().get(f"{topic}:0", 0)
    messages = [
        FeedMessage(f"{topic}:0:{at}", key, value, (f"{topic}:0", at))
        for at, (key, value) in enumerate(values, start)
    ]
    end = start + len(messages)
    follower.take([Arrived(topic, f"{topic}:0", messages, end)])
    assert follower.find_starts()[f"{topic}:0"] == end

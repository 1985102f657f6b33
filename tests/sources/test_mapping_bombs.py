"""What an expression may take is limited: time, memory and rows, whatever somebody sends."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from gridtwin.errors import SourceError
from gridtwin.sources.mapping import mapping_reader
from gridtwin.sources.mapping.mapping_sql import ExpressionRunner
from gridtwin.sources.mapping.query_client import QueryClient, QueryError, QueryLimits
from mapped_sources import COLUMNS, read_street

LIMITS = QueryLimits(seconds=4, memory_mib=256, result_mib=64)
ROWS = 3_000
BOMBS = [  # one that takes time, one that takes memory, one that heeds no interrupt
    "(select count(*) from generate_series(1, 100000000000))",
    "repeat('x', 2000000000)",
    "list_reduce(range(20000000), (x, y) -> x + y)",
]
MORE_BOMBS = [
    "list_sum(range(10000000000))",
    "len(range(200000000))",
    "(with recursive t(i) as (select 1 union all select i + 1 from t) select max(i) from t)",
    "regexp_matches('a', '((a{100}){100}){100}')",
    "lpad('x', 2000000000, 'y')",
    "printf('%1000000000d', 1)",
    "list_sum(list_transform(range(30000000), x -> length(repeat('ab', 50))))",
    "levenshtein(repeat('ab', 200000), repeat('ba', 200000))",
    "array_to_string(range(100000000), ',')",
    "list_sort(range(50000000))",
    "(select count(*) from range(1000000) p, range(1000000) q)",
    "replace(replace(replace(repeat('a', 1000), 'a', repeat('a', 1000)), 'a', repeat('a', 1000)),"
    " 'a', repeat('a', 1000))",
    "repeat('x', 100000)",  # the result
]
FORBIDDEN = [
    "getenv('PATH')",
    "(select count(*) from read_text('/etc/hostname'))",
    "(select count(*) from read_blob('/etc/hostname'))",
    "(select count(*) from read_parquet('/etc/hostname'))",
    "(select count(*) from parquet_metadata('/etc/hostname'))",
    "(from query('copy rows_own to ''/tmp/x'''))",
    "nextval('x')",
    "error('x')",
]


@pytest.fixture(autouse=True)
def _query_process() -> None:
    """Begin a process for each client: its limits are what is tried here."""


@pytest.fixture(scope="module")
def client() -> Iterator[QueryClient]:
    client = QueryClient([], LIMITS)
    client.hold_tables({"rows_own": pa.table({"a": list(range(ROWS))})})
    yield client
    client.close()


def select(client: QueryClient, expression: str) -> pa.Table:
    query = f"select ({expression}) as x from rows_own limit {ROWS + 1}"  # noqa: S608
    return client.select_rows(query, {})


@pytest.mark.parametrize(
    "expression",
    [*BOMBS, *FORBIDDEN, *(pytest.param(bomb, marks=pytest.mark.long) for bomb in MORE_BOMBS)],
)
def test_query_that_takes_too_much_is_stopped(client: QueryClient, expression: str) -> None:
    with pytest.raises(QueryError, match=r"."):
        select(client, expression)
    assert select(client, "a + 1").column("x")[0].as_py() == 1  # the next one is answered


def test_process_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cr3t")
    client = QueryClient([], LIMITS)
    try:
        client.hold_tables({"rows_own": pa.table({"a": [1]})})
        process = client._process
        assert process is not None
        environment = Path(f"/proc/{process.pid}/environ")
        if environment.exists():  # Linux tells
            assert b"s3cr3t" not in environment.read_bytes()
    finally:
        client.close()
    assert process.poll() is not None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("list_sum(range(4000000000))", "memory|longer|larger"),
        ("unnest(range(5))", "several rows of one"),
        ("(select count(*) from range(1000000) p, range(1000000) q)", "longer than"),
    ],
)
def test_error_names_block_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expression: str, reason: str
) -> None:
    limited = partial(ExpressionRunner, limits=LIMITS)
    monkeypatch.setattr(mapping_reader, "ExpressionRunner", limited)
    mapping = COLUMNS.replace('phases = "PHASES"', f'phases = "PHASES"\nname = "{expression}"')
    told = rf"utility\.toml: \[\[layer\]\] 1 \(LINES\), name: .*({reason})"
    with pytest.raises(SourceError, match=re.compile(told, re.DOTALL)):
        read_street(tmp_path, None, mapping)


@pytest.mark.long
def test_any_expression_is_answered_or_refused(client: QueryClient) -> None:
    rng = random.Random(11)
    parts = [
        "a",
        "1",
        "'x'",
        "null",
        *BOMBS,
        *MORE_BOMBS,
        *FORBIDDEN,
        "rows_own",
        "*",
        "$layer",
        "(",
        ")",
        ";",
    ]
    joints = [" + ", " || ", ", ", " and ", "::text || ", " over () + ", " -- ", "; drop table "]
    answered = 0
    for _ in range(60):
        text = rng.choice(parts)
        for _ in range(rng.randrange(3)):
            text += rng.choice(joints) + rng.choice(parts)
        try:
            table = select(client, text)
        except QueryError:
            continue
        answered += 1
        assert table.num_rows <= ROWS + 1
    assert answered
    assert select(client, "a").num_rows == ROWS

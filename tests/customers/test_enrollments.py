"""Retailers' transactions and complaints come as flat tables, by the maps that are shipped."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gridtwin.cli.root_commands import app
from gridtwin.customers.customer_map import CustomerMap, list_shipped_maps, read_customer_map
from gridtwin.customers.customer_table import read_customer_table
from gridtwin.customers.enrollment_folding import fold_enrollments, split_customer_name
from gridtwin.errors import InputError, SourceError
from gridtwin.model.customers import ENROLLMENT_COLUMNS, LONGEST_CUSTOMER_TEXT
from gridtwin.twin import open_twin

TRANSACTIONS = """\
Transaction,ESIID,Effective Date,REP Name,REP Account,Customer Name,Phone,Service Address,ZIP
814_16,104437,20250301,Bright,B1,"WINWARD, MARGARET",7132345678,12 Oak St,77002
814_01,104437,20250901,Clear,C7,,,,
814_05,104437,20250901,Clear,,,,,
814_PC,104437,20251001,Clear,,"WINWARD-HOLT, MARGARET",7135550177,,
814_24,104437,20251115,Clear,,,,,
814_16,104437,20251120,Bright,B2,BLUE DOOR BAKERY LLC,2815550100,12 Oak St,77002
814_24,999999,20251115,Clear,,,,,
"""
USAGE = """\
ESIID|Meter Number|Service Period Start|Service Period End|kWh|KW|Read Type
104437|M-1|20250301|20250401|812.5||A
104437|M-1|20250401|20250501|-3|4.2|E
"""


def fold(*rows: dict[str, str], held: list[dict[str, str]] | None = None) -> pd.DataFrame:
    """Return what transactions come to, by the day on which each record begins."""
    frame = pd.DataFrame(rows).reindex(columns=list(ENROLLMENT_COLUMNS)).fillna("")
    return fold_enrollments(frame, held or [], "edi").records.set_index("valid_from")


def test_transactions_become_accounts_with_their_time(tmp_path: Path, small_home: Path) -> None:
    """Two retailers of one customer, then another customer; what changes nothing is told."""
    target = str(copytree(small_home, tmp_path / "small.twin"))
    file = tmp_path / "transactions.csv"
    file.write_text(TRANSACTIONS)
    asked = ["customers", "load", str(file), "--map", "edi-814", "--in", target]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert result.stdout == "3 records\n"
    assert "move_out of 999999" in result.stderr
    book = open_twin(target).store.customers
    first, second, third = book.list_source_records("edi", ["104437"])
    assert (first["valid_from"], first["valid_to"], first["retailer"]) == (
        "2025-03-01", "2025-09-01", "Bright"
    )  # fmt: skip
    assert (second["valid_from"], second["valid_to"], second["account"]) == (
        "2025-09-01", "2025-11-15", "C7"
    )  # fmt: skip
    assert (first["surname"], second["surname"]) == ("WINWARD", "WINWARD-HOLT")
    assert (second["address"], second["phone"]) == ("12 Oak St", "7135550177")
    assert (third["organization"], third["valid_to"]) == ("BLUE DOOR BAKERY LLC", "")
    again = CliRunner().invoke(app, asked)
    assert again.stdout == "0 records\n"
    assert book.list_source_records("edi", ["104437"]) == [first, second, third]


def test_a_cancelled_move_in_lets_who_was_there_stay() -> None:
    move_in = {"action": "move_in", "esi_id": "1", "customer_name": "Ann Abel"}
    came = fold(move_in | {"effective_date": "2025-01-01"})
    held = came.reset_index().to_dict("records")
    other = {"action": "move_in", "esi_id": "1", "effective_date": "2025-06-01"}
    cancel = other | {"action": "cancel"}
    moved = fold(other, held=held).reset_index().to_dict("records")
    undone = fold(cancel, held=moved)
    assert undone.loc["2025-01-01", "valid_to"] == ""
    assert undone.loc["2025-06-01", "valid_to"] == "2025-06-01"  # on no day
    left = {"action": "move_out", "esi_id": "1", "effective_date": "2025-06-01"}
    gone = fold(left, other, cancel, held=held)
    assert gone.loc["2025-01-01", "valid_to"] == "2025-06-01"


def fold_one_by_one(files: list[list[dict[str, str]]]) -> dict[str, str]:
    """Return when each account ends, by when it begins, after one file after the other."""
    kept: dict[str, dict[str, str]] = {}
    for rows in files:
        made = fold(*rows, held=list(kept.values())).reset_index().to_dict("records")
        kept |= {each["record"]: each for each in made}
    return {each["valid_from"]: each["valid_to"] for each in kept.values()}


@given(
    st.lists(
        st.tuples(st.sampled_from(["move_in", "switch", "move_out"]), st.integers(1, 28)),
        min_size=1,
        max_size=8,
        unique_by=lambda each: each[1],
    ),
)
def test_accounts_do_not_depend_on_how_files_are_cut(drawn: list[tuple[str, int]]) -> None:
    """No two hold on one day, whatever comes first; files cut in order come to the same."""
    rows = [
        {"action": action, "esi_id": "1", "effective_date": f"2025-01-{day:02}"}
        for action, day in drawn
    ]
    whole = fold_one_by_one([rows])
    as_drawn = fold_one_by_one([[row] for row in rows])
    in_order = sorted(rows, key=lambda each: each["effective_date"])
    for accounts in (whole, as_drawn):
        spans = sorted((first, last or "9999") for first, last in accounts.items())
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        assert all(first < last for first, last in spans)
    assert fold_one_by_one([[row] for row in in_order]) == whole


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("WINWARD, MARGARET", "", ("MARGARET", "WINWARD", "")),
        ("Margaret Ann Winward", "", ("Margaret Ann", "Winward", "")),
        ("Halvorsen Bakery, L.L.C.", "", ("", "", "Halvorsen Bakery, L.L.C.")),
        ("Church of the Open Door", "", ("", "", "Church of the Open Door")),
        ("Halvorsen Bakery", "organization", ("", "", "Halvorsen Bakery")),
        ("Cher", "person", ("", "Cher", "")),
    ],
)
def test_names_in_one_text_are_split(name: str, kind: str, expected: tuple[str, ...]) -> None:
    found = split_customer_name(name, kind)
    assert tuple(found.get(each, "") for each in ("given_name", "surname", "organization")) == (
        expected
    )


def test_billed_usage_is_kept_by_meter_and_period(tmp_path: Path, small_home: Path) -> None:
    file = tmp_path / "usage.txt"
    file.write_text(USAGE)
    layout = tmp_path / "usage.toml"
    layout.write_text('table = "usage"\ndelimiter = "|"\n[defaults]\nsource = "x"\n' + _columns())
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    frame = read_customer_table(file, read_customer_map(layout))
    assert twin.customers.loading.load_usage(frame).lost == ()
    assert twin.customers.loading.load_usage(frame.assign(kwh="7")).rows == 2
    _, late, early = twin.store.customers.list_usage(["104437"])
    assert (late["period_start"], late["kwh"], late["demand_kw"]) == ("2025-04-01", 7.0, 4.2)
    assert (early["kwh"], early["demand_kw"], early["reading"]) == (7.0, None, "actual")


def _columns() -> str:
    """Return what the shipped map says below its defaults."""
    shipped = read_customer_map("edi-867")
    columns = "\n".join(f"{name} = {list(each)}" for name, each in shipped.columns.items())
    words = "\n".join(f'{word} = "{each}"' for word, each in shipped.values["reading"].items())
    return f"[columns]\n{columns}\n[values.reading]\n{words}\n"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("edi-814", "esiid,date\n1,20250101\n", r"no column action \(transaction, "),
        (
            "edi-814",
            "transaction,esiid,date\n814_16,1,20250101\n814_99,1,20250101\n",
            r"row 1: action: '814_99' is none of .*\[values\.action\]",
        ),
        (
            "edi-814",
            "transaction,esiid,date\n814_16,1,20251301\n",
            r"row 0 \(1\): effective_date '2025-13-01' is no date",
        ),
        ("edi-814", "transaction,esiid,date\n814_16,,20250101\n", "row 0: move_in of no service"),
        (
            "edi-867",
            "esiid,start_date,end_date,kwh\n1,20250101,20250201,many\n",
            r"usage row 0 \(1\): kwh 'many' is no number",
        ),
        (
            "edi-867",
            "esiid,start_date,end_date,kwh\n1,20250201,20250101,7\n",
            "usage row 0 .* ends before it begins",
        ),
        ("call-center", "ticket,received\nT1,yesterday\n", "row 0: received_at: 'yesterday' is no"),
        ("call-center", "ticket,received\nT1,2026-07-01T12:00\n", "names no time zone"),
        (
            "call-center",
            "ticket,received,account\nT1,2026-07-01T12:00Z,\n",
            r"complaint row 0 \(T1\): of nobody",
        ),
        (
            "call-center",
            f"ticket,received\n{'x' * (LONGEST_CUSTOMER_TEXT + 1)},2026-07-01T12:00Z\n",
            "row 0: complaint has 501 characters",
        ),
        ("call-center", "ticket,received\nT\x01,2026-07-01T12:00Z\n", "control characters"),
    ],
)
def test_what_cannot_be_is_refused_with_file_row_and_reason(
    small_home: Path, tmp_path: Path, name: str, text: str, reason: str
) -> None:
    file = tmp_path / "given.csv"
    file.write_text(text)
    asked = ["customers", "load", str(file), "--map", name, "--in", str(small_home)]
    result = CliRunner().invoke(app, asked)
    assert isinstance(result.exception, InputError)
    with pytest.raises(InputError, match=reason) as error:
        raise result.exception
    assert str(file) in str(error.value)
    book = open_twin(small_home).store.customers
    assert (book.list_usage(["1"]), book.count_records()) == ([], {"cis": 2, "crm": 3})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("table = 7", "is no text"),
        ("", "it names no table"),
        ('table = "nothing"', "there is no table 'nothing'"),
        ('table = "usage"\n[columns]\nnothing = "x"', "usage have no column 'nothing'"),
        ('table = "usage"\nnothing = 1', "a map has no key 'nothing'"),
        ('table = "usage"\ntimezone = "Mars/North"', "timezone 'Mars/North' is none"),
        ('table = "usage"\ndelimiter = "||"', "give one character"),
        ("table = ", "Invalid value"),
    ],
)
def test_a_map_that_says_what_cannot_be_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(text)
    with pytest.raises(SourceError, match=reason) as error:
        read_customer_map(file)
    assert str(file) in str(error.value)


def test_every_shipped_map_is_one() -> None:
    maps = {name: read_customer_map(name).table for name in list_shipped_maps()}
    assert maps == {
        "call-center": "complaints", "edi-814": "enrollments", "edi-867": "usage"
    }  # fmt: skip
    with pytest.raises(SourceError, match="edi-814"):
        read_customer_map("edi-999")


def test_a_column_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text("record,mail\ncis:1,m@home.example\n")
    layout = CustomerMap("records", {"email": ("e-mail",)}, asked=frozenset({"email"}))
    with pytest.raises(SourceError, match="no column email"):
        read_customer_table(file, layout)
    found = read_customer_table(file, CustomerMap("records", {"email": ("mail",)}))
    assert found["email"].tolist() == ["m@home.example"]

"""Customers are kept alike in every store, asked, decided on, and erased."""

from __future__ import annotations

import json
import sqlite3
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.customers.simulation.customer_files import describe_points
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.customers import DesignationKind
from gridtwin.results.customer_masking import Viewer
from gridtwin.store.twin_backup import restore_backup, write_backup
from gridtwin.twin import Twin, open_twin
from small_customers import RECORDS, save_customers

from .conftest import fill_customers

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLERK = Viewer("clerk", may_see_personal_data=True)
ANALYST = Viewer("analyst")
KEPT_SECRETS = ("given_name", "surname", "organization", "birth_date", "phone", "email", "address")


@pytest.fixture(
    params=[
        "local",
        *(pytest.param(each, marks=pytest.mark.long) for each in ("memory", "postgis")),
    ]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path, town: Any, kept_town: Path) -> Twin:
    """Return a twin whose customers are loaded and matched, wherever it is kept."""
    if request.param == "local":
        return open_twin(copytree(kept_town, tmp_path / "town.twin"))
    twin = gridtwin.open(town.network)
    if request.param == "postgis":
        twin = twin.save(str(request.getfixturevalue("database")))
    fill_customers(twin, town)
    return twin


def make_outage(twin: Twin, hours: float = 3.0) -> tuple[str, list[str]]:
    """Open an outage of the first accounts; return its id and who is out."""
    points = [str(each) for each in twin.network.usage_points.mrid[:40]]
    began = datetime.now(UTC) - timedelta(hours=hours)
    outage = twin.outages.open("", usage_points=points, at=began, cause="tree")
    return outage.id, points


def test_a_card_says_what_a_customer_went_through(twin: Twin, town: Any) -> None:
    accounts, homes = town.made.accounts.head(300), town.made.world.premises
    outage, points = make_outage(twin)
    esi = dict(zip(homes["usage_point"], homes["esi_id"], strict=True))
    known = set(accounts["esi_id"])
    mine = next(esi[each] for each in points if esi[each] in known)
    card = twin.customers.read_card(mine, CLERK)
    assert card.out_now >= 1
    assert {each.outage.outage for each in card.outages} == {outage}
    assert card.outages[0].minutes == pytest.approx(180, abs=2)
    twin.outages.restore(outage)
    later = twin.customers.read_card(mine, CLERK)
    assert later.out_now == 0
    assert later.outages[0].outage.restored_at is not None
    before = datetime.now(UTC) - timedelta(hours=1)
    assert twin.customers.read_card(mine, CLERK, since=before).outages == []
    assert twin.customers.privacy.list_lookups()[0][1:3] == ("clerk", "card")
    with pytest.raises(NotFoundError, match="nobody"):
        twin.customers.read_card("nobody", CLERK)


def test_who_may_not_see_names_sees_none(twin: Twin, town: Any) -> None:
    """Nothing that a record says of a person stands in any answer."""
    customers = twin.customers
    make_outage(twin)
    mask = customers.privacy.make_mask(ANALYST)
    record = town.made.accounts["record"].iloc[5]
    told = json.dumps(
        [
            customers.read_card(record, ANALYST).document(mask),
            customers.search("record", record, ANALYST),
            [each.describe() for each in customers.list_review(ANALYST, limit=200)],
            [each.describe() for each in customers.explain_record(record, ANALYST)],
            [
                each.describe(mask)
                for each in customers.service.list_affected(
                    town.made.world.premises["usage_point"][:50].tolist(), ANALYST
                ).accounts
            ],
            customers.service.count_outages_by("party").to_dict("list"),
        ],
        default=str,
    )
    rows = pd.concat([town.made.accounts.head(300), town.made.portal.head(400)])
    words = {each for name in KEPT_SECRETS for each in rows[name] if len(each) > 5}
    assert [each for each in words if f'"{each}"' in told] == []
    assert "Fairmont" in told
    for by in ("name", "phone", "email", "address"):
        with pytest.raises(InputError, match="may not search by"):
            customers.search(by, "Smith", ANALYST)
    assert customers.privacy.list_lookups() == []


def test_customers_are_found_by_what_they_say(twin: Twin, town: Any) -> None:
    row = town.made.accounts.head(300).query("phone != '' and kind == 'person'").iloc[0]
    name = row["surname"].split()[0]
    for by, text in (
        ("name", name.lower()), ("phone", row["phone"]), ("address", row["address"]),
        ("account", row["account"]), ("esi_id", row["esi_id"]),
    ):  # fmt: skip
        found = twin.customers.search(by, text, CLERK, limit=200)
        assert row["record"] in {each["record"] for each in found}, by
    with pytest.raises(InputError, match="nothing to look for"):
        twin.customers.search("phone", "none", CLERK)


def test_decisions_move_records_and_can_be_undone(twin: Twin) -> None:
    customers = twin.customers
    parties = twin.store.customers.read_parties()
    sizes = pd.Series(parties).value_counts()
    big, other = sizes.index[0], sizes.index[1]
    left = min(each for each, party in parties.items() if party == big)
    right = min(each for each, party in parties.items() if party == other)
    customers.matching.decide(left, right, same=True, actor="tests")
    assert customers.find_party(left) == customers.find_party(right)
    (merge,) = customers.list_changes()
    assert (merge.change, len(merge.records)) == ("merge", sizes.iloc[1])
    customers.matching.undo_change(merge.id, actor="tests")
    assert customers.find_party(left) != customers.find_party(right)
    assert customers.list_changes()[0].change == "undo"
    again = customers.matching.match(retrain=False)
    assert again.parties == len(sizes)
    assert twin.store.customers.read_parties()[left] != twin.store.customers.read_parties()[right]


def test_new_records_join_without_matching_all_again(twin: Twin, town: Any) -> None:
    before = twin.store.customers.read_parties()
    fresh = town.made.portal.iloc[400:460]
    summary = twin.customers.matching.match_new(fresh, actor="tests")
    assert summary.records < len(before) / 2
    after = twin.store.customers.read_parties()
    truth = town.made.truth.set_index("record")["party"]
    old = {truth[each]: party for each, party in before.items() if each.startswith("cis")}
    joined = [after[each] == old[truth[each]] for each in fresh["record"] if truth[each] in old]
    assert sum(joined) >= 0.8 * len(joined) > 5
    assert set(fresh["record"]) <= set(after)


def test_a_new_record_moves_whole_parties(tmp_path: Path, small_home: Path) -> None:
    """Who is together stays so where one of them alone has something in common with the new."""
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    matching, book = twin.customers.matching, twin.store.customers
    matching.decide("crm:1", "crm:3", same=True)  # who has nothing in common with what is new
    party = book.read_parties()["cis:1"]
    fresh = pd.DataFrame([RECORDS[1] | {"record": "rep:1", "source": "rep"}])
    assert matching.match_new(fresh).links["matched"] == 2
    placed = book.read_parties()
    assert {placed[each] for each in ("cis:1", "crm:1", "crm:3", "rep:1")} == {party}
    moved = fresh.assign(
        given_name="Zeno", surname="Abel", phone="281-555-1234", email="", address="7 Elm St"
    )
    matching.match_new(moved)
    placed = book.read_parties()
    assert {placed[each] for each in ("cis:1", "crm:1", "crm:3")} == {party} != {placed["rep:1"]}
    assert book.list_links("rep:1") == []  # of what the record said before, nothing is left


def test_what_people_decide_outlives_a_date_of_birth(tmp_path: Path, small_home: Path) -> None:
    """Two dates of birth keep records apart, but not where somebody said that they are one."""
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    matching, book = twin.customers.matching, twin.store.customers
    born = pd.DataFrame(RECORDS).assign(source="cis", birth_date="")
    born.loc[born["record"] == "cis:2", "birth_date"] = "1950-11-30"
    born.loc[born["record"] == "cis:1", "birth_date"] = "1987-02-14"
    twin.customers.loading.load_records(born)
    matching.decide("cis:1", "cis:2", same=True)
    matching.match(retrain=False)
    assert book.read_parties()["cis:1"] == book.read_parties()["cis:2"]
    fresh = pd.DataFrame([RECORDS[1] | {"record": "rep:1", "source": "rep"}])
    matching.match_new(fresh)
    assert book.read_parties()["cis:1"] == book.read_parties()["cis:2"]


def test_decisions_say_how_often_the_model_was_right(tmp_path: Path, small_home: Path) -> None:
    """By what it had decided, whatever people decide later, and after all is matched again."""
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    matching, book = twin.customers.matching, twin.store.customers
    decided = {
        link.decision: link[:2] for record in ("cis:1", "crm:2") for link in book.list_links(record)
    }
    matching.decide(*decided["matched"], same=True)
    matching.decide(*decided["household"], same=True)
    matching.decide(*decided["household"], same=False)
    matching.match(retrain=False)
    shares = {name: each[::3] for name, each in matching.measure_labels().items()}
    assert shares == {"matched": (1.0, 1), "household": (0.0, 1)}


def test_erasing_a_former_tenant_leaves_the_next_one(tmp_path: Path, small_home: Path) -> None:
    """What is kept of a place goes with who held it then; who lives there keeps theirs."""
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    customers, book = twin.customers, twin.store.customers
    tenant = {"source": "cis", "esi_id": "104437", "surname": "Abelard", "record": "cis:9"}
    times = {"account": "A9", "valid_from": "2010-01-01", "valid_to": "2015-01-01"}
    customers.loading.load_records(pd.DataFrame([tenant | times]))
    usage = {"esi_id": "104437", "meter": "M-1", "kwh": "5", "reading": "actual"}
    old = usage | {"period_start": "2014-12-01", "period_end": "2015-01-01"}
    customers.loading.load_usage(pd.DataFrame([old]))
    former = customers.find_party("cis:9")
    assert [row["kwh"] for row in customers.read_card("A9", CLERK, since=LONG_AGO).usage] == [5.0]
    assert customers.privacy.erase_party(former, reason="request").still_found == 0
    assert len(book.list_designations()) == 1
    assert [row["period_start"] for row in book.list_usage(["104437"])] == ["2026-06-01"]
    assert len(book.list_place_complaints(["104437"], ["A1"])) == 1
    customers.privacy.erase_party(customers.find_party("A1"), reason="request")
    assert book.list_designations() == book.list_usage(["104437"]) == []
    assert book.list_place_complaints(["104437"], ["A1"]) == []


def test_a_file_of_the_first_version_is_brought_up_to_date(
    tmp_path: Path, small_home: Path
) -> None:
    twin = open_twin(copytree(small_home, tmp_path / "small.twin"))
    with sqlite3.connect(tmp_path / "small.twin/customers.sqlite") as file:
        file.executescript(
            "DROP TABLE complaint; DROP TABLE usage; ALTER TABLE label DROP COLUMN decided;"
            "PRAGMA user_version = 1;"
        )
    file.close()
    assert twin.store.customers.list_usage(["104437"]) == []
    twin.customers.matching.decide("cis:1", "crm:1", same=True)
    assert twin.customers.matching.measure_labels()["matched"].looked_at == 1
    assert twin.customers.count_records() == {"cis": 2, "crm": 3}


def test_an_erased_party_is_nowhere(twin: Twin, town: Any, tmp_path: Path) -> None:
    row = town.made.accounts.head(300).query("email != ''").iloc[3]
    party = twin.customers.find_party(row["record"])
    records = twin.store.customers.list_party_records([party])
    proof = twin.customers.privacy.erase_party(party, reason="request", actor="tests")
    assert proof.still_found == 0
    assert proof.records == len(records)
    assert proof.looked_for >= 1
    assert twin.store.customers.count_text(row["email"]) == 0
    if (file := tmp_path / "town.twin" / "customers.sqlite").exists():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        parts = file.parent.glob("customers.sqlite*")
        assert not any(row["email"].encode() in part.read_bytes() for part in parts)
    with pytest.raises(NotFoundError):
        twin.customers.find_party(row["record"])
    (erasure,) = twin.store.customers.list_erasures()
    assert party not in str(erasure)


def test_priority_follows_designations_and_their_end(town: Any) -> None:
    """Against an oracle, for many days: what is over never shows, what hangs nowhere is told."""
    twin = gridtwin.open(town.network)
    homes = town.made.world.premises
    twin.customers.loading.load_points(describe_points(town.made.world))
    rng = np.random.default_rng(5)
    kinds = list(DesignationKind)
    limits = {"critical_care_residential": 700, "chronic_condition_residential": 300}
    rows = []
    for number in range(60):
        kind = kinds[rng.integers(0, 4)]
        first = date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 900)))
        days = int(rng.integers(1, limits.get(kind.value, 2_000)))
        home = homes.iloc[int(rng.integers(0, 25))]
        rows.append((f"D{number}", kind, home, first, first + timedelta(days=days)))
    frame = pd.DataFrame(
        [
            {
                "designation": name, "kind": kind.value, "esi_id": home["esi_id"],
                "source": "REP", "contact": "7135550100", "second_contact": "",
                "valid_from": str(first), "valid_until": str(last),
            }
            for name, kind, home, first, last in rows
        ]
        + [
            {
                "designation": "LOST", "kind": "critical_load_industrial", "esi_id": "nowhere",
                "valid_from": "2024-01-01", "valid_until": "2030-01-01",
            }
        ]
    )  # fmt: skip
    twin.customers.loading.load_designations(frame)
    for number in range(0, 1_900, 37):
        day = date(2024, 1, 1) + timedelta(days=number)
        wanted: dict[str, DesignationKind] = {}
        for _, kind, home, first, last in rows:
            if first <= day <= last:
                point = home["usage_point"]
                wanted[point] = min(wanted.get(point, kind), kind, key=kinds.index)
        assert twin.customers.service.derive_priority(day) == wanted
        lost = twin.customers.service.list_lost_designations(day)
        assert [each.designation for each in lost] == ["LOST"]
    endless = frame.head(1).assign(kind="critical_care_residential", valid_until="")
    with pytest.raises(InputError, match=r"row 0 \(D0\): critical_care_residential ends"):
        twin.customers.loading.load_designations(endless)


def test_who_depends_on_power_is_called_first(twin: Twin, town: Any) -> None:
    homes = town.made.world.premises.set_index("usage_point")
    _, points = make_outage(twin)
    chosen = [homes.loc[each, "esi_id"] for each in points[:3]]
    kinds = (
        "critical_load_industrial",
        "critical_care_residential",
        "chronic_condition_residential",
    )
    today = datetime.now(UTC).date()
    frame = pd.DataFrame(
        {
            "designation": ["a", "b", "c"], "kind": kinds, "esi_id": chosen,
            "contact": "7135550100",
            "valid_from": str(today), "valid_until": str(today + timedelta(days=30)),
        }
    )  # fmt: skip
    twin.customers.loading.load_designations(frame)
    calls = twin.customers.service.list_care_calls(CLERK)
    assert [each.esi_id for each in calls] == [chosen[1], chosen[2], chosen[0]]
    mask = twin.customers.privacy.make_mask(ANALYST)
    assert {each.describe(mask)["contact"] for each in calls} == {"***"}
    assert not {each.describe(mask)["usage_point"] for each in calls} & set(points)
    out = twin.customers.service.count_outages_by("retailer")
    affected = twin.customers.service.list_affected([*points, "of-nobody"], CLERK)
    told = [each.describe(twin.customers.privacy.make_mask(CLERK)) for each in affected.accounts]
    assert out["out"].sum() == sum(row["account"] != "" for row in told) > 0
    assert [row["esi_id"] for row in told[:3]] == [chosen[1], chosen[2], chosen[0]]
    assert (told[0]["designation"], told[0]["contact"]) == (kinds[1], "7135550100")
    held = [row["account"] != "" for row in told[3:]]
    assert held == sorted(held, reverse=True), "places that nobody holds come last"
    assert {row["usage_point"] for row in told} == set(points)
    assert affected.lost == ["of-nobody"]
    over = twin.customers.service.list_affected(points, CLERK, day=today + timedelta(days=31))
    assert not any(each.designation for each in over.accounts)
    now = datetime.now(UTC)
    indices = twin.customers.service.compute_party_indices(
        now - timedelta(days=1), now, more_than=0, hours=2
    )
    assert indices["cemi"] == 0  # nobody is back yet


def test_the_command_line_goes_from_files_to_cards(tmp_path: Path, small_home: Path) -> None:
    target = str(copytree(small_home, tmp_path / "small.twin"))
    twin = open_twin(target)
    book = twin.store.customers
    frame = pd.DataFrame(RECORDS).rename(columns={"record": "number"}).drop(columns="city")
    frame = frame[frame["number"].str.startswith("cis")]
    frame.to_csv(tmp_path / "cis.csv", index=False)

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["customers", *words, "--in", target])
        assert result.exit_code == code, result.output
        return result.stdout

    loaded = run("load", str(tmp_path / "cis.csv"), "--column", "record=number", "--source", "cis")
    assert loaded == "2 records\n"
    assert json.loads(run("match", "--keep-model", "--json"))["records"] == len(RECORDS)
    parties = book.read_parties()
    assert parties["cis:1"] == parties["crm:1"] != parties["crm:2"]
    card = json.loads(run("card", "A1", "--json"))
    assert (card["out_now"], card["lost_esi_ids"]) == (1, [])
    assert "***" in run("card", "A1", "--json")
    assert "Winward" in run("explain", "cis:1", "--personal")
    run("decide", "cis:1", "crm:2", "--same")
    assert book.read_parties()["crm:2"] == parties["cis:1"]
    assert run("out", "--by", "retailer", "--csv") == "retailer,out\nR1,1\n"
    head, letter = run("letters", "L1", "--personal").splitlines()
    assert head.startswith("order,designation,contact,")
    assert letter.startswith("1,critical_care_residential,7132345678,,cis:1,")
    assert "3 records erased" in run("erase", card["party"])
    assert open_twin(target).customers.count_records() == {"cis": 1, "crm": 1}


def test_a_database_keeps_customers_alike(database: str) -> None:
    """The same as in files, of a few customers; those of a town are matched in the long tests."""
    twin = save_customers(database)
    customers = twin.customers
    card = customers.read_card("A1", CLERK)
    assert (card.out_now, {each["record"] for each in card.records}) == (1, {"cis:1", "crm:1"})
    found = customers.search("name", "winw", CLERK)
    assert {each["record"] for each in found} == {each["record"] for each in RECORDS}
    customers.matching.decide("cis:1", "crm:2", same=True)
    assert customers.find_party("crm:2") == card.party
    fresh = pd.DataFrame([RECORDS[1] | {"record": "rep:1", "source": "rep"}])
    customers.matching.match_new(fresh)
    assert customers.find_party("rep:1") == card.party
    proof = customers.privacy.erase_party(card.party, reason="request")
    assert (proof.records, proof.still_found) == (4, 0)


def test_a_backup_shows_customers_to_nobody_else(tmp_path: Path, small_home: Path) -> None:
    copytree(small_home, tmp_path / "small.twin")
    backup = write_backup(tmp_path / "small.twin", tmp_path / "backups")
    kept = backup.path / "twin" / "customers.sqlite"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    restore_backup(backup.path, tmp_path / "again.twin")
    assert stat.S_IMODE((tmp_path / "again.twin" / "customers.sqlite").stat().st_mode) == 0o600
    again = open_twin(str(tmp_path / "again.twin")).customers
    assert again.count_records() == {"cis": 2, "crm": 3}

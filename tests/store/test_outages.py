"""Outages live by the same rules in every store: what follows what, and who is in them."""

from __future__ import annotations

import math
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest

import gridtwin
from gridtwin.analysis.outage import outage_lifecycle
from gridtwin.errors import ConflictError, GridtwinError, InputError, NotFoundError, StoreError
from gridtwin.model.outage import Members, Outage, Status, steps_of
from gridtwin.store.postgis.connect import connect

from .conftest import DATABASES, keep, make_network

if TYPE_CHECKING:
    from gridtwin.store.protocol import OutageBook
    from gridtwin.twin import Twin

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin: BRK-1 feeds M1 (1 customer) and, behind LINE-1, M2 (4 customers)."""
    if request.param == "memory":
        return gridtwin.open(make_network())
    if request.param == "local":
        return gridtwin.open(str(keep(tmp_path / "small.twin").path))
    return gridtwin.open(make_network()).save(
        str(request.getfixturevalue(DATABASES[request.param]))
    )


def test_a_twin_without_outages(twin: Twin) -> None:
    assert twin.outages.all() == []
    assert len(twin.outages.members()) == 0
    with pytest.raises(NotFoundError, match="no outage is called 'O-1'"):
        twin.outages.get("O-1")


def test_an_outage_takes_in_who_goes_dark(twin: Twin) -> None:
    opened = twin.outages.open("BRK-1", at=NOON, id="O-1", cause="tree", planned=False)
    assert (opened.status, opened.customers, opened.customers_out) == (Status.CONFIRMED, 5, 5)
    assert (opened.device, opened.cause, opened.began_at) == ("BRK-1", "tree", NOON)
    assert twin.outages.all() == [opened]
    members = twin.outages.members("O-1")
    assert members.usage_point.tolist() == ["M1", "M2"]
    assert members.customers.tolist() == [1, 4]
    assert members.is_out.all()


def test_a_life_from_prediction_to_the_end(twin: Twin) -> None:
    outages = twin.outages
    outages.open("BRK-1", at=NOON, id="O-1", predicted=True)
    assert outages.get("O-1").status is Status.PREDICTED
    outages.confirm("O-1", at=after(5), cause="vegetation", etr_crew=after(90))
    outages.note("O-1", crew_status="on site", etr_manual=after(120))
    outages.restore("O-1", at=after(30), usage_points=["M1"])
    part = outages.get("O-1")
    assert (part.status, part.customers, part.customers_out) == (Status.PARTIALLY_RESTORED, 5, 4)
    outages.restore("O-1", at=after(60))
    outages.close("O-1")
    done = outages.get("O-1")
    assert (done.status, done.restored_at, done.customers_out) == (Status.CLOSED, after(60), 0)
    assert (done.cause, done.crew_status) == ("vegetation", "on site")
    assert (done.etr_crew, done.etr_manual) == (after(90), after(120))
    assert not done.momentary
    assert outages.all() == []
    assert [each.id for each in outages.all(since=after(59))] == ["O-1"]
    assert outages.all(since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert [(step.restored_at, step.customers, step.customer_minutes) for step in
            outages.steps("O-1")] == [(after(30), 1, 30.0), (after(60), 4, 240.0)]  # fmt: skip
    said = outages.evidence("O-1")
    assert {each.kind for each in said} == {
        "predicted", "confirmed", "noted", "partially_restored", "restored", "closed",
    }  # fmt: skip
    assert next(each for each in said if each.kind == "noted").detail == {
        "crew_status": "on site",
        "etr_manual": after(120).isoformat(),
    }


def test_what_is_over_within_five_minutes_is_momentary(twin: Twin) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    assert twin.outages.restore("O-1", at=after(5)).momentary
    twin.outages.open("BRK-1", at=NOON, id="O-2")
    assert not twin.outages.restore("O-2", at=after(5.01)).momentary


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        ({"device": "FUSE-x"}, NotFoundError, "FUSE-ü"),
        ({"device": "TIE-1"}, InputError, "would have no usage point"),
        ({"device": ""}, InputError, "needs a device or usage points"),
        ({"usage_points": ["M9"]}, NotFoundError, "M9"),
        ({"device": "BRK-1", "at": datetime(2026, 3, 1)}, InputError, "names no time zone"),  # noqa: DTZ001
    ],
)
def test_an_outage_that_cannot_be_is_refused(
    twin: Twin, words: dict[str, object], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        twin.outages.open(**words)  # type: ignore[arg-type]
    assert twin.outages.all() == []


def test_what_cannot_follow_is_refused_and_nothing_is_written(twin: Twin) -> None:
    outages = twin.outages
    outages.open("BRK-1", at=NOON, id="O-1")
    before = outages.get("O-1")
    for refused, reason in (
        (lambda: outages.close("O-1", force=True), "it can become .* not closed"),
        (lambda: outages.restore("O-1", at=after(-1)), "before it began"),
        (lambda: outages.restore("O-1", usage_points=["M9"]), "M9 is not in outage O-1"),
        (lambda: outages.restore("O-1", usage_points=[]), "nothing to restore"),
        (lambda: outages.note("O-1", status="closed"), "status cannot be noted"),
        (lambda: outages.confirm("O-1", revision=9), "revision cannot be noted"),
    ):
        with pytest.raises(InputError, match=reason):
            refused()
    assert outages.get("O-1") == before
    assert len(outages.evidence("O-1")) == 1


def test_nobody_is_in_two_open_outages(twin: Twin) -> None:
    twin.outages.open("LINE-1", at=NOON, id="O-1")
    whole = twin.outages.open("BRK-1", at=after(10), id="O-2")
    assert (whole.customers, twin.outages.members("O-2").usage_point.tolist()) == (1, ["M1"])
    assert twin.outages.get("O-1").parent == "O-2"  # all of it lies in the new one
    with pytest.raises(InputError, match="out already, in outage O-"):
        twin.outages.open("BRK-1")
    intruder = outage_lifecycle.open_outage(Outage("O-3", NOON), ["M1"], np.array([1], np.int32))
    with pytest.raises(InputError, match="M1 is out in outage O-2 already"):
        twin.store.outages.write_changes([intruder])
    with pytest.raises(NotFoundError):
        twin.outages.get("O-3")


def test_a_nested_outage_is_back_dated_and_the_rest_goes_on(twin: Twin) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    child = twin.outages.nest("O-1", "LINE-1", id="O-2")
    assert (child.parent, child.began_at, child.customers) == ("O-1", NOON, 4)
    rest = twin.outages.restore("O-1", at=after(20))
    assert (rest.status, rest.customers) == (Status.RESTORED, 1)
    twin.outages.restore("O-2", at=after(50))
    steps = twin.outages.steps("O-1", "O-2")
    assert sum(step.customer_minutes for step in steps) == 1 * 20 + 4 * 50


def test_who_was_believed_to_be_back_is_nested_from_the_time_the_supply_was_lost(
    twin: Twin,
) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    twin.outages.restore("O-1", at=after(20))
    child = twin.outages.nest("O-1", usage_points=["M2"], id="O-2")
    assert (child.began_at, child.customers_out) == (NOON, 4)
    assert twin.outages.get("O-1").status is Status.RESTORED
    assert twin.outages.get("O-1").customers == 1


def test_another_device_takes_in_other_customers(twin: Twin) -> None:
    twin.outages.open("LINE-1", at=NOON, id="O-1", predicted=True)
    twin.outages.revise("O-1", "BRK-1")
    assert twin.outages.members("O-1").usage_point.tolist() == ["M1", "M2"]
    revised = twin.outages.revise("O-1", "LINE-1")
    assert (revised.customers, revised.customers_out, revised.device) == (4, 4, "LINE-1")


def test_an_invalid_outage_had_nobody_in_it(twin: Twin) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1", predicted=True)
    gone = twin.outages.invalidate("O-1")
    assert (gone.status, gone.customers) == (Status.INVALID, 0)
    assert twin.outages.open("BRK-1", at=after(1)).customers == 5


def test_an_outage_is_not_closed_over_customers_in_the_dark(twin: Twin) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    twin.switch("BRK-1", open=True)
    twin.outages.restore("O-1", at=after(60))
    with pytest.raises(InputError, match="2 usage points of outage O-1 have no supply"):
        twin.outages.close("O-1")
    assert twin.outages.close("O-1", force=True).status is Status.CLOSED


def test_a_change_of_what_others_changed_is_refused(twin: Twin) -> None:
    book = twin.store.outages
    found = twin.outages.open("BRK-1", at=NOON, id="O-1")
    twin.outages.note("O-1", cause="tree")
    with pytest.raises(ConflictError, match="O-1 was changed by somebody else"):
        book.write_changes([outage_lifecycle.annotate_outage(found, NOON, cause="car")])
    assert book.read_outage("O-1").cause == "tree"


def test_threads_bring_customers_back_and_lose_none(twin: Twin) -> None:
    twin.outages.open("BRK-1", at=NOON, id="O-1")

    def note(step: int) -> None:
        twin.outages.note("O-1", cause=f"cause {step}")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(note, range(9)))
    assert len(twin.outages.evidence("O-1")) == 10


# ------------------------------------------------------------------ any life


def random_life(
    twin: Twin, seed: int, steps: int = 25
) -> dict[str, list[tuple[str, float, float]]]:
    """Do random things; return, by hand, who was out in which outage from when to when."""
    rng = random.Random(seed)
    outages, now, count = twin.outages, 0.0, 0
    out: dict[str, dict[str, float]] = {}  # outage -> who is out since when
    past: dict[str, list[tuple[str, float, float]]] = {}
    for _ in range(steps):
        now += rng.uniform(0.5, 30)
        who = rng.choice(["BRK-1", "LINE-1", "FUSE-ü"])
        name = rng.choice(list(out) or ["none"])
        action = rng.choice(["open", "open", "restore", "step", "nest", "invalid", "close"])
        try:
            if action == "open":
                count += 1
                twin.outages.open(who, at=after(now), id=f"O-{count}")
                members = outages.members(f"O-{count}").usage_point.tolist()
                out[f"O-{count}"] = dict.fromkeys(members, now)
                past[f"O-{count}"] = []
            elif action in {"restore", "step"}:
                step = ["M1"] if action == "step" else list(out.get(name, {}))
                outages.restore(name, at=after(now), usage_points=step)
                past[name] += [(m, out[name].pop(m), now) for m in step]
            elif action == "nest":
                count += 1
                outages.nest(name, usage_points=["M2"], id=f"O-{count}")
                began = out[name].pop("M2", None)
                if began is None:
                    row = next(row for row in past[name] if row[0] == "M2")
                    past[name].remove(row)
                    began = row[1]
                out[f"O-{count}"], past[f"O-{count}"] = {"M2": began}, []
            elif action == "invalid":
                outages.invalidate(name)
                del out[name], past[name]
            else:
                outages.close(name, force=True)
        except (InputError, NotFoundError):
            continue
        open_now = outages.members()
        assert len(set(open_now.usage_point)) == len(open_now)  # nobody in two open outages
    for name, since in out.items():
        past[name] += [(m, began, math.inf) for m, began in since.items()]
    return past


@pytest.mark.parametrize("seed", range(6))
def test_after_any_life_the_records_are_what_happened(twin: Twin, seed: int) -> None:
    past = random_life(twin, seed)
    customers = {"M1": 1, "M2": 4}
    end = after(2_000)
    for name, rows in past.items():
        members = twin.outages.members(name)
        kept = {
            (str(m), began, math.inf if math.isnan(back) else back)
            for m, began, back in zip(
                members.usage_point, members.began_s, members.restored_s, strict=True
            )
        }
        assert kept == {
            (m, after(began).timestamp(), back if math.isinf(back) else after(back).timestamp())
            for m, began, back in rows
        }
        outage = twin.outages.get(name)
        assert outage.customers == sum(customers[m] for m, _, _ in rows)
        assert outage.customers_out == sum(customers[m] for m, _, back in rows if math.isinf(back))
        assert outage.is_open == bool(outage.customers_out)
        minutes = sum(customers[m] * (min(back, 2_000) - began) for m, began, back in rows)
        steps = twin.outages.steps(name, now=end)
        assert sum(step.customer_minutes for step in steps) == pytest.approx(minutes, abs=1e-3)
        assert len(steps) == len({back for _, _, back in rows})


def test_steps_add_up_to_the_customer_minutes_of_the_usage_points() -> None:
    rng = np.random.default_rng(1)
    began = NOON.timestamp() + rng.integers(0, 100, 500) * 60.0
    ends = np.where(rng.random(500) < 0.2, np.nan, began + rng.integers(0, 9, 500) * 600)
    members = Members(
        np.array([f"O{n % 7}" for n in range(500)], dtype=object),
        np.array([f"M{n}" for n in range(500)], dtype=object),
        rng.integers(0, 5, 500).astype(np.int32),
        began,
        ends,
    )
    now = after(1_000)
    steps = steps_of(members, now)
    until = np.where(np.isnan(ends), now.timestamp(), ends)
    assert sum(step.customer_minutes for step in steps) == pytest.approx(
        (members.customers * (until - began)).sum() / 60
    )
    assert sum(step.usage_points for step in steps) == 500
    order = [(each.outage, each.restored_at or after(9_999)) for each in steps]
    assert order == sorted(set(order))


# ------------------------------------------------------------------ rules of the stores themselves


def test_the_database_holds_every_client_to_the_rules(database: str) -> None:
    twin = gridtwin.open(make_network()).save(database)
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    twin.outages.restore("O-1", at=after(9))
    twin.outages.open("LINE-1", at=after(20), id="O-2")
    with connect(database, autocommit=True) as connection:
        for refused, reason in (
            ("UPDATE gridtwin.outages SET status = 'predicted' WHERE id = 'O-1'", "cannot become"),
            ("UPDATE gridtwin.outages SET status = 'restored', restored_at = now()"
             " WHERE id = 'O-2'", "still out"),
            ("UPDATE gridtwin.outage_usage_points SET restored_at = NULL WHERE outage = 'O-1'",
             "O-1 is over|outage_usage_points_open"),
            ("INSERT INTO gridtwin.outage_usage_points VALUES ('O-1', 'M9', now())", "is over"),
            ("DELETE FROM gridtwin.outage_evidence", "never changed or deleted"),
        ):  # fmt: skip
            with pytest.raises(psycopg.Error, match=reason):
                connection.execute(refused.encode())
        connection.execute(
            "UPDATE gridtwin.outage_usage_points SET restored_at = now() WHERE outage = 'O-2'"
        )
        rows = connection.execute(
            "SELECT o.customers_out, s.customers FROM gridtwin.outages o"
            " JOIN gridtwin.outage_steps s ON s.outage = o.id WHERE o.id = 'O-2'"
        ).fetchall()
    assert rows == [(0, 4)]


def test_the_file_holds_every_client_to_the_rules(tmp_path: Path) -> None:
    path = keep(tmp_path / "small.twin").path
    twin = gridtwin.open(str(path))
    twin.outages.open("BRK-1", at=NOON, id="O-1")
    twin.outages.restore("O-1", at=after(9))
    twin.outages.open("LINE-1", at=after(20), id="O-2")
    with closing(sqlite3.connect(path / "state.sqlite")) as connection:
        for refused, reason in (
            ("UPDATE outage SET status = 'predicted' WHERE id = 'O-1'", "cannot become"),
            ("UPDATE outage SET status = 'restored', restored_s = 9e9 WHERE id = 'O-2'",
             "still out"),
            ("UPDATE outage_member SET restored_s = NULL WHERE outage = 'O-1'", "not out again"),
            ("INSERT INTO outage_member VALUES ('O-1', 'M9', 1, 0, NULL)", "is over"),
            ("INSERT INTO outage_member VALUES ('O-2', 'M2', 1, 0, NULL)", "UNIQUE"),
            ("DELETE FROM outage_evidence", "never changed or deleted"),
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match=reason):
                connection.execute(refused)


def test_a_twin_of_an_older_gridtwin_learns_of_outages_when_it_is_used(tmp_path: Path) -> None:
    path = keep(tmp_path / "small.twin").path
    gridtwin.open(str(path)).switch("TIE-1", open=False)
    with closing(sqlite3.connect(path / "state.sqlite")) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT IN ('twin', 'switch_state', 'overlay', 'overlay_switch',"
            " 'switch_event', 'trace_spec')"
        ).fetchall()
        for (name,) in sorted(tables, reverse=True):
            connection.execute(f"DROP TABLE {name}")
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%audited'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for index in ("request", "at", "mrid"):
            connection.execute(f"DROP INDEX switch_event_{index}")
        connection.execute("ALTER TABLE switch_event DROP COLUMN request")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(lambda _: gridtwin.open(str(path)).version, range(4)))
    assert versions == [1] * 4
    assert gridtwin.open(str(path)).outages.open("BRK-1").customers == 5


def test_a_store_error_says_what_rule_was_broken(twin: Twin) -> None:
    found = twin.outages.open("BRK-1", at=NOON, id="O-1")
    over = replace(found, status=Status.RESTORED, restored_at=after(5))
    with pytest.raises(StoreError, match="still out"):
        twin.store.outages.write_changes([outage_lifecycle.annotate_outage(over, NOON)])
    assert twin.outages.get("O-1").status is Status.CONFIRMED


def test_a_killed_writer_leaves_before_or_after(twin: Twin) -> None:
    book: OutageBook = twin.store.outages
    first = outage_lifecycle.open_outage(Outage("O-1", NOON), ["M1"], np.array([1], np.int32))
    second = outage_lifecycle.open_outage(Outage("O-2", NOON), ["M1"], np.array([1], np.int32))
    with pytest.raises(GridtwinError):
        book.write_changes([first, second])
    assert book.list_outages() == []

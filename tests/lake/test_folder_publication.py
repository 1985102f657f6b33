"""A twin in a folder, published and published again: what the second client then reads."""

from __future__ import annotations

import logging
import queue
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import gridtwin
from ami_folder import NOON, street, write_readings
from command_line import run_cli
from gridtwin.errors import InputError, StoreError
from gridtwin.live.lake_following import PUBLISH_LOCK_FILE
from gridtwin.model.frames import show_column
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.iceberg.lake_writer import DuckDbLakeWriter, LakeCommit
from gridtwin.publish.iceberg.snapshot_expiry import expire_snapshots
from gridtwin.publish.iceberg.whole_publication import PublishedOf, PublishReport
from gridtwin.results.warehouse.lake_shapes import LakeTable
from gridtwin.store.iceberg_catalog import LakeAddress, open_lake
from gridtwin.store.sqlite_database import hold_lock
from gridtwin.twin import Twin
from lake_bench import SECRET, Lake
from lakes import (
    assert_no_row_twice,
    count_snapshots,
    list_differences,
    publication_of,
    read_table,
)
from own_frames import OF_EVERY_KIND
from waiting import PATIENCE_S

DAY_S = 86_400


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    return gridtwin.open(street()).save(tmp_path / "street.twin")


@pytest.fixture
def namespace(lake: Lake) -> str:
    return lake.make_namespace()


def test_what_is_published_is_what_the_twin_holds(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    twin.switch("SW", open=False, actor="ann")
    outage = twin.outages.open("T1")
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    report = publication.publish_once()
    assert report.rows["equipment"] == 5
    data = twin.store.network.data
    ids = show_column(data, "equipment", SCHEMA["equipment"].find_column("mrid"))
    rows = read_table(lake, namespace, "equipment")
    assert {row[0] for row in rows} == set(ids)
    breaker = next(row for row in rows if row[0] == "B")
    assert breaker[1:6] == ("breaker", "S", "a", "ABC", "")
    assert list(read_table(lake, namespace, "switch_states")) == [("current", "SW", "")]
    ((version, at, *operation),) = read_table(lake, namespace, "events")
    assert (version, operation) == (1, ["SW", "ABC", "", "ann"])
    assert at.tzinfo is not None
    members = read_table(lake, namespace, "outage_usage_points")
    assert {(row[0], row[1], row[4]) for row in members} == {
        (outage.id, "M1", None),
        (outage.id, "M2", None),
    }
    assert not list_differences(publication)


@pytest.mark.usefixtures("twin")
def test_closure_and_intervals_say_the_same(lake: Lake, namespace: str, tmp_path: Path) -> None:
    publication_of(lake, tmp_path / "street.twin", namespace).publish_once()
    place = {row[0]: row[1] for row in read_table(lake, namespace, "usage_point_places")}
    spans = {row[0]: row[3:5] for row in read_table(lake, namespace, "element_spans")}
    closure = {(row[0], row[2]) for row in read_table(lake, namespace, "closure")}
    assert closure == {
        (element, point)
        for element in ("B", "T1", "T2")
        for point, at in place.items()
        if spans[element][0] <= at < spans[element][1]
    }
    assert {point for element, point in closure if element == "T1"} == {"M1", "M2"}
    assert ("SW", "M4") not in closure


def test_a_second_run_writes_no_snapshot_and_a_change_only_its_tables(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    write_readings(tmp_path / "street.twin/ami", [("M1", NOON, 1.0, 120.0)])
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    before = count_snapshots(lake, namespace)
    report = publication.publish_once()
    assert not report.rows
    assert not report.days
    assert count_snapshots(lake, namespace) == before
    twin.outages.open("T2")
    report = publication.publish_once()
    assert set(report.rows) == {"outages", "outage_usage_points"}
    after = count_snapshots(lake, namespace)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"outages", "outage_usage_points", "sync_state"}


@pytest.mark.long
def test_what_it_wrote_itself_is_not_read_again_and_what_others_wrote_is(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    hash_keys = DuckDbLakeWriter._hash_keys

    def note_read(writer: DuckDbLakeWriter, table: LakeTable, source: str) -> Any:
        read.extend([table.name] if source != "new_rows" else [])
        return hash_keys(writer, table, source)

    monkeypatch.setattr(DuckDbLakeWriter, "_hash_keys", note_read)
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    with publication._open_session() as session:
        for number in range(3):
            read.clear()
            twin.switch("SW", open=bool(number % 2))
            assert session.publish_rows(lambda _done, _all: None).rows["closure"] >= 0
            assert ("closure" in read) == (number == 0)
        places, state = (
            session.writer.lake.name_table(name) for name in ("usage_point_places", "sync_state")
        )
        execute = session.writer.lake.execute
        execute(f"DELETE FROM {places}")  # noqa: S608
        execute(f"UPDATE {state} SET made_at = now() WHERE table_name = 'usage_point_places'")  # noqa: S608
        twin.switch("SW", open=True)
        session.publish_rows(lambda _done, _all: None)
        assert "closure" not in read
        assert "usage_point_places" in read
    assert not list_differences(publication)


def test_what_a_table_is_of_is_written_with_it(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    twin.switch("SW", open=False)
    publication.publish_once()
    states = {row[0]: row for row in read_table(lake, namespace, "sync_state")}
    source = str((tmp_path / "street.twin").resolve())
    assert {row[1:3] for row in states.values()} == {(source, twin.store.network_hash)}
    assert (states["*"][3], states["events"][3], states["nodes"][3]) == (1, 1, 0)


@pytest.mark.long
def test_own_columns_are_columns_of_their_kind(lake: Lake, namespace: str, tmp_path: Path) -> None:
    network = street()
    substations = {"mrid": ["s1", "s2", "s3"], **OF_EVERY_KIND}
    frames: dict[str, Any] = {
        name: getattr(network, name) for name in SCHEMA if name != "substations"
    }
    place = tmp_path / "own.twin"
    gridtwin.open(Network.from_frames(**frames, substations=substations)).save(place)
    publication = publication_of(lake, place, namespace)
    publication.publish_once()
    table = lake.open_catalog().load_table(f"{namespace}.substations").scan().to_arrow()
    rows = {row["mrid"]: row for row in table.to_pylist()}
    assert rows["s1"]["own_install_year"] == 1987.0
    assert rows["s2"]["own_asset_tag"] == 'Müller, "X"\\ {1}\''
    assert rows["s3"]["own_asset_tag"] is None
    assert rows["s1"]["own_leased"] is True
    assert rows["s1"]["own_last_inspected"] == date(2019, 5, 31)
    assert not list_differences(publication)
    more = {**substations, "owner": ["city", "", "city"]}
    del more["leased"]
    gridtwin.open(Network.from_frames(**frames, substations=more)).save(place, overwrite=True)
    assert set(publication.publish_once().rows) == {"substations"}
    table = lake.open_catalog().load_table(f"{namespace}.substations").scan().to_arrow()
    assert table["own_owner"].to_pylist().count("city") == 2
    assert not list_differences(publication)


@pytest.mark.long
def test_courses_are_geometry_of_version_3_where_that_is_wanted(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    import shapely

    publication = publication_of(lake, tmp_path / "street.twin", namespace, form="v3")
    publication.publish_once()
    with open_lake(publication.address, lake.settings) as opened:
        rows = opened.execute(
            f"SELECT mrid, ST_AsWKB(geometry) FROM {opened.name_table('equipment')}"  # noqa: S608
        )
        points = opened.execute(
            f"SELECT ST_AsText(geometry) FROM {opened.name_table('nodes')} WHERE mrid = 'a'"  # noqa: S608
        )
    drawn = dict(zip(twin.network.equipment["mrid"], twin.network.equipment.geometry, strict=True))
    assert {name: shapely.from_wkb(course) for name, course in rows} == drawn
    assert points == [("POINT (-94.99 29)",)]
    assert not list_differences(publication)
    assert not publication.publish_once().rows
    publication.form = "wkb"
    with pytest.raises(InputError, match="nodes was published with --geometry v3"):
        list_differences(publication)


@pytest.mark.long
def test_a_late_reading_rewrites_one_day(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    folder = tmp_path / "street.twin/ami"
    readings = [
        (meter, NOON + day * DAY_S + quarter * 900, 0.25 * quarter, 120.0)
        for day in range(3)
        for quarter in range(4)
        for meter in ("M1", "M2", "M3")
    ]
    write_readings(folder, readings)
    twin.ami.roll_up()
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    assert publication.publish_once().days == ["2026-07-01", "2026-07-02", "2026-07-03"]
    enriched = read_table(lake, namespace, "ami_enriched")
    assert sum(enriched.values()) == len(readings)
    assert {row[1]: row[5] for row in enriched} == {"M1": "F", "M2": "F", "M3": "F"}
    assert {row[1] for row in read_table(lake, namespace, "transformer_load")} == {"T1", "T2"}
    assert {row[1] for row in read_table(lake, namespace, "feeder_load")} == {"F"}
    write_readings(folder, [("M4", NOON + DAY_S, 9.5, 118.0)], "part-1")
    assert publication.publish_once().days == ["2026-07-02"]
    silver = read_table(lake, namespace, "ami_deduplicated")
    assert sum(silver.values()) == len(readings) + 1
    assert [row[2] for row in silver if row[1] == "M4"] == [9.5]
    assert_no_row_twice(lake, namespace)
    assert not list_differences(publication)


@pytest.mark.long
@pytest.mark.usefixtures("twin")
def test_a_difference_is_told(lake: Lake, namespace: str, tmp_path: Path) -> None:
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    with open_lake(publication.address, lake.settings) as opened:
        nodes = opened.name_table("nodes")
        opened.execute(f"DELETE FROM {nodes} WHERE mrid = 'x'")  # noqa: S608
        opened.execute(f"UPDATE {nodes} SET nominal_v = 1 WHERE mrid = 'y'")  # noqa: S608
        opened.execute(f"INSERT INTO {nodes} (mrid) VALUES ('stranger')")  # noqa: S608
    ((told),) = list_differences(publication)
    assert (told.table, told.rows_here, told.rows_there) == ("nodes", 6, 6)
    assert (told.missing, told.extra, told.differing) == (1, 1, 1)
    publication.take_over = True
    assert set(publication.publish_once().rows) == {"nodes"}
    assert not list_differences(publication)


@pytest.mark.long
def test_old_snapshots_are_forgotten(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    twin.outages.open("T1")
    publication.publish_once()
    twin.outages.open("T2")
    publication.keep_days = 1e-9
    publication.publish_once()
    assert set(count_snapshots(lake, namespace).values()) <= {0, 1}
    assert not list_differences(publication)
    with pytest.raises(StoreError, match="Iceberg at") as refused:
        expire_snapshots(LakeAddress("http://127.0.0.1:9"), lake.settings, datetime.now(UTC))
    assert SECRET not in str(refused.value)


@pytest.mark.long
def test_a_namespace_is_of_one_twin(lake: Lake, twin: Twin, namespace: str, tmp_path: Path) -> None:
    publication_of(lake, tmp_path / "street.twin", namespace).publish_once()
    twin.save(tmp_path / "other.twin")
    other = publication_of(lake, tmp_path / "other.twin", namespace)
    with pytest.raises(InputError, match=r"holds the publication of .*street\.twin, this is"):
        other.publish_once()
    taken = publication_of(lake, tmp_path / "other.twin", namespace, take_over=True)
    taken.publish_once()
    other.publish_once()
    assert not list_differences(other)


@pytest.mark.usefixtures("twin")
def test_a_second_publisher_is_refused(lake: Lake, namespace: str, tmp_path: Path) -> None:
    place = tmp_path / "street.twin"
    with (
        hold_lock(place / PUBLISH_LOCK_FILE, StoreError("held")),
        pytest.raises(StoreError, match=r"another process publishes .*street\.twin"),
    ):
        publication_of(lake, place, namespace).publish_once()


def test_the_command_says_what_it_wrote_and_what_differs(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    words = (
        "publish", "iceberg", "--in", tmp_path / "street.twin", "--catalog", lake.catalog.url,
        "--warehouse", "wh", "--namespace", namespace,
    )  # fmt: skip
    first = run_cli(*words, **lake.environment)
    assert first.returncode == 0, first.stderr
    assert "equipment: 5 rows" in first.stdout
    again = run_cli(*words, **lake.environment)
    assert again.stdout == "nothing became another: nothing was written\n"
    assert run_cli(*words, "--check", **lake.environment).returncode == 0
    twin.switch("SW", open=False)
    checked = run_cli(*words, "--check", **lake.environment)
    assert checked.returncode == 1
    assert "events" in checked.stdout
    refused = run_cli(*words, "--geometry", "wkt", **lake.environment)
    assert (refused.returncode, "give wkb or v3" in refused.stderr) == (2, True)
    assert SECRET not in first.stderr + checked.stderr


@pytest.mark.long
def test_a_twin_is_followed_until_it_is_told_to_stop(
    lake: Lake, twin: Twin, namespace: str, tmp_path: Path
) -> None:
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    told: queue.Queue[PublishReport] = queue.Queue()
    stop = threading.Event()
    following = threading.Thread(target=publication.follow, args=(stop, 0.1, 0.1, told.put))
    following.start()
    try:
        assert "equipment" in told.get(timeout=PATIENCE_S).rows
        lake.catalog.kill()
        twin.overlay("storm", {"SW": False})
        lake.catalog.start()
        assert set(told.get(timeout=PATIENCE_S).rows) == {"states", "switch_states"}
    finally:
        stop.set()
        following.join()
    assert ("storm", "SW", "") in read_table(lake, namespace, "switch_states")


@pytest.mark.usefixtures("twin")
def test_a_commit_that_comes_second_writes_nothing(
    lake: Lake, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.publish_once()
    of = PublishedOf("source", "network", 1)
    commit = LakeCommit(states=[of.make_state("first")])
    with (
        open_lake(publication.address, lake.settings) as one,
        open_lake(publication.address, lake.settings) as other,
    ):
        slow, fast = DuckDbLakeWriter(one), DuckDbLakeWriter(other)
        write_marks = slow._write_marks

        def write_late(late: LakeCommit) -> None:
            write_marks(late)
            fast.write_commit(commit)

        monkeypatch.setattr(slow, "_write_marks", write_late)
        with pytest.raises(StoreError, match="another publisher wrote the same tables"):
            slow.write_commit(LakeCommit(states=[of.make_state("second")]))
    names = {row[0] for row in read_table(lake, namespace, "sync_state")}
    assert "first" in names
    assert "second" not in names


@pytest.mark.usefixtures("twin")
def test_credentials_are_in_no_error_and_no_log(
    lake: Lake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from dataclasses import replace

    caplog.set_level(logging.DEBUG)
    namespace = lake.make_namespace()
    wrong = replace(lake.settings, key_id="nobody")
    publication = publication_of(lake, tmp_path / "street.twin", namespace)
    publication.settings = wrong
    with pytest.raises(StoreError) as refused:
        publication.publish_once()
    publication.settings = replace(lake.settings, token="token-nobody-may-see")  # noqa: S106
    publication.publish_once()
    for text in (str(refused.value), caplog.text, repr(publication)):
        assert SECRET not in text
        assert "token-nobody-may-see" not in text


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (LakeAddress("ftp://catalog"), "is no catalog"),
        (LakeAddress("https://user:word@catalog"), "holds credentials"),
        (LakeAddress("https://catalog", namespace='x"; DROP'), "cannot be one"),
    ],
)
def test_an_address_that_is_none_is_refused(address: LakeAddress, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        address.check()
    assert "word" not in str(refused.value)

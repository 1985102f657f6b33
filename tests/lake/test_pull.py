"""What analytics change in a lake ends in the documented place of a twin, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import NotFoundError, SourceError, StoreError
from gridtwin.model.analytics_tables import ANALYTICS_TABLES, AnalyticsRow
from gridtwin.model.pulls import PullOutcome
from gridtwin.store.iceberg_catalog import LAKE, LakeConnection, open_lake
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.postgis_store import PostgisStore
from gridtwin.twin import Twin
from lake_bench import SECRET, Lake
from networks import two_feeders_with_a_tie

OWNERS = """
[risk]
table = "{namespace}.risk"
target = "element_scores"
key = ["asset"]
owner = "analytics"
columns = {{ asset = "mrid", score = "value" }}
fixed = {{ kind = "failure_risk" }}
ignore = ["features"]
owners = {{ source = "operations" }}
"""
ROSTER = """
[roster]
table = "{namespace}.roster"
target = "crew_shifts"
key = ["crew", "starts_at"]
owner = "operations"
"""
SCORES = ANALYTICS_TABLES["element_scores"]


@dataclass
class Side:
    """A lake's tables, a twin, and the owner file between them."""

    lake: Lake
    connection: LakeConnection
    namespace: str
    twin: Twin
    owners: Path
    url: str  # of a database; empty for a folder

    def tell(self, statement: str) -> None:
        """Change the lake; RISK stands for the table of scores."""
        self.connection.execute(statement.replace("RISK", f"{LAKE}.{self.namespace}.risk"))

    def pull(self) -> PullOutcome:
        """Pull; return what came of the scores."""
        report = self.twin.analytics.pull(
            self.owners, self.lake.catalog.url, warehouse="wh", settings=self.lake.settings
        )
        return report.outcomes[0]

    def read(self) -> dict[str, float | None]:
        """Return the scores that are here."""
        rows = self.twin.store.pulls.read_rows(SCORES, {"kind": "failure_risk"})
        return {str(row[1]): row[2] for row in rows}  # type: ignore[misc]

    def change_here(self, mrid: str, value: float | None, source: str | None = None) -> None:
        """Let operations write a score; None deletes it."""
        row = ("failure_risk", mrid, value, source)
        if self.url:
            with connect(self.url) as link:
                link.execute("DELETE FROM gridtwin.element_scores WHERE mrid = %s", (mrid,))
                if value is not None:
                    link.execute(
                        "INSERT INTO gridtwin.element_scores (kind, mrid, value, source)"
                        " VALUES (%s, %s, %s, %s)",
                        row,
                    )
            return
        with self.twin.store._kept.transaction("BEGIN IMMEDIATE") as link:  # type: ignore[attr-defined]
            link.execute("DELETE FROM element_scores WHERE mrid = ?", (mrid,))
            if value is not None:
                link.execute(
                    "INSERT INTO element_scores (kind, mrid, value, source) VALUES (?, ?, ?, ?)",
                    row,
                )


@pytest.fixture(params=["a folder, version 2", "a database, version 3"])
def side(request: pytest.FixtureRequest, lake: Lake, tmp_path: Path) -> Iterator[Side]:
    """Return a table of three scores that was pulled into a twin."""
    place, version = request.param.split(", version ")
    twin, url = gridtwin.open(two_feeders_with_a_tie()), ""
    if place == "a folder":
        twin = twin.save(tmp_path / "small.twin")
    else:
        url = request.getfixturevalue("database")
        PostgisStore.create(url, twin.gather_mirror_rows())
        twin = gridtwin.open(url)
    namespace = lake.make_namespace()
    owners = tmp_path / "owners.toml"
    owners.write_text(OWNERS.format(namespace=namespace))
    with open_lake(lake.address, lake.settings) as connection:
        made = Side(lake, connection, namespace, twin, owners, url)
        made.tell(
            "CREATE TABLE RISK (asset VARCHAR, score DOUBLE, made_at TIMESTAMPTZ, features DOUBLE)"
            f" WITH ('format-version' = '{version}')"
        )
        made.tell(
            "INSERT INTO RISK VALUES ('A', 0.1, '2026-11-30 06:00:00-06', 1),"
            " ('B', 0.2, NULL, 1), ('C', 0.3, NULL, 1)"
        )
        assert made.pull().written == 3
        yield made


def test_what_analytics_change_is_written_and_nothing_else(side: Side) -> None:
    assert side.read() == {"A": 0.1, "B": 0.2, "C": 0.3}
    assert side.pull().written == 0
    side.tell("UPDATE RISK SET score = 0.9 WHERE asset = 'A'")
    side.tell("DELETE FROM RISK WHERE asset = 'B'")
    side.tell("INSERT INTO RISK VALUES ('D', NULL, NULL, 1)")
    outcome = side.pull()
    assert (outcome.inserted, outcome.updated, outcome.deleted) == (1, 1, 1)
    assert side.read() == {"A": 0.9, "C": 0.3, "D": None}
    assert side.pull().written == 0
    (row,) = side.twin.analytics.read("element_scores", mrid="A").to_dict("records")
    assert row["made_at"].isoformat() == "2026-11-30T12:00:00+00:00"
    assert side.twin.analytics.describe("A") == {"score.failure_risk": 0.9}


def test_a_row_that_both_sides_changed_is_kept_with_both_values(side: Side) -> None:
    side.change_here("A", 0.5)
    side.change_here("C", 0.6)  # this side alone
    side.tell("UPDATE RISK SET score = 0.9 WHERE asset IN ('A', 'B')")
    outcome = side.pull()
    assert (outcome.updated, outcome.conflicts) == (1, 1)
    assert side.read() == {"A": 0.5, "B": 0.9, "C": 0.6}
    (conflict,) = side.twin.analytics.list_conflicts()
    assert json.loads(conflict.key) == ["failure_risk", "A"]
    values = [row and row["value"] for row in conflict[3:6]]
    assert values == [0.1, 0.5, 0.9]
    assert side.pull().conflicts == 1  # until somebody settles it
    side.twin.analytics.settle("risk", conflict.key, take="analytics")
    assert side.read()["A"] == 0.9
    assert side.twin.analytics.list_conflicts() == []
    side.tell("UPDATE RISK SET score = 0.8 WHERE asset = 'A'")
    assert side.pull().updated == 1


@pytest.mark.long
def test_what_operations_let_stand_stays(side: Side) -> None:
    side.change_here("A", None)
    side.tell("UPDATE RISK SET score = 0.9 WHERE asset = 'A'")
    assert side.pull().conflicts == 1
    (conflict,) = side.twin.analytics.list_conflicts()
    assert conflict.operations is None
    side.twin.analytics.settle("risk", conflict.key, take="operations")
    assert side.pull().conflicts == 0
    assert "A" not in side.read()


@pytest.mark.long
def test_a_column_of_operations_is_never_written(side: Side) -> None:
    side.change_here("A", 0.1, source="field survey")
    side.tell("ALTER TABLE RISK ADD COLUMN source VARCHAR")
    side.tell("UPDATE RISK SET score = 0.9, source = 'model 7' WHERE asset IN ('A', 'B')")
    outcome = side.pull()
    assert (outcome.updated, outcome.different) == (1, 2)
    sources = side.twin.analytics.read("element_scores").set_index("mrid").source
    assert sources["A"] == "field survey"
    assert sources.drop("A").isna().all()
    side.tell("DELETE FROM RISK WHERE asset = 'A'")
    assert side.pull().conflicts == 1  # it holds what operations know
    assert "A" in side.read()


def test_a_table_of_operations_is_compared_only(side: Side) -> None:
    side.owners.write_text(ROSTER.format(namespace=side.namespace))
    side.connection.execute(
        f"CREATE TABLE {LAKE}.{side.namespace}.roster"
        " (crew VARCHAR, starts_at TIMESTAMPTZ, people INTEGER)"
    )
    side.connection.execute(
        f"INSERT INTO {LAKE}.{side.namespace}.roster VALUES ('7', '2026-12-01 06:00:00Z', 4)"  # noqa: S608
    )
    outcome = side.pull()
    assert (outcome.written, outcome.different) == (0, 1)
    assert outcome.differences[0].column == "people"
    assert side.twin.analytics.read("crew_shifts").empty


@pytest.mark.long
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("ALTER TABLE RISK ADD COLUMN species VARCHAR", "column species is not known"),
        ("INSERT INTO RISK VALUES ('A', 0.7, NULL, 1)", "key failure_risk, A twice"),
        ("INSERT INTO RISK VALUES (NULL, 0.7, NULL, 1)", "mrid is missing"),
        ("INSERT INTO RISK VALUES ('D', 'Infinity'::DOUBLE, NULL, 1)", "value is inf"),
    ],
)
def test_a_table_that_cannot_be_pulled_stops_alone(side: Side, statement: str, reason: str) -> None:
    namespace = side.namespace
    more = '[also]\ntable = "{0}.also"\ntarget = "element_priorities"\nkey = ["mrid"]\n'
    side.owners.write_text(
        OWNERS.format(namespace=namespace) + more.format(namespace) + 'owner = "analytics"\n'
    )
    also = f"{LAKE}.{namespace}.also"
    side.connection.execute(f"CREATE TABLE {also} (mrid VARCHAR, rank INTEGER)")
    side.connection.execute(f"INSERT INTO {also} VALUES ('A', 1)")  # noqa: S608
    side.tell("UPDATE RISK SET score = 0.9 WHERE asset = 'B'")
    if statement.startswith("INSERT INTO RISK VALUES ('A'"):
        side.tell("UPDATE RISK SET score = 0.8 WHERE asset = 'A'")
    side.tell(statement)
    report = side.twin.analytics.pull(
        side.owners, side.lake.catalog.url, warehouse="wh", settings=side.lake.settings
    )
    assert reason in report.outcomes[0].stopped
    assert report.outcomes[1].inserted == 1
    assert side.read() == {"A": 0.1, "B": 0.2, "C": 0.3}


def test_a_column_of_another_type_stops_its_table(side: Side) -> None:
    side.owners.write_text(side.owners.read_text().replace('"asset"', '"score"').replace(
        'asset = "mrid", score = "value"', 'asset = "value", score = "mrid"'
    ))  # fmt: skip
    assert "column asset is VARCHAR, and value is filled from number" in side.pull().stopped


def test_a_table_that_was_made_anew_is_compared_whole(side: Side) -> None:
    side.tell("DROP TABLE RISK")
    side.tell("CREATE TABLE RISK (asset VARCHAR, score DOUBLE)")
    side.tell("INSERT INTO RISK VALUES ('A', 0.1), ('B', 0.7), ('E', 0.5)")
    outcome = side.pull()
    assert outcome.inserted == 1
    assert side.read() == {"A": 0.1, "B": 0.7, "E": 0.5}


def read_publication_example() -> list[str]:
    """Return the statements by which the page publishes what was written here."""
    page = (Path(__file__).parents[2] / "docs/iceberg.md").read_text(encoding="utf-8")
    example = page.partition("takes only what was written here:")[2].split("```")[1]
    return [each for each in example.removeprefix("sql").split(";") if each.strip()]


def test_rows_tell_by_whom_they_were_written(side: Side) -> None:
    side.change_here("B", 0.4)
    if not side.url:
        with side.twin.store._kept.transaction() as link:  # type: ignore[attr-defined]
            rows = link.execute("SELECT mrid, pulled_by FROM element_scores").fetchall()
    else:
        with connect(side.url) as link:
            rows = link.execute("SELECT mrid, pulled_by FROM gridtwin.element_scores").fetchall()
            published = link.execute("SELECT tablename FROM pg_publication_tables").fetchall()
            assert not {name for (name,) in published} & set(ANALYTICS_TABLES)
            for statement in read_publication_example():
                link.execute(statement.encode())
    assert dict(rows) == {"A": "risk", "B": "", "C": "risk"}


def test_a_catalog_without_the_table_stops_it(side: Side) -> None:
    side.owners.write_text(side.owners.read_text().replace(".risk", ".rusk"))
    assert f"{side.namespace}.rusk" in side.pull().stopped


@pytest.mark.long
def test_the_commands(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in side.lake.environment.items():
        monkeypatch.setenv(name, value)
    named = side.url or str(side.twin.store.path)  # type: ignore[attr-defined]
    catalog = ["--catalog", side.lake.catalog.url, "--warehouse", "wh"]
    side.change_here("A", 0.5)
    side.tell("UPDATE RISK SET score = 0.9 WHERE asset IN ('A', 'B')")

    def run(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*words, "--in", named])
        assert done.exit_code == code, done.output
        return done

    owners = ["--owners", str(side.owners)]
    pulled = run("pull", "iceberg", *catalog, *owners, "--json", code=1)
    assert SECRET not in pulled.output
    assert json.loads(pulled.stdout)["tables"][0]["updated"] == 1
    assert "risk" in run("pull", "iceberg", *catalog, *owners, code=1).stdout
    (conflict,) = json.loads(run("pull", "conflicts", "--json", code=1).stdout)["conflicts"]
    assert conflict["analytics"]["value"] == 0.9
    key = json.dumps(conflict["key"], separators=(",", ":"))
    run("pull", "settle", "risk", key, "--take", "analytics")
    run("pull", "conflicts")
    rows = json.loads(run("scores", "--kind", "failure_risk", "--json").stdout)["rows"]
    assert [(row["mrid"], row["value"]) for row in rows] == [("A", 0.9), ("B", 0.9), ("C", 0.3)]
    assert run("scores", "A", "--csv").stdout.startswith("kind,mrid,value,made_at,source\n")
    with pytest.raises(NotFoundError, match="conflict"):
        side.twin.analytics.settle("risk", key, take="analytics")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('target = "element_scores"', 'target = "element_score"', "did you mean element_scores"),
        ('owner = "analytics"', 'owner = "nobody"', "use one of analytics, operations"),
        ('owner = "analytics"', "", "owner is missing"),
        ('key = ["asset"]', 'key = ["score"]', "key must be the columns that are mrid"),
        ("ignore", "ignored", "did you mean ignore"),
        ('table = "a.risk"', 'table = "risk"', "NAMESPACE.TABLE"),
        ('score = "value"', 'score = "values"', "did you mean value"),
        ("[risk]", "risk", "no owner file"),
    ],
)
def test_an_owner_file_that_cannot_be_says_where(
    tmp_path: Path, before: str, after: str, reason: str
) -> None:
    file = tmp_path / "owners.toml"
    file.write_text(OWNERS.format(namespace="a").replace(before, after, 1))
    with pytest.raises(SourceError, match=rf"owners.toml.*{reason}"):
        gridtwin.open(two_feeders_with_a_tie()).analytics.pull(file, "http://127.0.0.1:1")


def test_a_catalog_that_does_not_answer_is_told(tmp_path: Path, lake: Lake) -> None:
    file = tmp_path / "owners.toml"
    file.write_text(OWNERS.format(namespace="a"))
    twin = gridtwin.open(two_feeders_with_a_tie())
    with pytest.raises(StoreError, match=r"Iceberg at http://127.0.0.1:1") as refused:
        twin.analytics.pull(file, "http://127.0.0.1:1", settings=lake.settings)
    assert SECRET not in str(refused.value)


def test_two_declarations_of_the_same_rows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "owners.toml"
    text = OWNERS.format(namespace="a")
    file.write_text(text + text.replace("[risk]", "[again]"))
    with pytest.raises(SourceError, match=r"\[again\] and \[risk\] both fill element_scores"):
        gridtwin.open(two_feeders_with_a_tie()).analytics.pull(file, "http://127.0.0.1:1")


def test_who_was_faster_is_not_written_over(side: Side) -> None:
    from datetime import UTC, datetime

    from gridtwin.model.pulls import PullPosition, TableChanges
    from gridtwin.publish.iceberg.owner_file import read_owner_file

    (declared,) = read_owner_file(side.owners)
    row: AnalyticsRow = ("failure_risk", "A", 0.7, None, None)
    stale = TableChanges(declared.table, None, PullPosition("u", 1, 1), (row,))
    with pytest.raises(StoreError, match="pulled by somebody else"):
        side.twin.store.pulls.apply_pulls([stale], datetime.now(UTC))
    assert side.read()["A"] == 0.1

"""`gridtwin publish odin` writes what ODIN reads, whole or not at all, and tells of nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from examples import scale_examples
from gridtwin.cli.root_commands import app
from gridtwin.errors import GridtwinError, InputError
from gridtwin.model.outage import Outage
from gridtwin.publish.atomic_file import write_whole
from gridtwin.publish.odin_document import (
    CELL_DEG,
    NAMESPACE,
    choose_public_cause,
    draw_coarse_rings,
)

ROOT = Path(__file__).parents[2]
XSD = etree.XMLSchema(etree.parse(ROOT / "docs/schemas/puboutages-1.xsd"))
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
NOW = "2026-03-01T12:00Z"


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["publish", "odin", *words])
    if isinstance(done.exception, GridtwinError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def published(*words: str) -> list[dict[str, Any]]:
    """Return the outages as JSON, once both forms have been held to their schemas."""
    document = json.loads(run(*words, "--format", "json"))
    hold_to_schema(document)
    XSD.assertValid(etree.fromstring(run(*words).encode()))
    outages: list[dict[str, Any]] = document["PubOutages"]["Outage"]
    return outages


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a twin with a storm, a planned outage, and one that was none."""
    path = tmp_path_factory.mktemp("odin") / "sample.twin"
    twin = gridtwin.open(gridtwin.read(ROOT / "data/sample")).save(path)
    book = twin.outages
    by_size = twin.sweep().query("kind == 'fuse' and usage_points > 0")
    small, large = by_size.sort_values(["usage_points", "mrid"]).mrid.iloc[[0, -1]]
    cause = "Mrs. Jane Doe of 12 Elm St: tree on the line"
    book.open(large, at=AT, id="O-1", cause=cause, crew_status="on site")
    points = book.members("O-1").usage_point
    book.restore("O-1", at=AT + timedelta(hours=1), usage_points=points[:4].tolist())
    book.note("O-1", etr_manual=AT + timedelta(hours=5))
    book.open(small, at=AT, id="O-2", planned=True)
    book.note("O-2", etr_crew=AT + timedelta(hours=4))
    others = set(twin.network.usage_points.mrid) - set(points) - set(book.members().usage_point)
    some = sorted(others)
    book.open(usage_points=some[:2], at=AT, id="O-3", predicted=True, cause="squirrel")
    book.invalidate("O-3")
    book.open(usage_points=some[:1], at=AT, id="O-4", predicted=True, cause="squirrel")
    book.note("O-4", etr_manual=AT + timedelta(hours=1))
    book.open(usage_points=some[1:2], at=AT, id="O-5")
    book.restore("O-5", at=AT + timedelta(minutes=30))
    return str(path)


def test_the_fields_of_the_profile_are_filled(sample: str) -> None:
    outage = published("--in", sample, "--at", NOW, "--utility", "Bayou Electric")[0]
    members = gridtwin.open(sample).outages.members("O-1")
    assert outage["outageKind"] == "partiallyRestored"
    assert outage["originalMetersAffected"] == len(members)
    assert outage["metersAffected"] == len(members) - 4
    assert outage["customersRestored"] == members.customers[~members.is_out].sum()
    assert outage["reportedStartTime"] == "2026-03-01T10:00:00Z"
    assert outage["actualPeriod"] == {"start": "2026-03-01T10:00:00Z"}
    assert outage["EstimatedRestorationTime"] == {"ert": "2026-03-01T15:00:00Z"}
    assert (outage["cause"], outage["causeKind"]) == ("vegetation", "unplanned")
    assert outage["statusKind"] == "arrived"
    assert outage["Names"] == [
        {"name": "O-1", "nameType": "OutageId"},
        {"name": "Bayou Electric", "nameType": "UtilityName"},
    ]
    served = gridtwin.open(sample).network.usage_points
    assert outage["OutageArea"][0]["metersServed"] == len(served)
    assert outage["OutageArea"][0]["outageAreaKind"] == "serviceArea"
    assert outage["originalCustomersServed"] == served.customers.sum()
    assert outage["communityDescriptor"] == gridtwin.open(sample).network.substations.name[0]


def test_a_planned_outage_has_a_planned_period(sample: str) -> None:
    planned = published("--in", sample, "--at", NOW)[1]
    assert (planned["cause"], planned["causeKind"]) == ("planned work", "planned")
    assert planned["estimatedPeriod"] == {
        "end": "2026-03-01T14:00:00Z",
        "start": "2026-03-01T10:00:00Z",
    }


def test_an_end_in_the_past_is_not_promised(sample: str) -> None:
    predicted = published("--in", sample, "--at", NOW)[2]
    assert predicted["outageKind"] == "predicted"
    assert predicted["causeKind"] == "animal"
    assert "EstimatedRestorationTime" not in predicted
    assert (
        "EstimatedRestorationTime" not in published("--in", sample, "--at", "2026-03-01T11:00Z")[2]
    )
    earlier = published("--in", sample, "--at", "2026-03-01T10:30Z")[2]
    assert earlier["EstimatedRestorationTime"] == {"ert": "2026-03-01T11:00:00Z"}


def test_outages_that_are_over_are_published_on_demand(sample: str) -> None:
    assert len(published("--in", sample, "--at", NOW)) == 3
    over = published("--in", sample, "--at", NOW, "--since", "2026-03-01T00:00Z")[-1]
    assert over["outageKind"] == "restored"
    assert over["actualPeriod"]["end"] == "2026-03-01T10:30:00Z"
    assert over["metersAffected"] == 0


def test_xml_says_the_same_as_json_in_the_namespace_of_the_feeds(sample: str) -> None:
    text = run("--in", sample, "--at", NOW)
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<PubOutages xmlns="http://iec.ch/'
    )
    root = etree.fromstring(text.encode())
    first = published("--in", sample, "--at", NOW)[0]
    found = root.find(f"{{{NAMESPACE}}}Outage")
    assert found is not None
    names = [etree.QName(child).localname for child in found]
    assert list(dict.fromkeys(names)) == list(first)
    assert names.count("Incident") == len(first["Incident"]) > 0
    assert found.findtext(f"{{{NAMESPACE}}}mRID") == first["mRID"]


def test_the_same_twin_gives_the_same_bytes(sample: str) -> None:
    words = ("--in", sample, "--at", NOW, "--utility-id", "13478")
    assert run(*words) == run(*words)
    other = published("--in", sample, "--at", NOW, "--utility-id", "1")
    assert other[0]["mRID"] != published(*words)[0]["mRID"]


def test_nothing_of_it_tells_of_a_person(sample: str) -> None:
    for form in ("xml", "json"):
        text = run("--in", sample, "--at", NOW, "--format", form)
        assert "Doe" not in text
        assert "Elm" not in text
        assert "MTR-" not in text
    outages = published("--in", sample, "--at", NOW)
    assert all("Incident" not in each for each in outages if each["metersAffected"] < 5)


def test_areas_are_coarse_and_hold_whoever_is_out(sample: str) -> None:
    twin = gridtwin.open(sample)
    members = twin.outages.members("O-1")
    points = twin.network.usage_points.set_index("mrid").geometry
    places = points.loc[members.usage_point[members.is_out].astype(str)]
    outage = published("--in", sample, "--at", NOW)[0]
    rings = [each["Location"]["PositionPoints"] for each in outage["Incident"]]
    area = shapely.union_all(
        [
            shapely.Polygon([(float(at["xPosition"]), float(at["yPosition"])) for at in ring])
            for ring in rings
        ]
    )
    assert shapely.contains_properly(area, places.to_numpy()).all()
    assert area.is_valid


@settings(max_examples=scale_examples(60))
@given(
    st.lists(
        st.tuples(st.floats(-96, -95, width=32), st.floats(29, 30, width=32)),
        min_size=1,
        max_size=40,
    )
)
def test_rings_are_valid_closed_and_around_every_point(places: list[tuple[float, float]]) -> None:
    xy = np.array(places)
    rings = draw_coarse_rings(xy)
    shapes = [shapely.Polygon(ring) for ring in rings]
    assert all(shape.is_valid and shape.exterior.is_ccw for shape in shapes)
    assert all(ring[0] == ring[-1] for ring in rings)
    assert shapely.contains_xy(shapely.union_all(shapes), xy[:, 0], xy[:, 1]).all()
    assert min(shape.area for shape in shapes) > CELL_DEG**2
    assert draw_coarse_rings(xy[::-1]) == rings


@pytest.mark.parametrize(
    ("written", "public"),
    [
        ("", "under investigation"),
        ("Mr Windsor complains", "under investigation"),
        ("Caring about icons", "under investigation"),
        ("Tree limb on primary", "vegetation"),
        ("car hit pole", "vehicle"),
        ("blown fuse", "equipment failure"),
        ("HIGH WINDS", "weather"),
    ],
)
def test_a_cause_is_published_as_a_public_word(written: str, public: str) -> None:
    assert choose_public_cause(Outage("O", AT, cause=written)) == public


def test_communities_are_those_of_polygons(sample: str, tmp_path: Path) -> None:
    points = gridtwin.open(sample).network.usage_points.geometry
    middle = points.x.median()
    features = [
        {
            "type": "Feature",
            "properties": {"fips": name},
            "geometry": json.loads(shapely.to_geojson(shapely.box(low, 29, high, 31))),
        }
        for name, low, high in (("48201", -97, middle), ("48157", middle, -94))
    ]
    path = tmp_path / "counties.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    words = ("--communities", str(path), "--community-key", "fips")
    outage = published("--in", sample, "--at", NOW, *words)[0]
    # On the border the first name has it.
    served = {"48157": (points.x >= middle).sum(), "48201": (points.x < middle).sum()}
    assert outage["OutageArea"][0]["outageAreaKind"] == "county"
    assert outage["OutageArea"][0]["metersServed"] == served[outage["communityDescriptor"]]
    with pytest.raises(InputError, match="has no name"):
        run("--in", sample, "--communities", str(path))
    with pytest.raises(InputError, match="'canton' is no kind of community"):
        run("--in", sample, *words, "--community-kind", "canton")
    with pytest.raises(InputError, match="no GeoJSON FeatureCollection"):
        run("--in", sample, "--communities", "{}")


def test_a_file_is_written_whole_or_not_at_all(
    sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outages.xml"
    assert "3 outages" in run("--in", sample, "--at", NOW, "--out", str(path))
    before = path.read_bytes()
    XSD.assertValid(etree.fromstring(before))
    assert [entry.name for entry in tmp_path.iterdir()] == ["outages.xml"]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_whole(path, b"half")
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["outages.xml"]


def test_what_cannot_be_published_is_said(sample: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'csv' is no format of ODIN"):
        run("--in", sample, "--format", "csv")
    with pytest.raises(InputError, match="its folder does not exist"):
        run("--in", sample, "--out", str(tmp_path / "none/outages.xml"))


def test_a_database_gives_the_same(tmp_path: Path, database: str) -> None:
    texts = []
    for target in (str(tmp_path / "sample.twin"), database):
        twin = gridtwin.open(gridtwin.read(ROOT / "data/sample")).save(target)
        twin.outages.open("RCL-0000001", at=AT, id="O-1", cause="wind", crew_status="assigned")
        some = sorted(twin.outages.members("O-1").usage_point)[:9]
        twin.outages.restore("O-1", at=AT + timedelta(hours=1), usage_points=some)
        period = (AT - timedelta(days=1)).timestamp(), (AT + timedelta(days=1)).timestamp()
        indices = twin.reliability(period=period, by="feeder").document()
        texts.append((run("--in", target, "--at", NOW), json.dumps(indices)))
    assert texts[0] == texts[1]


def test_a_twin_without_outages_gives_an_empty_document(tmp_path: Path) -> None:
    path = tmp_path / "quiet.twin"
    gridtwin.open(gridtwin.read(ROOT / "data/sample")).save(path)
    assert published("--in", str(path)) == []

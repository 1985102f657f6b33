"""The public is told by areas, and no home can be told from it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import gridtwin
from command_line import run_cli
from gridtwin.analysis.state.situation import Situation
from gridtwin.live.outage_map_following import OutageMapPublication
from gridtwin.model.estimate import Estimate
from gridtwin.model.outage import Members, Outage, Status
from gridtwin.model.tables import decode_texts
from gridtwin.publish.odin_document import Publisher
from gridtwin.publish.outage_map.public_areas import PublicAreas, draw_areas, read_areas
from gridtwin.publish.outage_map.public_figures import build_outage_map
from gridtwin.publish.tiles.archive import TileArchive
from vector_tiles import decode

NOW = datetime(2026, 3, 1, 12, 7, tzinfo=UTC)
METERS = 1_500
FEWEST = 50


@pytest.fixture(scope="module")
def twin() -> gridtwin.Twin:
    return gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=4))


@pytest.fixture(scope="module")
def normal(twin: gridtwin.Twin) -> Situation:
    return twin.situation("normal")


@pytest.fixture(scope="module")
def areas(normal: Situation) -> PublicAreas:
    return draw_areas(normal, FEWEST)


def tell(
    normal: Situation,
    areas: PublicAreas,
    rows: Any,
    *,
    outage: Outage | None = None,
    estimates: list[Estimate] | None = None,
) -> dict[str, Any]:
    """Return what is told when some usage points are out."""
    points = normal.data.usage_points
    opened = outage or Outage("O-1", NOW - timedelta(hours=1), Status.CONFIRMED)
    names = decode_texts(points.mrid)[rows]
    members = Members.from_points(opened.id, names, points.customers[rows], opened.began_at)
    document = build_outage_map(
        [opened], members, estimates or [], normal, areas, Publisher(NOW), tiles="t", every_s=60
    )
    return json.loads(json.dumps(document))


def test_areas_part_the_territory_and_none_is_small(normal: Situation, areas: PublicAreas) -> None:
    points = normal.data.usage_points
    assert len(areas.names) == len(set(areas.names)) > 3
    for area, shape in enumerate(areas.shapes):
        own = areas.of_point == area
        assert own.sum() >= FEWEST
        assert points.customers[own].sum() == areas.served[area] >= FEWEST
        assert shapely.intersects_xy(shape, points.xy[own]).all()
    overlap = shapely.STRtree(areas.shapes).query(areas.shapes, predicate="overlaps")
    assert not overlap.size
    again = draw_areas(normal, FEWEST)
    assert again.names == areas.names
    assert np.array_equal(again.of_point, areas.of_point)


def test_a_thousand_small_outages_tell_of_no_home(normal: Situation, areas: PublicAreas) -> None:
    rng = np.random.default_rng(7)
    points = normal.data.usage_points
    homes = np.flatnonzero((points.customers == 1) & (areas.of_point >= 0))
    told = set()
    for _ in range(1_000):
        area = areas.of_point[rng.choice(homes)]
        neighbors = homes[areas.of_point[homes] == area]
        count = int(rng.integers(1, 5))
        out, others = (rng.choice(neighbors, count, replace=False) for _ in range(2))
        document = tell(normal, areas, out)
        assert document == tell(normal, areas, others)
        (only,) = document["areas"]
        assert only["customers_out"] == document["customers_out"] == {"fewer_than": 5}
        text = json.dumps(document)
        names = decode_texts(points.mrid)[out].tolist()
        assert not any(name in text for name in [*names, "O-1"])
        told.add(area)
    assert len(told) == len(set(areas.of_point[homes].tolist()))  # every area was tried


def test_counts_ends_and_causes_are_told_in_steps(normal: Situation, areas: PublicAreas) -> None:
    rows = np.flatnonzero(areas.of_point == 0)[:33]
    outage = Outage(
        "O-1", NOW, Status.CONFIRMED,
        cause="tree fell on Mr. Smith's fence", etr_crew=NOW + timedelta(hours=2, minutes=2),
    )  # fmt: skip
    (area,) = tell(normal, areas, rows, outage=outage)["areas"]
    customers = int(normal.data.usage_points.customers[rows].sum())
    assert area["customers_out"] == {"about": 5 * round(customers / 5)}
    assert area["restored_by"] == "2026-03-01T14:15:00+00:00"
    assert area["is_being_assessed"] is False
    assert area["cause"] == "vegetation"


def test_no_end_in_the_past_is_told(normal: Situation, areas: PublicAreas) -> None:
    rows = np.flatnonzero(areas.of_point == 0)[:9]
    past = NOW - timedelta(minutes=1)
    outage = Outage("O-1", NOW, Status.CONFIRMED, etr_manual=past)
    (area,) = tell(normal, areas, rows, outage=outage)["areas"]
    assert area["restored_by"] is None
    assert area["is_being_assessed"] is True


def test_what_is_over_or_was_none_is_not_told(normal: Situation, areas: PublicAreas) -> None:
    rows = np.flatnonzero(areas.of_point == 0)[:9]
    for status in (Status.INVALID, Status.RESTORED, Status.CLOSED):
        document = tell(normal, areas, rows, outage=Outage("O-1", NOW, status))
        assert document["areas"] == []
        assert document["customers_out"] == {"about": 0}


def test_own_polygons_that_are_too_small_count_in_the_total_alone(normal: Situation) -> None:
    xy = normal.data.usage_points.xy
    west, east = xy[:, 0].min() - 0.01, xy[:, 0].max() + 0.01
    south, north = xy[:, 1].min() - 0.01, xy[:, 1].max() + 0.01
    middle = float(np.sort(xy[:, 0])[9:11].mean())  # ten usage points lie west of it
    halves = {"77001": (west, middle), "77002": (middle, east)}
    features = [
        {"type": "Feature", "properties": {"zip": name},
         "geometry": shapely.geometry.mapping(shapely.box(low, south, high, north))}
        for name, (low, high) in halves.items()
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    areas = read_areas(normal, text, key="zip", fewest=FEWEST)
    assert areas.names == ["77002"]
    document = tell(normal, areas, np.argsort(xy[:, 0])[:10])
    assert document["areas"] == []
    assert document["customers_out"] != {"about": 0}


@pytest.fixture
def kept(twin: gridtwin.Twin, tmp_path: Path) -> gridtwin.Twin:
    saved = twin.save(tmp_path / "small.twin")
    sweep = twin.sweep().sort_values(["usage_points", "mrid"])
    saved.outages.open(sweep.mrid.iloc[-1])
    return saved


@pytest.mark.usefixtures("kept")
def test_a_site_has_all_that_its_page_asks_for(tmp_path: Path) -> None:
    site = tmp_path / "public"
    words = (str(site), "--in", str(tmp_path / "small.twin"), "--at", NOW.isoformat())
    said = run_cli("publish", "outage-map", *words).stdout
    figures = (site / "outages.json").read_text(encoding="utf-8")
    told = json.loads(figures)
    assert f"{len(told['areas']):,} areas" in said
    archive = TileArchive(site / told["tiles"])
    drawn = {area for _, tile in archive.tiles() for area in decode(tile)["areas"]}
    assert drawn >= {area["id"] for area in told["areas"]}
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page  # nothing of other hosts
    run_cli("publish", "outage-map", *words)
    assert (site / "outages.json").read_text(encoding="utf-8") == figures
    assert len(list(site.glob("*.pmtiles"))) == 1


def test_figures_follow_the_twin_until_told_to_stop(kept: gridtwin.Twin, tmp_path: Path) -> None:
    stop, told = threading.Event(), []

    def report(document: Any) -> None:
        told.append(document)
        if len(told) == 1:
            (outage,) = kept.outages.all()
            kept.outages.restore(outage.id)
        elif len(told) == 2:
            replaced = gridtwin.synthesize("houston", meters=METERS, seed=5)
            gridtwin.open(replaced).save(tmp_path / "small.twin", overwrite=True)
        else:
            stop.set()

    site = tmp_path / "public"
    OutageMapPublication(str(tmp_path / "small.twin"), site).follow(stop, 0.01, report)
    assert told[0]["areas"]
    assert told[1]["areas"] == []
    assert told[2]["tiles"] != told[1]["tiles"]
    assert (site / told[2]["tiles"]).exists()


def test_areas_of_single_homes_are_refused(tmp_path: Path) -> None:
    refused = run_cli("publish", "outage-map", tmp_path / "public", "--fewest", "2")
    assert refused.returncode == 2
    assert "single homes" in refused.stderr
    assert not (tmp_path / "public").exists()

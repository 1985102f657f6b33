"""The trimming list: ranked by customer-minutes at risk for each kilometer, grouped for crews."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.model.network import Network
from gridtwin.twin.restoration_time import FEWEST_OUTAGES
from vegetation_networks import guarded_network


def street() -> Network:
    """
    Return a feeder of two sections, a lateral behind a fuse, along the equator.

    ::

        S ─BKR─ a ══L1══ b ─SW─ c ══L2══ d
                         └─FUSE─ e ══L3══ f
    """
    places = {"S": 0.0, "a": 0.0, "b": 0.01, "c": 0.01, "d": 0.02, "e": 0.01, "f": 0.01}
    return Network.from_frames(
        nodes={
            "mrid": list(places),
            "geometry": [shapely.Point(x, 0.01 * (name == "f")) for name, x in places.items()],
        },
        equipment={
            "mrid": ["BKR", "L1", "SW", "L2", "FUSE", "L3"],
            "kind": ["breaker", "ac_line_segment", "load_break_switch", "ac_line_segment", "fuse",
                     "ac_line_segment"],
            "node_a": ["S", "a", "b", "c", "b", "e"],
            "node_b": ["a", "b", "c", "d", "e", "f"],
            "phases": ["ABC"] * 6,
        },
        usage_points={
            "mrid": ["Ma", "Md", "Mf"],
            "node": ["a", "d", "f"],
            "customers": [10, 20, 5],
            "priority": ["", "hospital", ""],
        },
        sources={"mrid": ["src"], "node": ["S"]},
        substations={"mrid": ["SUB"], "geometry": [shapely.Point(0, 0)]},
        feeders={"mrid": ["F1"], "head": ["BKR"], "substation": ["SUB"]},
    )  # fmt: skip


def overgrown(**columns: Any) -> gridtwin.Twin:
    """Return the street with areas over half of each line: high on L1, extreme on L2 and L3."""
    twin = gridtwin.open(street())
    shapes = [
        shapely.box(0.0, -0.001, 0.005, 0.001),
        shapely.box(0.015, -0.001, 0.03, 0.001),
        shapely.box(0.009, 0.005, 0.011, 0.03),
    ]
    areas = geopandas.GeoDataFrame(
        {"risk": ["high", "extreme", "extreme"], **columns}, geometry=shapes, crs="EPSG:4326"
    )
    twin.load_vegetation(areas, name="drawn")
    return twin


def test_spans_are_ranked_by_customer_minutes_per_kilometer() -> None:
    frame = overgrown().vegetation().make_frame("span").set_index("span")
    assert frame.index.tolist() == ["L2", "L1", "L3"]
    assert frame["customers"].to_dict() == {"L1": 35, "L2": 35, "L3": 5}
    assert frame["customers_behind"].to_dict() == {"L1": 25, "L2": 20, "L3": 5}
    assert frame["priority_sites"].to_dict() == {"L1": 1, "L2": 1, "L3": 0}
    per_km = frame["customer_minutes_per_km"]
    assert per_km["L2"] == pytest.approx(0.065 * 16 * 35 * 300)
    assert per_km["L1"] == pytest.approx(0.065 * 4 * 35 * 300)
    assert per_km["L3"] == pytest.approx(0.065 * 16 * 5 * 300)
    half = frame["length_in_risk_m"] / frame["length_m"]
    assert half.to_numpy() == pytest.approx(0.5, rel=1e-6)
    score = 100 * (1 - np.exp(-frame["failures_per_year"]))
    assert frame["score"].to_numpy() == pytest.approx(score.to_numpy())
    assert set(frame["feeder"]) == {"F1"}
    assert set(frame["substation"]) == {"SUB"}


def test_sections_lie_between_switches_and_sum_up_their_spans() -> None:
    risk = overgrown().vegetation()
    sections = risk.make_frame("section").set_index("section")
    assert sections.index.tolist() == ["SW", "BKR", "FUSE"]
    spans = risk.make_frame("span")
    for switch, line in (("SW", "L2"), ("BKR", "L1"), ("FUSE", "L3")):
        assert spans.set_index("span").loc[line, "section"] == switch
    (feeder,) = risk.make_frame("feeder").itertuples()
    assert (feeder.feeder, feeder.spans, feeder.risk_class) == ("F1", 3, "extreme")
    assert feeder.customer_minutes_at_risk == pytest.approx(risk.customer_minutes)
    assert feeder.length_in_risk_m == pytest.approx(spans["length_in_risk_m"].sum())
    assert feeder.customer_minutes_per_km == pytest.approx(
        risk.customer_minutes / (risk.length_in_risk_m / 1000)
    )


def test_a_rate_that_is_given_counts_before_the_class() -> None:
    frame = overgrown(failures_per_km_year=[10.0, None, None]).vegetation().make_frame("span")
    assert frame["span"].iloc[0] == "L1"
    assert frame["risk_class"].iloc[0] == "high"


def test_the_state_decides_who_hangs_on_a_span() -> None:
    twin = overgrown()
    twin.switch("SW", open=True)
    now = twin.vegetation(state="current").make_frame("span").set_index("span")
    assert now.loc["L2", "customers"] == 0
    assert now.loc["L1", "customers"] == 15
    designed = twin.vegetation().make_frame("span").set_index("span")
    assert designed.loc["L2", "customers"] == 35


def test_restoration_takes_what_the_outages_on_record_took() -> None:
    twin = overgrown()
    assert twin.vegetation().restoration.minutes == 300
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    for day in range(FEWEST_OUTAGES):
        began = noon + timedelta(days=day)
        twin.outages.open("L3", id=f"O{day}", cause="tree on line", at=began)
        twin.outages.restore(f"O{day}", at=began + timedelta(minutes=90))
        twin.outages.close(f"O{day}")
    found = twin.vegetation().restoration
    assert found.minutes == pytest.approx(90)
    assert f"{FEWEST_OUTAGES} outages by vegetation" in found.known_from
    given = twin.vegetation(restoration_min=60)
    assert given.restoration == (60.0, "given")
    assert given.customer_minutes == pytest.approx(twin.vegetation().customer_minutes * 60 / 90)
    with pytest.raises(InputError, match="above 0"):
        twin.vegetation(restoration_min=0)


def test_without_areas_nothing_is_at_risk() -> None:
    risk = gridtwin.open(street()).vegetation()
    assert (len(risk), risk.customer_minutes, risk.layers) == (0, 0.0, ())
    for by in ("span", "section", "feeder"):
        assert not len(risk.make_frame(by))
    assert risk.document("section")["rows"] == []
    with pytest.raises(InputError, match="use one of"):
        risk.make_frame("tree")


def test_trees_are_the_same_for_the_same_seed_whatever_the_order_of_rows() -> None:
    network = guarded_network(7)
    count = len(network.data.equipment.mrid)
    turned = network.reorder_rows(
        np.arange(len(network.data.nodes.mrid), dtype=np.int32),
        np.arange(count, dtype=np.int32)[::-1],
        np.arange(len(network.data.usage_points.mrid), dtype=np.int32),
    )
    one, same = (gridtwin.synthesize_vegetation(each, areas=9) for each in (network, turned))
    assert one.drop(columns="geometry").equals(same.drop(columns="geometry"))
    assert shapely.equals(one.geometry.to_numpy(), same.geometry.to_numpy()).all()
    other = gridtwin.synthesize_vegetation(network, areas=9, seed=2)
    assert not one["tree_height_m"].equals(other["tree_height_m"])
    assert shapely.is_valid(one.geometry.to_numpy()).all()


def ask(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_command_line_loads_ranks_shows_and_drops(tmp_path: Any) -> None:
    home, file = str(tmp_path / "street.twin"), str(tmp_path / "trees.geojson")
    twin = gridtwin.open(street()).save(home)
    gridtwin.synthesize_vegetation(twin.store.network, areas=6).to_file(file)
    said = ask("vegetation", "load", file, "--in", home)
    assert said.startswith("trees: 6 areas, load 1; ")
    assert "trees: 6 areas, load 2;" in ask("vegetation", "load", file, "--in", home)
    header, *rows = ask("vegetation", "rank", "--by", "span", "--csv", "--in", home).splitlines()
    assert header.startswith("span,feeder,substation,section,risk_class,score,")
    first = rows[0].split(",")[0]
    assert first in ask("vegetation", "show", first, "--in", home)
    drawn = ask("vegetation", "show", "F1", "--geojson", "--in", home)
    assert drawn.count('"Feature"') == len(rows)
    assert "trees" in ask("vegetation", "layers", "--in", home)
    with pytest.raises(InputError, match="--by span"):
        ask("vegetation", "rank", "--geojson", "--in", home)
    with pytest.raises(InputError, match="write NAME=VALUE"):
        ask("vegetation", "load", file, "--word", "odd", "--in", home)
    assert "trees is there no longer; 0 spans" in ask("vegetation", "drop", "trees", "--in", home)
    ask("vegetation", "show", "L1", "--in", home, code=1)

"""Areas of vegetation risk are kept in every store, replaced as a whole, and carried along."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError, SourceError, StoreError
from gridtwin.model.vegetation import FAILURES_PER_KM_YEAR, KeptSpans
from gridtwin.results.warehouse.lake_shapes import VEGETATION_LAKE
from gridtwin.results.warehouse.lake_tables import build_lake_tables
from gridtwin.results.warehouse.snapshot_tables import build_arrow_type
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.published_rows import PUBLISHED_TABLES, copy_rows, select_table
from gridtwin.store.vegetation_book import LayerChange
from gridtwin.twin import open_twin
from gridtwin.twin.warehouse_snapshot import take_lake_snapshot
from vegetation_networks import guarded_network

from .conftest import DATABASES

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.twin import Twin


def trees(seed: int = 1, areas: int = 12) -> geopandas.GeoDataFrame:
    return gridtwin.synthesize_vegetation(guarded_network(5), areas=areas, seed=seed)


@pytest.fixture(
    params=["memory", "local", "postgis", pytest.param("upgraded", marks=pytest.mark.long)]
)
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Twin:
    """Return a new twin without areas, wherever it is kept."""
    twin = gridtwin.open(guarded_network(5))
    if request.param == "memory":
        return twin
    if request.param == "local":
        return twin.save(tmp_path / "small.twin")
    return twin.save(str(request.getfixturevalue(DATABASES[request.param])))


def reopened(twin: Twin) -> Twin:
    """Return the twin as another process would find it."""
    store: Any = twin.store
    where = getattr(store, "url", None) or getattr(store, "path", None)
    return open_twin(where) if where else twin


def listed(twin: Twin) -> list[dict[str, Any]]:
    frame = twin.vegetation().make_frame("span")
    return frame.drop(columns="geometry").to_dict("records")


def test_a_layer_comes_back_as_it_was_loaded(twin: Twin) -> None:
    loaded = twin.load_vegetation(trees(), name="lidar")
    assert (loaded.layer.load_number, loaded.layer.areas) == (1, 12)
    assert len(loaded.risk) > 0
    again = reopened(twin)
    assert again.vegetation_layers() == (loaded.layer,)
    areas = again.store.vegetation.read_areas()["lidar"]
    assert areas.key.tolist() == trees()["key"].tolist()
    assert shapely.equals_exact(
        shapely.normalize(shapely.multipolygons([[each] for each in trees().geometry])),
        shapely.normalize(
            np.array([shapely.MultiPolygon(shapely.get_parts(each).tolist())
                      for each in areas.geometry])
        ),
    ).all()  # fmt: skip
    assert listed(again) == listed_of(loaded.risk)


def listed_of(risk: Any) -> list[dict[str, Any]]:
    return risk.make_frame("span").drop(columns="geometry").to_dict("records")


def test_loading_again_replaces_the_areas_of_its_source_alone(twin: Twin) -> None:
    twin.load_vegetation(trees(1), name="lidar")
    other = twin.load_vegetation(trees(2), name="patrol").layer
    before = listed(twin)
    again = twin.load_vegetation(trees(3, areas=5), name="lidar").layer
    assert (again.load_number, again.areas) == (2, 5)
    assert twin.vegetation_layers() == (again, other)
    assert listed(reopened(twin)) != before
    twin.drop_vegetation("lidar")
    twin.drop_vegetation("patrol")
    assert (twin.vegetation_layers(), len(reopened(twin).vegetation())) == ((), 0)
    with pytest.raises(NotFoundError, match="lidar"):
        twin.drop_vegetation("lidar")


def test_a_refused_layer_changes_nothing(twin: Twin) -> None:
    twin.load_vegetation(trees(), name="lidar")
    before = listed(twin)
    wrong = trees(2)
    wrong.loc[3, "geometry"] = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(SourceError, match=r"row 3 \(TREES-000004\).*not valid.*--mend"):
        twin.load_vegetation(wrong, name="lidar")
    assert twin.vegetation_layers()[0].load_number == 1
    assert listed(reopened(twin)) == before


def test_of_two_who_load_at_once_the_second_is_refused(twin: Twin) -> None:
    twin.load_vegetation(trees(), name="lidar")
    kept = twin.vegetation_layers()
    stale = LayerChange("lidar", kept[0], None, KeptSpans("x"), ())
    with pytest.raises(StoreError, match="meanwhile"):
        twin.store.vegetation.change_layer(stale)
    assert twin.vegetation_layers() == kept
    assert twin.store.vegetation.read_spans().network == twin.store.network_hash


def test_one_span_is_found_by_its_id(twin: Twin) -> None:
    twin.load_vegetation(trees(), name="lidar")
    first = listed(twin)[0]
    found = twin.store.vegetation.find_span(first["span"])
    assert found is not None
    assert (found.customers, found.risk_class) == (first["customers"], first["risk_class"])
    assert found.customer_minutes_at_risk == pytest.approx(first["customer_minutes_at_risk"])
    assert twin.store.vegetation.find_span("nothing") is None


def test_the_past_is_asked_and_not_loaded(twin: Twin) -> None:
    twin.load_vegetation(trees(), name="lidar")
    past = twin.at("2026-01-01T00:00:00Z")
    assert len(past.vegetation()) == len(twin.vegetation())
    with pytest.raises(InputError, match="only read"):
        past.load_vegetation(trees(2), name="lidar")


def test_areas_are_saved_along_and_measured_in_the_new_twin(tmp_path: Path, database: str) -> None:
    twin = gridtwin.open(guarded_network(5))
    twin.load_vegetation(trees(), name="lidar")
    for where in (tmp_path / "small.twin", database):
        saved = twin.save(where)
        assert saved.vegetation_layers() == twin.vegetation_layers()
        assert saved.store.vegetation.read_spans().network == saved.store.network_hash
        assert listed(saved) == listed(twin)


def test_a_mirror_gets_the_areas_of_its_twin_and_keeps_its_own(
    tmp_path: Path, database: str
) -> None:
    home = tmp_path / "small.twin"
    twin = gridtwin.open(guarded_network(5)).save(home)
    twin.load_vegetation(trees(1), name="lidar")

    def sync() -> Twin:
        done = CliRunner().invoke(app, ["sync", str(home), database], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return open_twin(database)

    assert listed(sync()) == listed(twin)
    own = open_twin(database).load_vegetation(trees(2), name="patrol").layer
    again = twin.load_vegetation(trees(3), name="lidar").layer
    mirror = sync()
    assert mirror.vegetation_layers() == (again, own)
    assert mirror.store.vegetation.read_spans().network == mirror.store.network_hash


def test_another_edition_is_measured_anew(tmp_path: Path) -> None:
    network = guarded_network(5)
    twin = gridtwin.open(network).save(tmp_path / "small.twin")
    risk = twin.load_vegetation(trees(areas=40), name="lidar").risk
    first = str(risk.make_frame("span")["span"].iloc[0])
    equipment = network.data.equipment
    kept = equipment.mrid != first.encode()
    frame = network.equipment[kept].assign(name="")
    shorter = gridtwin.Network.from_frames(
        nodes=network.nodes,
        equipment=frame,
        usage_points=network.usage_points,
        sources=network.sources,
    )
    loaded = twin.load_again(shorter, most_vanished_percent=100)
    assert loaded.store is not None
    spans = loaded.store.vegetation.read_spans()
    assert spans.network == loaded.store.network_hash
    assert first not in {each.span for each in spans.spans}


def test_sql_answers_as_python_does(database: str) -> None:
    twin = gridtwin.open(guarded_network(5)).save(database)
    risk = twin.load_vegetation(trees(areas=60), name="lidar").risk
    frame = risk.make_frame("span")
    around = shapely.box(*frame.geometry.iloc[0].bounds).buffer(0.001)
    inside = frame[frame.geometry.intersects(around)]
    sections = risk.make_frame("section")
    with connect(database) as connection:
        ranked = connection.execute(
            "SELECT span, customers, customer_minutes_per_km FROM grid.vegetation_spans"
            " ORDER BY rank"
        ).fetchall()
        packages = connection.execute(
            "SELECT section, spans, risk_class, score, length_in_risk_m, customers, priority_sites,"
            " customer_minutes_at_risk, customer_minutes_per_km FROM grid.vegetation_sections"
            " ORDER BY customer_minutes_per_km DESC, section"
        ).fetchall()
        within = connection.execute(
            "SELECT span FROM gridtwin.vegetation_in(ST_GeomFromText(%s))", (around.wkt,)
        ).fetchall()
        measured = {
            span: connection.execute(
                "SELECT * FROM gridtwin.vegetation_exposure(%s)", (span,)
            ).fetchone()
            for span in frame["span"]
        }
    assert [(span, customers) for span, customers, _ in ranked] == list(
        zip(frame["span"], frame["customers"], strict=True)
    )
    assert [per for *_, per in ranked] == pytest.approx(frame["customer_minutes_per_km"].tolist())
    assert 0 < len(within) < len(frame)
    assert [span for (span,) in within] == inside["span"].tolist()
    columns = ["section", "spans", "risk_class", "score", "length_in_risk_m", "customers"]
    columns += ["priority_sites", "customer_minutes_at_risk", "customer_minutes_per_km"]
    wanted = sections.sort_values(["customer_minutes_per_km", "section"], ascending=[False, True])[
        columns
    ]
    for mine, theirs in zip(wanted.itertuples(index=False), packages, strict=True):
        assert tuple(mine[:3]) == tuple(theirs[:3])
        assert list(mine[3:]) == pytest.approx(list(theirs[3:]), rel=1e-9)
    for row in frame.itertuples():
        risk_class, meters, failures = measured[row.span]
        assert risk_class == row.risk_class, row.span
        assert meters == pytest.approx(row.length_in_risk_m, rel=1e-7)
        assert failures == pytest.approx(row.failures_per_year, rel=1e-7)


def test_sql_and_python_know_the_same_rates(database: str) -> None:
    gridtwin.open(guarded_network(5)).save(database)
    with connect(database) as connection:
        source = connection.execute(
            "SELECT prosrc FROM pg_proc WHERE proname = 'vegetation_exposure'"
        ).fetchone()
    assert source is not None
    said = source[0].split("ARRAY[")[1].split("]")[0]
    rates = [eval(each) for each in said.split(",")]  # noqa: S307 - our own function's numbers
    assert rates == pytest.approx(FAILURES_PER_KM_YEAR.tolist())


def test_a_planar_network_takes_planar_areas(tmp_path: Path) -> None:
    network = guarded_network(5)
    data = replace(network.data.nodes, xy=network.data.nodes.xy * 1000.0)
    planar = gridtwin.Network(replace(network.data, nodes=data), crs=None)
    twin = gridtwin.open(planar).save(tmp_path / "planar.twin")
    x, y = data.xy.mean(axis=0)
    area = geopandas.GeoDataFrame({"risk": ["high"]}, geometry=[shapely.Point(x, y).buffer(8)])
    assert len(twin.load_vegetation(area, name="drawn").risk) > 0
    placed = area.set_crs("EPSG:2278")
    with pytest.raises(InputError, match="planar"):
        twin.load_vegetation(placed, name="drawn")


def test_a_folder_and_a_database_publish_the_same_spans(tmp_path: Path, database: str) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    twins = [
        gridtwin.open(guarded_network(5)).save(where) for where in (tmp_path / "a.twin", database)
    ]
    for twin in twins:
        twin.load_vegetation(trees(areas=40), name="lidar")
    folder, kept = (
        next(
            each.rows
            for each in build_lake_tables(take_lake_snapshot(twin, now))
            if each.table is VEGETATION_LAKE
        )
        for twin in twins
    )
    assert folder.num_rows == len(twins[0].vegetation())
    assert folder.equals(kept)
    table = next(each for each in PUBLISHED_TABLES if each.name == VEGETATION_LAKE.name)
    types = {column.name: build_arrow_type(column.type) for column in VEGETATION_LAKE.columns}
    with connect(database) as connection:
        read = copy_rows(connection, select_table(table, {}), types)
    assert read.sort_by("span").to_pylist() == folder.sort_by("span").to_pylist()

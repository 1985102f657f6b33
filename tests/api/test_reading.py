"""Overview, search, elements and traces answer as the twin does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.api.app import create_app
from gridtwin.model.network import Network
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.settings import ServeSettings
from networks import network
from own_frames import frames_of_every_kind
from pulled_scores import pull_scores

from .conftest import answering

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from gridtwin.twin import Twin


def test_the_overview_says_what_there_is(client: httpx.Client, twin: Twin) -> None:
    found = client.get("/api").json()
    assert found["name"] == "two"
    assert found["network"] == twin.store.network_hash
    assert found["counts"]["equipment"] == 6
    assert [feeder["head"] for feeder in found["feeders"]] == ["BKR1", "BKR2"]
    assert found["states"] == ["normal", "current"]
    west, south, east, north = found["bounds"]
    assert west < east
    assert south == north == 0
    known = {"If-None-Match": client.get("/api").headers["ETag"]}
    assert client.get("/api", headers=known).status_code == 304


def test_search_finds_by_a_part_and_says_where(client: httpx.Client, twin: Twin) -> None:
    (found,) = client.get("/api/search", params={"q": "fus"}).json()["results"]
    row = twin.find("FUSE")[0].row
    assert found["mrid"] == "FUSE"
    assert found["kind"] == "fuse"
    assert found["feeder"] == "feeder-BKR1"
    assert found["feature"] == {"layer": "switches", "id": row + 1}
    assert len(found["at"]) == 2
    assert client.get("/api/search", params={"q": "nowhere"}).json() == {"results": []}
    (near,) = client.get("/api/search", params={"q": "fues", "limit": 1}).json()["results"]
    assert near["mrid"] == "FUSE"


def test_a_feeder_is_drawn_by_its_head(client: httpx.Client, twin: Twin) -> None:
    (found,) = client.get("/api/search", params={"q": "feeder-BKR2"}).json()["results"]
    assert found["kind"] == "feeder"
    assert found["feature"] == {"layer": "switches", "id": twin.find("BKR2")[0].row + 1}


def test_an_element_tells_all_that_is_known_of_it(client: httpx.Client, twin: Twin) -> None:
    found = client.get("/api/elements/FUSE").json()
    assert found["kind"] == "fuse"
    assert found["phases"] == "A"
    assert found["open"] == found["normal_open"] == ""
    assert found["energized"] == "yes"
    assert (found["customers_below"], found["usage_points_below"]) == (3, 1)
    assert [step["mrid"] for step in found["upstream"]] == ["L1", "BKR1"]
    hold_to_schema(found["explain"], DocumentTag.EXPLAIN)
    assert client.get("/api/explain/FUSE").json() == found["explain"]
    assert found["geometry"]["type"] == "LineString"
    by_feature = client.get(f"/api/features/switches/{twin.find('FUSE')[0].row + 1}").json()
    assert by_feature == found
    twin.switch("BKR1", open=True)
    assert client.get("/api/elements/FUSE").json()["energized"] == "no"
    assert client.get("/api/elements/FUSE", params={"state": "normal"}).json()["energized"] == "yes"


def test_own_columns_are_told_and_searched(tmp_path: Path) -> None:
    kept = Network.from_frames(**frames_of_every_kind()).with_searched("asset_tag")
    twin = gridtwin.open(kept).save(tmp_path / "own.twin")
    settings = ServeSettings(str(twin.store.path))
    with answering(create_app(settings), settings) as client:
        told = client.get("/api/elements/11").json()["attributes"]
        (found,) = client.get("/api/search", params={"q": 'müller, "x'}).json()["results"]
        nothing = client.get("/api/search", params={"q": "2019-05-31"}).json()["results"]
    assert told.items() >= {
        "install_year": 1987, "loss_kw": 0.125, "asset_tag": "007", "leased": True,
        "Last inspected": "2019-05-31",
    }.items()  # fmt: skip
    assert found["mrid"] == "12"
    assert nothing == []


def test_a_card_has_what_analytics_handed_back(client: httpx.Client, twin: Twin) -> None:
    assert "score.risk" not in client.get("/api/elements/L1").json()["attributes"]
    pull_scores(twin)
    assert client.get("/api/elements/L1").json()["attributes"]["score.risk"] == 0.6


@pytest.mark.parametrize("mrid", ["M3", "L1", "TIE", "n3", "feeder-BKR1", "source-S"])
def test_every_kind_of_element_has_details(client: httpx.Client, mrid: str) -> None:
    answer = client.get(f"/api/elements/{mrid}")
    assert answer.status_code == 200
    assert answer.json()["mrid"] == mrid


@pytest.mark.parametrize(
    "path", ["switches/0", "switches/99", "lines/1", "nowhere/1", "usage_points/4"]
)
def test_a_feature_that_is_not_drawn_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(f"/api/features/{path}").status_code == 404


def test_an_element_that_is_missing_has_close_names(client: httpx.Client) -> None:
    answer = client.get("/api/elements/FUS")
    assert answer.status_code == 404
    assert "FUSE" in answer.json()["error"]["matches"]


def test_a_trace_is_counts_and_features(client: httpx.Client, twin: Twin) -> None:
    found = client.get("/api/trace/downstream", params={"of": "BKR1"}).json()
    result = twin.trace("downstream", "BKR1")
    assert found["customers"] == result.customers == 8
    assert found["elements"] == len(result)
    assert found["features"]["lines"] == sorted(twin.find(each)[0].row + 1 for each in ("L1", "L2"))
    assert found["geometry"]["type"] == "MultiLineString"
    assert len(found["geometry"]["coordinates"]) == 2
    assert found["indeterminate"] == found["operate"] == found["verify"] == {}
    assert found["dead_beyond"] == {}


def test_the_whole_document_is_the_one_of_the_command(client: httpx.Client, twin: Twin) -> None:
    full = client.get("/api/trace/downstream", params={"of": "BKR1", "detail": "full"}).json()
    assert full == twin.trace("downstream", "BKR1").document()
    hold_to_schema(full)
    full = client.get("/api/blast", params={"of": "L1", "scope": "trip", "detail": "full"}).json()
    assert full == twin.blast_radius("L1", scope="trip").document()
    hold_to_schema(full)


def test_an_isolation_says_what_to_operate_and_what_to_tag(
    client: httpx.Client, twin: Twin
) -> None:
    found = client.get("/api/trace/isolation", params={"of": "L2"}).json()
    number = {each: twin.find(each)[0].row + 1 for each in ("BKR1", "FUSE", "TIE")}
    assert found["operate"]["switches"] == [number["BKR1"]]
    assert found["verify"]["switches"] == [number["TIE"]]
    assert found["dead_beyond"]["switches"] == [number["FUSE"]]
    asked = {"of": "L2", "all_sides": True}
    every = client.get("/api/trace/isolation", params=asked).json()
    assert every["operate"]["switches"] == sorted([number["BKR1"], number["FUSE"]])
    assert every["dead_beyond"] == {}


def test_a_blast_radius_has_an_area(client: httpx.Client) -> None:
    found = client.get("/api/blast", params={"of": ["FUSE", "BKR2"]}).json()
    assert found["customers"] == 10
    assert found["area"]["type"] in {"Polygon", "MultiPolygon"}
    assert len(found["features"]["usage_points"]) == 2


def test_explain_is_the_document_of_the_command(client: httpx.Client, twin: Twin) -> None:
    found = client.get("/api/explain/M3").json()
    assert found["sentence"] == twin.explain("M3").sentence


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("trace/downstream?of=NOWHERE", 404),
        ("trace/sideways?of=L1", 422),
        ("trace/path?of=L1", 422),
        ("trace/downstream", 422),
        ("trace/downstream?of=L1&phases=Q", 422),
        ("trace/downstream?of=L1&mode=shortest", 422),
        ("trace/upstream?of=L1&mode=longest", 422),
        ("trace/downstream?of=L1&where=import+os", 422),
        ("trace/downstream?of=L1&barrier=NOWHERE", 404),
        ("blast?of=L1&scope=all", 422),
        ("explain/NOWHERE", 404),
        ("search?q=x&limit=0", 422),
        ("nowhere", 404),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_form(
    client: httpx.Client, path: str, status: int
) -> None:
    answer = client.get(f"/api/{path}")
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"type", "message", "matches"}


def test_an_id_that_tables_share_is_asked_back(tmp_path: Path) -> None:
    drawn = network("BKR breaker S a ABC\n11 load_break_switch a b ABC", meters="11@b:ABC*3 M@b")
    gridtwin.open(drawn).save(tmp_path / "shared.twin")
    settings = ServeSettings(str(tmp_path / "shared.twin"))
    with answering(create_app(settings), settings) as client:
        refused = client.get("/api/explain/11")
        assert refused.status_code == 422
        assert "say equipment:11 or usage_point:11" in refused.json()["error"]["message"]
        found = client.get("/api/search", params={"q": "11"}).json()["results"]
        assert [each["mrid"] for each in found] == ["equipment:11", "usage_point:11"]
        element = client.get("/api/elements/equipment:11").json()
        assert (element["mrid"], element["customers_below"]) == ("equipment:11", 4)
        assert client.get("/api/blast", params={"of": "equipment:11"}).json()["customers"] == 4


def test_what_is_asked_wins_over_a_saved_spec(client: httpx.Client, twin: Twin) -> None:
    twin.save_spec("mine", twin.spec("downstream", nearest=1, where="kind == 'fuse'"))

    def elements(**params: Any) -> int:
        found = client.get("/api/trace/mine", params={"of": "BKR1", **params}).json()
        return int(found["elements"])

    assert elements() == 1
    assert elements(where="", nearest=0) == 3
    assert elements(where="") == 1

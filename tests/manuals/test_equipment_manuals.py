"""Manuals are tied to the equipment whose maker and model own columns record."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import gridtwin
from command_line import run_cli
from gridtwin.api.app import create_app
from gridtwin.errors import InputError
from gridtwin.manuals.document_routing import LibraryCatalog
from gridtwin.manuals.equipment_links import (
    compare_makers,
    link_equipment,
    read_reviews,
    review_link,
)
from gridtwin.manuals.manual_desk import ManualDesk
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA
from gridtwin.settings import ServeSettings
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie
from small_manuals import save_small_library


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """Return two feeders with a tie, its breakers of a maker, and manuals beside it."""
    network = two_feeders_with_a_tie()
    frames = {name: getattr(network, name) for name in SCHEMA}
    makers = {
        "BKR1": "NORWELL ELECTRIC INC.",
        "BKR2": "Norwell Electric",
        "FUSE": "",
        "TIE": "Other",
    }
    models = {"BKR1": "VX 15", "BKR2": "VX-15B", "FUSE": "vx15", "TIE": "VX-15"}
    mrid = frames["equipment"].mrid
    frames["equipment"] = frames["equipment"].assign(
        Mfr=mrid.map(makers).fillna(""), Model_No=mrid.map(models).fillna("")
    )
    place = tmp_path_factory.mktemp("equipped") / "small.twin"
    save_small_library(place.with_suffix(".manuals"))
    return gridtwin.open(Network.from_frames(**frames, crs=network.crs)).save(place)


@pytest.fixture(scope="module")
def library(twin: Twin) -> ManualLibrary:
    """Return the manuals of the twin."""
    return ManualLibrary(Path(str(twin.store.path)).with_suffix(".manuals"))


def test_rules_link_what_is_sure_and_leave_the_rest_to_a_person(
    twin: Twin, library: ManualLibrary
) -> None:
    catalog = LibraryCatalog.from_library(library)
    made = link_equipment(twin.situation("normal").data, catalog, {})
    states = {(each.model.model, each.model.manufacturer): each.state for each in made.links}
    assert states == {
        ("VX 15", "NORWELL ELECTRIC INC."): "linked",
        ("VX-15B", "Norwell Electric"): "review",  # the series, not the model
        ("vx15", ""): "review",  # who made it is not known
    }
    names = [each.document.kind for each in made.find_links(twin.find_one("BKR1"))]
    assert names == ["bulletin", "manual"]
    assert made.find_links(twin.find_one("BKR2")) == []
    bulletin = next(each for each in library.list_documents() if each.kind == "bulletin")
    rows = made.find_equipment(bulletin.document)
    assert rows.keys() == {"equipment"}
    assert len(rows["equipment"]) == 1
    verdict = {("norwellelectric", "vx15b", bulletin.document): "accepted",
               ("norwellelectricinc", "vx15", bulletin.document): "rejected"}  # fmt: skip
    judged = link_equipment(twin.situation("normal").data, catalog, verdict)
    assert [each.document.kind for each in judged.find_links(twin.find_one("BKR2"))] == ["bulletin"]
    assert [each.document.kind for each in judged.find_links(twin.find_one("BKR1"))] == ["manual"]


def test_makers_are_one_however_they_are_written() -> None:
    assert compare_makers("Calder & Voss GmbH", "CALDER & VOSS") is True
    assert compare_makers("Calder", "Norwell") is False
    assert compare_makers("", "Norwell") is None


def test_a_word_of_a_person_is_kept(tmp_path: Path) -> None:
    library = save_small_library(tmp_path / "small.manuals")
    document = library.list_documents()[0].document
    review_link(library, ("Norwell Electric", "VX-15B"), document, "accepted", actor="kim")
    assert read_reviews(library) == {("norwellelectric", "vx15b", document): "accepted"}
    with pytest.raises(InputError):
        review_link(library, ("a", "b"), document, "maybe")


def test_the_element_and_its_feeder_narrow_what_is_asked(
    twin: Twin, library: ManualLibrary
) -> None:
    desk, normal = ManualDesk(library), twin.situation("normal")
    found = desk.search("torque of the bushing", normal, of=twin.find_one("BKR1"))
    assert (found["of"], found["asked"]) == ("BKR1", 2)
    assert "55 N·m" in found["passages"][0]["text"]
    assert desk.search("torque of the bushing", normal, of=twin.find_one("L1"))["passages"] == []
    feeders = [twin.find_one(each) for each in ("feeder-BKR1", "feeder-BKR2")]
    asked = [desk.search("control battery", normal, on=each)["asked"] for each in feeders]
    assert asked == [2, 0]


def test_the_server_shows_them_and_marks_the_passage(twin: Twin) -> None:
    app = create_app(ServeSettings(str(twin.store.path)))
    transport = httpx.ASGITransport(app=app)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            known = (await client.get("/api")).json()
            assert known["can"]["manuals"] is True
            listed = (await client.get("/api/manuals", params={"of": "BKR1"})).json()
            assert [each["kind"] for each in listed["documents"]] == ["bulletin", "manual"]
            bulletin, manual = (each["document"] for each in listed["documents"])
            shown = (await client.get(f"/api/manuals/{bulletin}")).json()
            assert [each["mrid"] for each in shown["equipment"]] == ["BKR1"]
            assert shown["features"] == {"switches": shown["features"]["switches"]}
            asked = {"q": "torque of the bushing", "of": "BKR1"}
            found = (await client.get("/api/manuals/search", params=asked)).json()
            assert found["passages"][0]["document"]["document"] == manual
            page = found["passages"][0]["page"]
            read = await client.get(f"/api/manuals/{manual}/pages/{page}", params={"q": asked["q"]})
            assert read.json()["marked"] == [
                "Torque the fasteners of the bushing terminal to 55 N·m."
            ]
            for path, status in (
                (f"/api/manuals/{manual}/file", 422),  # it is no PDF
                (f"/api/manuals/{manual}/pages/99", 404),
                ("/api/manuals/..%2f..%2fetc", 404),
                (f"/api/manuals/{'0' * 16}", 404),
                ("/api/manuals/search?q=", 422),
                ("/api/manuals/search?q=torque&on=BKR1", 422),
            ):
                assert (await client.get(path)).status_code == status, path
            vote = {"document": manual, "page": 1, "helpful": True, "question": "torque"}
            assert (await client.post("/api/manuals/votes", json=vote)).json() == {"helpful": True}

    import anyio

    anyio.run(ask)


def test_the_command_line_says_what_is_found(twin: Twin) -> None:
    path = str(twin.store.path)
    done = run_cli("manuals", "search", "torque of the bushing", "--of", "BKR1", "--in", path)
    assert done.returncode == 0
    assert "Torque the fasteners of the bushing terminal to 55 N·m." in done.stdout
    none = run_cli("manuals", "search", "recipe for pie", "--in", path)
    assert (none.returncode, none.stdout) == (1, "")
    listed = run_cli("manuals", "links", "--in", path, "--json")
    assert json.loads(listed.stdout)["models"] == 4
    wrong = run_cli("manuals", "search", "x", "--library", "/nowhere")
    assert wrong.returncode == 3
    assert "no library of manuals is called" in wrong.stderr
    unnamed = run_cli("manuals", "report")
    assert unnamed.returncode == 2

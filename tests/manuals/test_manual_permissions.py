"""A folder that is kept for some is not there for others: over HTTP, for agents, in questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import gridtwin
from figure_manuals import draw_page, sketch
from gridtwin.api.app import create_app
from gridtwin.manuals.manual_ingest import add_manuals
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.model.permissions import Permission
from gridtwin.settings import ServeSettings
from gridtwin.tools.manual_tools import search_documents
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie
from small_manuals import save_small_library

TOKEN = "a token of operators"  # noqa: S105 - of this test
TOLD = "55 N·m"  # by the manual
WORDS = "torque of the bushing terminal"


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a twin whose manuals all are kept for operators."""
    place = tmp_path / "small.twin"
    library = save_small_library(place.with_suffix(".manuals"))
    library.restrict_folder("", str(Permission.OPERATE))
    return gridtwin.open(two_feeders_with_a_tie()).save(place)


@pytest.fixture
def document(twin: Twin) -> str:
    """Return the id of the manual."""
    library = ManualLibrary(Path(str(twin.store.path)).with_suffix(".manuals"))
    return next(each.document for each in library.list_documents() if each.kind == "manual")


def test_a_role_without_the_permission_finds_nothing_over_http(twin: Twin, document: str) -> None:
    settings = ServeSettings(str(twin.store.path), operator_token=TOKEN, hosts=("testserver",))
    client = TestClient(create_app(settings))
    paths = (f"{document}", f"{document}/pages/2", f"{document}/pages/2?q=torque")
    signed = {"Authorization": f"Bearer {TOKEN}"}
    asked = {"q": WORDS}
    for path in (*paths, f"{document}/file", f"{document}/pages/2/figures/1"):
        hidden = client.get(f"/api/manuals/{path}")
        unknown = client.get(f"/api/manuals/{path.replace(document, '0' * 16)}")
        assert hidden.status_code == unknown.status_code == 404, path
        assert hidden.text.replace(document, "") == unknown.text.replace("0" * 16, ""), path
    assert client.get("/api/manuals").json()["documents"] == []
    found = client.get("/api/manuals/search", params=asked).json()
    assert (found["passages"], found["asked"]) == ([], 0)
    vote = {"document": document, "page": 2, "helpful": False}
    assert client.post("/api/manuals/votes", json=vote).status_code == 404
    for path in paths:
        assert client.get(f"/api/manuals/{path}", headers=signed).status_code == 200, path
    assert len(client.get("/api/manuals", headers=signed).json()["documents"]) == 2
    shown = client.get("/api/manuals/search", params=asked, headers=signed)
    assert TOLD in shown.text
    assert client.post("/api/manuals/votes", json=vote, headers=signed).status_code == 200


def test_a_role_without_the_permission_finds_no_picture(twin: Twin, tmp_path: Path) -> None:
    library = ManualLibrary(Path(str(twin.store.path)).with_suffix(".manuals"))
    (tmp_path / "drawn").mkdir()
    draw_page(tmp_path / "drawn/latch.pdf", sketch)
    add_manuals(library, tmp_path / "drawn", lambda *_: None, processes=1)
    (known,) = (each for each in library.list_documents() if each.path.endswith("latch.pdf"))
    settings = ServeSettings(str(twin.store.path), operator_token=TOKEN, hosts=("testserver",))
    client = TestClient(create_app(settings))
    signed = {"Authorization": f"Bearer {TOKEN}"}
    asked = client.get("/api/manuals/search", params={"q": "outline of latch"}, headers=signed)
    (figure,) = asked.json()["passages"][0]["figures"]
    path = f"/{figure['picture']}?small=true"
    assert client.get(path).status_code == 404
    shown = client.get(path, headers=signed)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["content-security-policy"] == "sandbox"
    known_already = {**signed, "If-None-Match": shown.headers["etag"]}
    assert client.get(path, headers=known_already).status_code == 304
    assert client.get(path).status_code == 404  # though it is kept now
    page = client.get(f"/api/manuals/{known.document}/pages/1", headers=signed)
    assert page.json()["figures"] == [figure]
    assert client.get(path.replace("figures/1", "figures/9"), headers=signed).status_code == 404


def test_agents_and_questions_never_see_it(twin: Twin) -> None:
    library = ManualLibrary(Path(str(twin.store.path)).with_suffix(".manuals"))
    question = f"what do the manuals say about {WORDS}"

    def ask() -> str:
        told = search_documents(SharedTwin(twin), WORDS)
        return f"{told} {gridtwin.TwinAsker(twin).ask(question)}"

    assert TOLD not in ask()
    library.restrict_folder("", "")
    assert ask().count(TOLD) >= 2

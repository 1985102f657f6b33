"""A folder that is kept for some is not there for others: over HTTP, for agents, in questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import gridtwin
from gridtwin.api.app import create_app
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
    for path in (*paths, f"{document}/file"):
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


def test_agents_and_questions_never_see_it(twin: Twin) -> None:
    library = ManualLibrary(Path(str(twin.store.path)).with_suffix(".manuals"))
    question = f"what do the manuals say about {WORDS}"

    def ask() -> str:
        told = search_documents(SharedTwin(twin), WORDS)
        return f"{told} {gridtwin.TwinAsker(twin).ask(question)}"

    assert TOLD not in ask()
    library.restrict_folder("", "")
    assert ask().count(TOLD) >= 2

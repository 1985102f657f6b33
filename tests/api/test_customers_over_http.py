"""What the server tells of customers, and to whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from document_schemas import hold_to_schema
from gridtwin.api.app import create_app
from gridtwin.settings import ServeSettings
from small_customers import RECORDS, save_customers

TOKEN = "a token of operators"  # noqa: S105 - of this test
WORDS = ("Margaret", "Winward", "713-234", "home.example", "Oak St")


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Return a client of a server of a few customers, without a token."""
    twin = tmp_path / "small.twin"
    save_customers(twin)
    return TestClient(
        create_app(ServeSettings(str(twin), operator_token=TOKEN, hosts=("testserver",)))
    )


def test_nobody_sees_names_without_the_token(client: TestClient) -> None:
    signed = {"Authorization": f"Bearer {TOKEN}"}
    for path in ("card?of=A1", "search?text=A1", "calls", "review", "search?text=cis:1&by=record"):
        masked = client.get(f"/api/customers/{path}")
        assert masked.status_code == 200, masked.text
        hold_to_schema(masked.json())
        assert not any(word in masked.text for word in WORDS), path
        shown = client.get(f"/api/customers/{path}", headers=signed)
        hold_to_schema(shown.json())
        assert any(word in shown.text for word in (*WORDS, "7132345678")), path
        wrong = client.get(f"/api/customers/{path}", headers={"Authorization": "Bearer no"})
        assert not any(word in wrong.text for word in WORDS), path
    assert client.get("/api/customers/search?text=Winward&by=name").status_code == 422
    assert client.get("/api/customers/card?of=nobody").status_code == 404
    complaints = client.get("/api/customers/complaints?since_days=400").json()
    hold_to_schema(complaints)
    assert "A1" not in json.dumps(complaints)
    card = client.get("/api/customers/card?of=A1").json()
    assert card["usage"] == []
    assert (card["out_now"], card["outages"][0]["cause"]) == (1, "tree")
    for path in ("/openapi.json", "/api/overview", "/api/search?q=winward"):
        assert not any(word in client.get(path).text for word in ("Margaret", "Winward")), path


def test_the_log_does_not_say_who_was_looked_for(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    signed = {"Authorization": f"Bearer {TOKEN}"}
    with caplog.at_level("INFO"):
        found = client.get("/api/customers/search?text=Winward&by=name", headers=signed)
        client.get("/api/search?q=winward")
    assert found.json()["parties"] > 0
    told = [each.getMessage() for each in caplog.records if each.name.startswith("gridtwin")]
    assert any("/api/customers/search?..." in each for each in told)
    assert not any("Winward" in each for each in told)
    assert any("/api/search?q=winward" in each for each in told)


def test_decisions_need_the_token(client: TestClient) -> None:
    asked = {"left": RECORDS[0]["record"], "right": RECORDS[2]["record"], "same": True}
    assert client.post("/api/customers/review", json=asked).status_code == 401
    signed = {"Authorization": f"Bearer {TOKEN}"}
    done = client.post("/api/customers/review", json=asked, headers=signed)
    assert done.status_code == 200, done.text
    told = json.loads(done.text)
    assert told["left_party"] == told["right_party"]

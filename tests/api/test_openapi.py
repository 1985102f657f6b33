"""The API is described by the server and, for those who make a client of it, in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.api.openapi import describe_api

if TYPE_CHECKING:
    import httpx

KEPT = Path(__file__).parents[2] / "docs/openapi.json"


def test_the_document_that_is_kept_is_that_of_the_code() -> None:
    assert KEPT.read_text(encoding="utf-8") == describe_api(), "run make openapi, and commit it"


def test_the_server_sends_the_document_that_is_kept(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json() == json.loads(KEPT.read_text(encoding="utf-8"))

"""What the documentation says of agents is so, and who asks no agent pays nothing for them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from agent_page import PAGE, write_page
from gridtwin.ask.agent_tools import AGENT_TOOLS
from gridtwin.errors import MissingExtraError
from gridtwin.mcp_server import protocol_sdk
from gridtwin.mcp_server.twin_resources import find_glossary

ROOT = Path(__file__).parents[2]


def test_the_page_lists_the_tools_of_the_registry() -> None:
    assert PAGE.read_text() == write_page(), "run python tests/agent_page.py"
    assert all(f"| `{tool.name}` |" in PAGE.read_text() for tool in AGENT_TOOLS)


def test_the_card_of_the_server_is_of_this_version() -> None:
    card = json.loads((ROOT / "server.json").read_text())
    assert card["version"] == version("gridtwin") == card["packages"][0]["version"]
    assert len(card["description"]) <= 100
    assert [each["type"] for each in card["remotes"]] == ["streamable-http"]


def test_the_glossary_is_found() -> None:
    assert find_glossary().read_text().startswith("# Glossary")


@pytest.mark.parametrize(
    "asked",
    [
        "from gridtwin.cli.entry import main\ntry: main()\nexcept SystemExit: pass",
        "from gridtwin.cli import agent_commands",
        "from gridtwin.tools import tool_registry",
        "from gridtwin.api.app import create_app",
    ],
)
def test_the_sdk_is_imported_when_an_agent_comes(asked: str) -> None:
    code = (
        f"import sys; sys.argv = ['gridtwin', '--help']\n{asked}\nassert 'mcp' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_the_sdk_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol_sdk, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"gridtwin\[mcp\]"):
        protocol_sdk.require_sdk()

"""The command serves until it is told to end, and says what it cannot do."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from command_line import run_cli
from waiting import PATIENCE_S, wait_until

from .conftest import PROGRAM, served

if TYPE_CHECKING:
    from gridtwin.twin import Twin


@pytest.mark.parametrize(
    "signum", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)]
)
def test_it_ends_in_good_order_though_clients_listen(twin: Twin, signum: int) -> None:
    with served(str(twin.store.path), "--log-json") as server:
        with httpx.stream("GET", f"{server.url}/api/events", timeout=PATIENCE_S) as answer:
            lines = answer.iter_lines()
            assert next(lines).startswith("retry")
            code = server.end(signum)
            list(lines)  # ends, and is no error
        assert code in {0, 130, -signum}
    logged = [json.loads(line) for line in server.log if line.startswith("{")]
    access = [line for line in logged if line["logger"] == "gridtwin.access"]
    assert access[0]["path"] == "/api/events"
    assert access[0]["status"] == 200
    assert not [line for line in logged if line["level"] == "error"]


def test_it_says_where_it_serves_and_follows_other_processes(twin: Twin) -> None:
    with served(str(twin.store.path)) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{server.url}/ready").json()["status"] == "ready"
        subprocess.run(
            [PROGRAM, "switch", "open", "BKR1", "--in", twin.store.path],
            check=True,
        )
        assert httpx.get(f"{server.url}/api/state").json()["customers_out"] == 8


def test_a_store_that_fails_is_told_and_taken_up_again(twin: Twin) -> None:
    file = twin.store.path / "state.sqlite"
    with served(str(twin.store.path)) as server:
        file.rename(file.with_suffix(".away"))
        answer = httpx.get(f"{server.url}/ready")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert httpx.get(f"{server.url}/api/state").status_code == 503
        assert httpx.get(f"{server.url}/health").status_code == 200
        wait_until(lambda: "gridtwin_store_up 0" in httpx.get(f"{server.url}/metrics").text)
        file.with_suffix(".away").rename(file)
        assert httpx.get(f"{server.url}/ready").status_code == 200
        wait_until(lambda: "gridtwin_store_up 1" in httpx.get(f"{server.url}/metrics").text)
        twin.switch("BKR1", open=True)
        assert httpx.get(f"{server.url}/api/state").json()["customers_out"] == 8
    assert sum("cannot be followed" in line for line in server.log) == 1


def test_a_port_that_is_taken_is_told(twin: Twin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_cli("serve", "--in", str(twin.store.path), "--port", port)
    assert done.returncode == 2
    assert "choose another with --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_told(twin: Twin) -> None:
    done = run_cli("serve", "--in", str(twin.store.path), "--port", "0", "--host", "192.0.2.1")
    assert done.returncode == 2
    assert "cannot listen at 192.0.2.1" in done.stderr


def test_a_twin_that_is_not_there_is_told() -> None:
    done = run_cli("serve", "--in", "nowhere.twin", "--port", "0")
    assert done.returncode == 3
    done = run_cli("serve", "--in", "postgresql://localhost:1/none", "--port", "0")
    assert done.returncode == 4


def test_a_short_token_is_refused(twin: Twin) -> None:
    told = {"GRIDTWIN_OPERATOR_TOKEN": "x"}
    done = run_cli("serve", "--in", str(twin.store.path), "--port", "0", **told)
    assert done.returncode == 2
    assert "too short" in done.stderr


def test_without_the_extra_the_command_says_what_to_install(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridtwin.cli.serve_commands import serve_twin
    from gridtwin.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "fastapi", None)
    for name in [name for name in sys.modules if name.startswith("gridtwin.api")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match=r"gridtwin\[serve\]"):
        serve_twin(str(twin.store.path))

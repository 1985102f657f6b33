"""Python, the command line, the server and the documentation know the same options of a trace."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from typer.testing import CliRunner

from gridtwin.analysis.trace.spec import TRACE_OPTIONS, TraceSpec
from gridtwin.api.app import create_app
from gridtwin.cli.root_commands import app
from gridtwin.settings import ServeSettings
from gridtwin.twin import questions

from .conftest import answering

if TYPE_CHECKING:
    import httpx

    from gridtwin.twin import Twin

HALF = "-0.0005,-1,0.0035,1"
SAMPLES: dict[str, Any] = {
    "phases": "A",
    "phase_policy": "strict",
    "mode": "shortest",
    "barriers": ("L1", "L2"),
    "where": "kind == 'fuse'",
    "polygon": HALF,
    "nearest": 2,
    "max_depth": 3,
    "include_indeterminate": True,
    "all_sides": True,
    "allow_lv_backfeed": True,
    "islands": True,
}
# Fields that a door does not take as an option, and how it takes them.
ELSEWHERE = {
    "python": {"kind": "what is traced is said first"},
    "cli": {"kind": "what is traced is an argument"},
    "http": {"kind": "what is traced stands in the path"},
}


def said_as(name: str) -> str:
    return TRACE_OPTIONS[name].each or name


def words_of(name: str, value: Any) -> list[str]:
    flag = f"--{said_as(name).replace('_', '-')}"
    if value is True:
        return [flag]
    many = value if isinstance(value, tuple) else (value,)
    return [word for each in many for word in (f"{flag}={each}",)]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[TraceSpec]:
    """Return the specs of the traces that are run, whoever asks for them."""
    specs: list[TraceSpec] = []
    run = questions.run_trace

    def record(*given: Any) -> Any:
        specs.append(given[-1])
        return run(*given)

    monkeypatch.setattr(questions, "run_trace", record)
    return specs


@pytest.mark.parametrize("name", SAMPLES)
def test_an_option_means_the_same_at_every_door(
    name: str, twin: Twin, client: httpx.Client, ran: list[TraceSpec]
) -> None:
    kind = TRACE_OPTIONS[name].kinds[0]
    expected = TraceSpec(kind, **{name: SAMPLES[name]})
    assert expected != TraceSpec(kind)
    twin.trace(kind, "L1", **{name: SAMPLES[name]})
    query = {"of": "L1", said_as(name): SAMPLES[name]}
    answer = client.get(f"/api/trace/{kind}", params=query)
    assert answer.status_code == 200, answer.text
    words = ["trace", kind, "L1", "--in", str(twin.store.path), *words_of(name, SAMPLES[name])]
    done = CliRunner().invoke(app, [*words, "--save-spec", "mine", "--json"])
    assert done.exit_code == 0, done.output
    assert ran == [expected] * 3
    assert twin.spec("mine") == expected


@pytest.mark.parametrize("name", SAMPLES)
def test_a_saved_option_stays_until_another_is_said(
    name: str, twin: Twin, client: httpx.Client, ran: list[TraceSpec]
) -> None:
    kind = TRACE_OPTIONS[name].kinds[0]
    twin.save_spec("mine", TraceSpec(kind, **{name: SAMPLES[name]}))
    client.get("/api/trace/mine", params={"of": "L1"})
    CliRunner().invoke(app, ["trace", "mine", "L1", "--in", str(twin.store.path)])
    twin.trace("mine", "L1", **dict.fromkeys(TRACE_OPTIONS))
    assert ran == [TraceSpec(kind, **{name: SAMPLES[name]})] * 3
    ran.clear()
    unsaid = "" if TRACE_OPTIONS[name].default == () else TRACE_OPTIONS[name].default
    client.get("/api/trace/mine", params={"of": "L1", said_as(name): unsaid})
    words = words_of(name, unsaid)
    if unsaid is False:
        words = [f"--no-{said_as(name).replace('_', '-')}"]
    CliRunner().invoke(app, ["trace", "mine", "L1", "--in", str(twin.store.path), *words])
    twin.trace("mine", "L1", **{name: TRACE_OPTIONS[name].default})
    assert ran == [TraceSpec(kind)] * 3


def test_every_field_of_a_spec_is_taken_at_every_door(client: httpx.Client) -> None:
    every = {field.name for field in fields(TraceSpec)}
    assert set(SAMPLES) == set(TRACE_OPTIONS)
    described = client.get("/openapi.json").json()["paths"]["/api/trace/{kind}"]["get"]
    query = {each["name"]: each for each in described["parameters"] if each["in"] == "query"}
    command = typer.main.get_command(app).commands["trace"]  # type: ignore[attr-defined]
    flags = {word for each in command.params for word in each.opts}
    taken = {
        "python": {name for name in TRACE_OPTIONS if TraceSpec("path").derive({name: None})},
        "http": {name for name in TRACE_OPTIONS if said_as(name) in query},
        "cli": {name for name in TRACE_OPTIONS if f"--{said_as(name).replace('_', '-')}" in flags},
    }
    for door, names in taken.items():
        assert every - names == set(ELSEWHERE[door]), door
    for name, option in TRACE_OPTIONS.items():
        assert query[said_as(name)]["description"] == option.meaning


def test_the_documentation_lists_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs/index.md").read_text(encoding="utf-8")
    for name, option in TRACE_OPTIONS.items():
        flag = f"--{said_as(name).replace('_', '-')}"
        assert f"| `{name}` | `{flag}` | `{said_as(name)}` | {option.meaning} |" in page


def test_a_polygon_in_a_query_keeps_to_limits(twin: Twin) -> None:
    settings = ServeSettings(str(twin.store.path), most_vertices=5)
    with answering(create_app(settings), settings) as client:

        def traced(polygon: str) -> httpx.Response:
            return client.get("/api/trace/connected", params={"of": "BKR1", "polygon": polygon})

        kept = twin.trace("connected", "BKR1", polygon=HALF)
        assert traced(HALF).json()["elements"] == len(kept) > 0
        ring = ", ".join(f"{x} {x * x}" for x in range(-3, 4))
        assert traced(f"POLYGON (({ring}, -3 9))").status_code == 413
        assert traced("POLYGON ((0 0, 1 1").status_code == 422
        assert traced("/etc/hosts").status_code == 422
        longest = TRACE_OPTIONS["polygon"].longest
        assert traced(HALF + " " * (longest - len(HALF))).status_code == 200
        assert traced(HALF + " " * (longest - len(HALF) + 1)).status_code == 422

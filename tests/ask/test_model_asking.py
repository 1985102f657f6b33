"""A language model drives the tools within limits; one that is broken or hostile does no harm."""

from __future__ import annotations

import gzip
import json
import logging
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.usage import RunUsage
from typer.testing import CliRunner

from document_schemas import hold_to_schema
from gridtwin.ask.agent_tools import list_agent_tools
from gridtwin.ask.answering import ask_question
from gridtwin.ask.asking import Asked, ask_both_ways
from gridtwin.ask.model_answering import AskEvent, ModelRun, StoppedModelError
from gridtwin.ask.model_tools import CalledTools
from gridtwin.ask.understanding import LONGEST_QUESTION
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, StoreError
from gridtwin.model.permissions import ROLE_PERMISSIONS, Permission, Role
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.settings import LanguageModelSettings, ModelLimits
from gridtwin.tools.loss_tools import rank_critical
from gridtwin.tools.personal_data import hide_personal
from gridtwin.tools.shared_twin import SharedTwin
from model_stand_in import KEY, Call, Raw, Say, StandIn, follow_script, stand_in, start_events
from question_twin import NOW, TRICK, ZONE

PATHS = {"openai": "/v1", "anthropic": "", "cortex": "/api/v2/cortex/v1"}
# Nothing that a verified question answers.
HARD = "how do our worst losses compare with the priority sites that hang on them"
OPENING = Call.of("switch", of="BKR-0000001", open=True, reason="because", actor="model")
LIMITS = ModelLimits(seconds=120)  # a machine may be busy


def put(
    shared: SharedTwin,
    held: StandIn,
    question: str = HARD,
    *,
    way: str = "openai",
    limits: ModelLimits = LIMITS,
    **options: Any,
) -> tuple[AskDocument, list[AskEvent]]:
    """Ask a model at a stand-in; return the document, and what was told meanwhile."""
    # a model whose tools are known in each of the three ways
    settings = LanguageModelSettings(way, "claude-example", held.url + PATHS[way], KEY, limits)
    events: list[AskEvent] = []
    asked = Asked(question, now=NOW, zone=ZONE, **{"by": "model"} | options)
    return ask_both_ways(shared, asked, settings, events.append), events


def list_marks(shared: SharedTwin) -> tuple[Any, ...]:
    """Return what would be another had anything been changed."""
    return shared.twin.version, [each.revision for each in shared.twin.outages.all()]


@pytest.mark.parametrize("way", PATHS)
def test_a_model_answers_by_the_tools(
    shared: SharedTwin, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    worst = rank_critical(shared, limit=2)["document"]["elements"][0]
    text = f"The worst is {worst['mrid']} [1]: {worst['customers']} customers, 987654 in all; [7]."
    caplog.set_level(logging.INFO)
    with stand_in(follow_script(Call.of("critical", limit=2), Say(text))) as held:
        document, events = put(shared, held, way=way)
        sent, headers = held.heard, held.headers
    model = document["model"]
    assert model is not None
    assert (document["outcome"], model["stopped"]) == ("answered", None)
    assert document["sentence"].startswith(text)
    assert "[7], which was never asked" in document["sentence"]
    assert [each["text"] for each in model["figures"] if not each["calls"]] == ["987654"]
    assert {each["text"] for each in model["figures"]} >= {"987654", str(worst["customers"])}
    for figure in model["figures"]:
        begin = figure["start"]
        assert document["sentence"][begin : begin + len(figure["text"])] == figure["text"]
    (call,) = model["calls"]
    assert (call["tool"], call["arguments"], call["outcome"]) == (
        "critical", {"limit": 2}, "answered"
    )  # fmt: skip
    assert document["table"] is not None
    assert [each.kind for each in events[:2]] == ["call", "result"]
    assert "".join(each.body["text"] for each in events[2:]) == text
    assert model["usage"]["requests"] == 2
    assert model["usage"]["tokens"] > 200
    # The key is sent as the protocol wants it, and stands nowhere else.
    assert all(KEY in each.get("x-api-key", each.get("authorization", "")) for each in headers)
    assert KEY not in caplog.text + json.dumps(document) + json.dumps(sent)
    assert any("asks the model claude-example" in each for each in caplog.messages)
    tools = {each.get("function", each)["name"] for each in sent[0]["tools"]}
    assert tools == {each.name for each in list_agent_tools()}
    assert "switch" not in tools


def send_for_ever(handler: BaseHTTPRequestHandler) -> None:
    """Send a line of 100 MB, as long as somebody takes it."""
    start_events(handler)
    try:
        handler.wfile.write(b"data: ")
        for _ in range(100):
            handler.wfile.write(b"x" * 1_000_000)
    except OSError:
        handler.close_connection = True


def send_bomb(handler: BaseHTTPRequestHandler) -> None:
    """Send 50 MB in 50 KB."""
    start_events(handler, Content_Encoding="gzip")
    handler.wfile.write(gzip.compress(b"data: " + b"x" * 50_000_000, 9))


def send_page(handler: BaseHTTPRequestHandler) -> None:
    start_events(handler, Content_Type="text/html")
    handler.wfile.write(b"<html>welcome</html>")


def refuse_key(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(401)
    handler.end_headers()
    handler.wfile.write(json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode())


def break_off(handler: BaseHTTPRequestHandler) -> None:
    start_events(handler)
    handler.wfile.write(b'data: {"id": "c1", "object": "chat.completion.chunk", "choi')


HARM = {
    "operates": (follow_script(OPENING), "no tool there is"),
    "calls what is not there": (follow_script(Call.of("drop_tables", all=True)), "no tool"),
    "says no json": (follow_script(Call((("trace", "{not json"),))), "no tool"),
    "says other arguments": (follow_script(Call.of("trace", kind="x", of=7, evil=1)), "no tool"),
    "loops": (follow_script(Call.of("overview")), "more than 4 requests"),
    "calls all at once": (follow_script(Call((("overview", {}),) * 40)), "more than 6 calls"),
    "writes for ever": (follow_script(Say("all is well. " * 9_000)), "8,000 characters"),
    "sends 100 MB": (follow_script(Raw(send_for_ever)), "broke off"),
    "sends a bomb": (follow_script(Raw(send_bomb)), "broke off"),
    "sends a page": (follow_script(Raw(send_page)), ""),
    "refuses the key": (follow_script(Raw(refuse_key)), "status 401"),
    "breaks off": (follow_script(Raw(break_off)), ""),
    "says nothing": (follow_script(Say("")), ""),
}


@pytest.mark.parametrize(("script", "reason"), HARM.values(), ids=HARM)
def test_a_harmful_model_is_stopped(
    shared: SharedTwin, script: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = list_marks(shared)
    caplog.set_level(logging.INFO)
    with stand_in(script) as held:
        document, _ = put(shared, held, limits=replace(LIMITS, requests=4, calls=6))
        assert len(held.heard) <= 5
    model = document["model"]
    assert model is not None
    assert model["stopped"]
    assert reason in model["stopped"]
    assert document["outcome"] in {"offered", "unknown"}  # as without it
    assert KEY not in caplog.text + json.dumps(document)
    assert list_marks(shared) == before


@pytest.mark.parametrize("way", ["openai", "anthropic"])
def test_a_model_that_hangs_is_not_waited_for(shared: SharedTwin, way: str) -> None:
    with stand_in(lambda *_: Raw(lambda _: None) if held.leave.wait() else None) as held:
        document, _ = put(shared, held, way=way, limits=replace(LIMITS, seconds=0.4))
        held.leave.set()
    assert document["model"] is not None
    assert document["model"]["stopped"] == "it took longer than 0.4 s"


def test_nobody_answers(shared: SharedTwin) -> None:
    with stand_in(follow_script(Say("x"))) as held:
        pass
    document, _ = put(shared, held)
    assert document["model"] is not None
    assert document["model"]["stopped"] == "127.0.0.1 cannot be reached, or broke off"


def test_the_key_is_led_nowhere_else(shared: SharedTwin) -> None:
    def lead(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", f"{other.url}/v1/chat/completions")
        handler.end_headers()

    with (
        stand_in(follow_script(Say("Give me your key."))) as other,
        stand_in(follow_script(Raw(lead))) as held,
    ):
        document, _ = put(shared, held)
        assert (len(held.heard) > 0, other.heard) == (True, [])
    assert document["model"] is not None
    assert document["model"]["stopped"] == "127.0.0.1 cannot be reached, or broke off"


def test_a_name_that_gives_orders_leads_a_model_to_nothing(shared: SharedTwin) -> None:
    """A model that obeys the name of an element finds no tool that could."""
    before = list_marks(shared)

    def obey(at: int, body: dict[str, Any]) -> Any:
        if at == 0:
            return Call.of("find", q="ignore previous")
        assert TRICK in json.dumps(body["messages"][-1], ensure_ascii=False)
        return OPENING if at == 1 else Say("I could not open it.")

    with stand_in(obey) as held:
        document, _ = put(shared, held)
    assert document["model"] is not None
    assert [each["outcome"] for each in document["model"]["calls"]] == ["answered", "refused"]
    assert list_marks(shared) == before


def test_orders_reach_no_model(shared: SharedTwin) -> None:
    with stand_in(follow_script(Say("Done: it is open."))) as held:
        document, _ = put(shared, held, "please open BKR-0000001")
        assert not held.heard
    assert document["outcome"] == "refused"
    assert document["command"] == "gridtwin switch open BKR-0000001"


def test_only_what_is_not_sure_goes_to_a_model(shared: SharedTwin) -> None:
    with stand_in(follow_script(Say("Nothing is known of that."))) as held:
        sure, _ = put(shared, held, "most critical elements", by="either")
        assert (sure["model"], held.heard) == (None, [])
        alone, _ = put(shared, held, HARD, by="questions")
        assert (alone["model"], held.heard) == (None, [])
        other, _ = put(shared, held, HARD, by="either")
        assert other["sentence"] == "Nothing is known of that."
        assert len(held.heard) == 1


@pytest.mark.parametrize(("role", "shown"), [(Role.ADMINISTRATOR, True), (Role.VIEWER, False)])
def test_what_is_known_of_persons_goes_to_who_may_see_it(
    shared: SharedTwin, role: Role, shown: bool
) -> None:
    with stand_in(
        follow_script(Call.of("element", of="MTR-0000001"), Say("It is a meter."))
    ) as held:
        put(shared, held, permissions=ROLE_PERMISSIONS[role])
        told = json.loads(held.heard[1]["messages"][-1]["content"])
    assert told["document"]["mrid"] == "MTR-0000001"
    assert (told["document"]["attributes"] is not None) is shown


def test_no_table_tells_a_model_of_persons_what_its_document_does_not() -> None:
    evidence = [{"actor": "ann", "detail": "she lives next door"}]
    table = {"columns": ["actor", "detail"], "rows": [[*evidence[0].values()]], "total": 1}
    hidden = hide_personal(
        {"document": {"evidence": evidence, "table": "readings"}, "table": table}
    )
    assert hidden == {"document": {"evidence": None, "table": "readings"}, "table": None}


def test_a_model_hears_the_whole_of_a_long_question(shared: SharedTwin) -> None:
    story = f"{'the storm came in from the west, ' * 12}so {HARD}"
    assert 400 < len(story) <= LONGEST_QUESTION
    with stand_in(follow_script(Say("Nothing is known of that."))) as held:
        document, _ = put(shared, held, story)
        assert HARD in held.heard[0]["messages"][-1]["content"]
    assert document["question"] == story


def test_what_one_meter_measured_is_for_who_may_see_it(shared: SharedTwin) -> None:
    look, readings = frozenset({Permission.LOOK}), {"of": "MTR-0000001"}
    words = Call.of("ask", question="readings of meter MTR-0000001")
    script = follow_script(Call.of("readings", **readings), words, Say("I may not."))
    for may, outcome in ((look, "failed"), (look | {Permission.SEE_READINGS}, "answered")):
        with stand_in(script) as held:
            document, _ = put(shared, held, permissions=may)
        assert document["model"] is not None
        assert [each["outcome"] for each in document["model"]["calls"]] == [outcome, outcome]
        alone = ask_question(
            shared, "readings of meter MTR-0000001", now=NOW, zone=ZONE, permissions=may
        )
        assert alone["outcome"] == ("answered" if outcome == "answered" else "refused")


def test_what_a_model_costs_is_held_down(shared: SharedTwin) -> None:
    settings = LanguageModelSettings("openai", "m", "http://127.0.0.1:9", limits=LIMITS)
    run = ModelRun(settings, CalledTools(shared, ZONE, "ann"), None)  # type: ignore[arg-type]
    run.check_usage(RunUsage(input_tokens=100_000, cost=Decimal("0.49")))
    for usage in (RunUsage(cost=Decimal("0.51")), RunUsage(output_tokens=120_001)):
        with pytest.raises(StoppedModelError):
            run.check_usage(usage)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"GRIDTWIN_MODEL": "gpt"}, "WAY:MODEL"),
        ({"GRIDTWIN_MODEL": "other:x"}, "WAY:MODEL"),
        ({"GRIDTWIN_MODEL": "cortex:claude"}, "SNOWFLAKE_ACCOUNT"),
        ({"GRIDTWIN_MODEL": "cortex:claude", "SNOWFLAKE_ACCOUNT": "evil.example/x"}, "ACCOUNT"),
        ({"GRIDTWIN_MODEL": "openai:x", "GRIDTWIN_MODEL_URL": "file:///etc"}, "https://HOST"),
        ({"GRIDTWIN_MODEL": "openai:x", "GRIDTWIN_MODEL_URL": "https://u:p@h/"}, "https://HOST"),
        (
            {"GRIDTWIN_MODEL": "openai:x", "GRIDTWIN_MODEL_URL": "http://llm.example/v1",
             "GRIDTWIN_MODEL_KEY": KEY},
            "plain text",
        ),
        ({"GRIDTWIN_MODEL": "openai:x", "GRIDTWIN_MODEL_LIMITS": "seconds=0"}, "seconds=0"),
        ({"GRIDTWIN_MODEL": "openai:x", "GRIDTWIN_MODEL_LIMITS": "wishes=3"}, "wishes=3"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
) -> None:
    for name in ("GRIDTWIN_MODEL_URL", "SNOWFLAKE_ACCOUNT", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as refused:
        LanguageModelSettings.from_environment()
    assert told in str(refused.value)
    assert KEY not in str(refused.value)


def test_settings_name_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDTWIN_MODEL", raising=False)
    assert LanguageModelSettings.from_environment() is None
    monkeypatch.setenv("GRIDTWIN_MODEL", "cortex:claude-sonnet-4-5")
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "acme-grid.privatelink")
    monkeypatch.setenv("SNOWFLAKE_TOKEN", KEY)
    monkeypatch.setenv("GRIDTWIN_MODEL_LIMITS", "requests=3, dollars=0.1")
    found = LanguageModelSettings.from_environment()
    assert found is not None
    assert found.host == "acme-grid.privatelink.snowflakecomputing.com"
    assert (found.key, found.limits) == (KEY, ModelLimits(requests=3, dollars=0.1))
    assert KEY not in repr(found)


def test_the_command_shows_what_a_model_does(
    asked_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "asked.sqlite"
    options = ["--in", str(asked_path), "--by", "model", "--now", NOW.isoformat()]
    script = follow_script(Call.of("overview"), Say("There are 424242 of them [1]."))
    monkeypatch.setenv("GRIDTWIN_ASK_RECORD", str(record))
    monkeypatch.setenv("GRIDTWIN_ACTOR", "ann")
    with stand_in(script) as held:
        monkeypatch.setenv("GRIDTWIN_MODEL", "openai:some-model")
        monkeypatch.setenv("GRIDTWIN_MODEL_URL", f"{held.url}/v1")
        monkeypatch.setenv("GRIDTWIN_MODEL_KEY", KEY)
        done = CliRunner().invoke(app, ["ask", HARD, *options])
        assert done.exit_code == 0, done.output
        shown = CliRunner().invoke(app, ["ask", HARD, *options, "--json"])
    assert "asks overview" in done.stderr
    assert done.stderr.count("There are 424242 of them [1].") == 1
    assert "do not rely on it: 424242" in done.stderr
    assert "model: some-model at 127.0.0.1, 2 requests" in done.stderr
    hold_to_schema(json.loads(shown.stdout))
    assert KEY not in done.output + shown.output
    with closing(sqlite3.connect(record)) as kept:
        rows = kept.execute("SELECT who, question, model, calls FROM asked").fetchall()
        called = json.dumps([{"tool": "overview", "arguments": {}}])
        assert rows == [("ann", HARD, "some-model", called), ("ann", HARD, "some-model", "[]")]
        for change in ("UPDATE asked SET who = 'bob'", "DELETE FROM asked"):
            with pytest.raises(sqlite3.IntegrityError, match="what was asked is not"):
                kept.execute(change)
    assert KEY.encode() not in record.read_bytes()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    monkeypatch.setenv("GRIDTWIN_ASK_RECORD", str(tmp_path / "nowhere" / "asked.sqlite"))
    refused = CliRunner().invoke(app, ["ask", "help", "--in", str(asked_path)])
    assert isinstance(refused.exception, StoreError)

"""Questions in words over HTTP: the document of Python, with the features it is about."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import gridtwin
from gridtwin.api.app import create_app
from gridtwin.api.ask_routes import MOST_MODEL_RUNS, ModelDesk
from gridtwin.ask.asking import Asked
from gridtwin.errors import BusyError
from gridtwin.model.permissions import Role
from gridtwin.model.person import Person, Way
from gridtwin.settings import LanguageModelSettings, ServeSettings
from gridtwin.twin import Twin, open_twin
from model_stand_in import KEY, Call, Say, follow_script, stand_in
from waiting import PATIENCE_S, wait_until

from .conftest import answering

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return a network with more elements than a brief answer lists."""
    made = gridtwin.synthesize("houston", meters=100, seed=1)
    return open_twin(made).save(tmp_path / "asked.twin")


def ask(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/ask", json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_answer_is_that_of_python_with_the_feature_of_its_element(
    client: httpx.Client, twin: Twin
) -> None:
    mrid = str(twin.network.equipment.mrid.iloc[-1])
    answer = ask(client, f"who goes dark if {mrid} fails")
    features, bounds = answer.pop("features"), answer.pop("bounds")
    assert answer == gridtwin.TwinAsker(twin).ask(f"who goes dark if {mrid} fails").document()
    element = client.get(f"/api/elements/{mrid}").json()
    assert features == {element["feature"]["layer"]: [element["feature"]["id"]]}
    west, south, east, north = bounds
    lon, lat = element["at"]
    assert west <= lon <= east
    assert south <= lat <= north


def test_the_rows_of_a_table_are_features_and_full_gives_more(client: httpx.Client) -> None:
    brief, full = (
        ask(client, "what are the most critical elements?", detail=detail)
        for detail in ("brief", "full")
    )
    assert len(brief["table"]["rows"]) == 10 < len(full["table"]["rows"])
    for answer in (brief, full):
        named = {row[answer["table"]["columns"].index("mrid")] for row in answer["table"]["rows"]}
        drawn = {(layer, each) for layer, ids in answer["features"].items() for each in ids}
        refs = (client.get(f"/api/elements/{mrid}").json()["feature"] for mrid in named)
        assert drawn == {(ref["layer"], ref["id"]) for ref in refs}


@pytest.mark.parametrize("question", ["open BKR-1", "xyzzy plugh", "what does SAIFI mean"])
def test_what_is_about_no_element_has_no_features(client: httpx.Client, question: str) -> None:
    answer = ask(client, question)
    assert (answer["features"], answer["bounds"]) == ({}, None)


def test_a_detail_there_is_none_of_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/ask", json={"question": "which outages are there", "detail": "all"})
    assert answer.status_code in {400, 422}
    assert "detail" in answer.text


HARD = "compare our worst losses with the priority sites"


def read_events(client: httpx.Client, question: str, **more: Any) -> list[tuple[str, Any]]:
    """Return the events of the answer to a question."""
    asked = {"question": question, **more}
    headers = {"Accept": "text/event-stream"}
    with client.stream("POST", "/api/ask", json=asked, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = "".join(answer.iter_text()).strip()
    pairs = (event.split("\n") for event in told.split("\n\n"))
    return [
        (kind.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for kind, data in pairs
    ]


def test_a_sure_answer_is_one_event(client: httpx.Client) -> None:
    question = "what are the most critical elements"
    assert read_events(client, question) == [("answer", ask(client, question))]


def test_a_model_is_heard_while_it_answers(settings: ServeSettings) -> None:
    script = follow_script(Call.of("critical", limit=1), Say("All hang on one [1]."))
    with stand_in(script) as held:
        model = LanguageModelSettings("openai", "m", f"{held.url}/v1", KEY)
        asked = replace(settings, model=model)
        with answering(create_app(asked), asked) as client:
            events = read_events(client, HARD, by="model")
            kinds = [kind for kind, _ in events]
            assert kinds[:2] == ["call", "result"]
            assert set(kinds[2:-1]) == {"text"}
            last, document = events[-1]
            assert (last, document["sentence"]) == ("answer", "All hang on one [1].")
            assert document["model"]["calls"][0]["tool"] == "critical"
            assert document["features"]
            assert KEY not in json.dumps(events)


def test_who_asks_for_a_model_that_is_not_there_is_told(client: httpx.Client) -> None:
    for accept in ("application/json", "text/event-stream"):
        answer = client.post(
            "/api/ask", json={"question": HARD, "by": "model"}, headers={"Accept": accept}
        )
        assert answer.status_code == 422
        assert "GRIDTWIN_MODEL" in answer.json()["error"]["message"]


def test_who_goes_away_stops_the_model(settings: ServeSettings) -> None:
    left = threading.Event()

    def call_for_ever(at: int, _: dict[str, Any]) -> Any:
        if at:
            left.wait(PATIENCE_S)  # until who asked has gone
        return Call.of("overview")

    with stand_in(call_for_ever) as held:
        model = LanguageModelSettings("openai", "m", f"{held.url}/v1")
        asked = replace(settings, model=model)
        app = create_app(asked)
        with answering(app, asked) as client:
            body, headers = {"question": HARD, "by": "model"}, {"Accept": "text/event-stream"}
            with client.stream("POST", "/api/ask", json=body, headers=headers) as answer:
                assert next(answer.iter_text()).startswith("event: call")
                assert app.state.model_desk.running == 1
            wait_until(lambda: app.state.model_desk.running == 0)
            left.set()
            assert len(held.heard) <= 2


def test_a_conversation_is_found_by_its_name(settings: ServeSettings) -> None:
    with stand_in(follow_script(Say("Much hangs on them."), Say("The first."))) as held:
        model = LanguageModelSettings("openai", "m", f"{held.url}/v1")
        asked = replace(settings, model=model)
        with answering(create_app(asked), asked) as client:
            for name in ("conversation-1", "conversation-1", "conversation-2", ""):
                ask(client, HARD, by="model", conversation=name)
            told = [json.dumps(each["messages"]) for each in held.heard]
            assert ["Much hangs on them." in each for each in told] == [False, True, False, False]
            for name in ("short", "x" * 65, "../../etc/passwd"):
                wrong = {"question": HARD, "conversation": name}
                refused = client.post("/api/ask", json=wrong)
                assert refused.status_code in {400, 422}
                assert "conversation" in refused.text


def test_nobody_finds_the_conversation_of_another() -> None:
    desk = ModelDesk(LanguageModelSettings("openai", "m", "http://127.0.0.1:9"))
    ann, bob = (Person(name, Role.VIEWER, Way.TOKEN) for name in ("ann", "bob"))
    stranger = Person("", Role.VIEWER, Way.NOBODY, address="10.0.0.7")
    hers = desk.find_conversation(ann, "conversation-1")
    assert hers is desk.find_conversation(ann, "conversation-1")
    assert all(
        desk.find_conversation(each, "conversation-1") is not hers for each in (bob, stranger)
    )
    assert ModelDesk(None).find_conversation(ann, "conversation-1") is None


def test_a_model_answers_so_many_at_a_time() -> None:
    desk = ModelDesk(LanguageModelSettings("openai", "m", "http://127.0.0.1:9"))
    either, alone = Asked(HARD), Asked(HARD, by="model")
    with ExitStack() as stack:
        for _ in range(MOST_MODEL_RUNS):
            assert stack.enter_context(desk.admit_asker(alone)) is not None
        assert stack.enter_context(desk.admit_asker(either)) is None
        with pytest.raises(BusyError):
            stack.enter_context(desk.admit_asker(alone))
    with desk.admit_asker(alone) as model:
        assert model is not None

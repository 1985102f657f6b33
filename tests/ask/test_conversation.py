"""A question may lean on those before: a few turns are kept, shortened, for who asked them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.ask.asking import Asked, ask_both_ways
from gridtwin.ask.conversation import (
    LONGEST_ANSWER,
    LONGEST_RESULT,
    MOST_CALLS,
    MOST_TOLD_AGAIN,
    MOST_TURNS,
    Conversation,
    KeptTurn,
    find_last_number,
    make_turn,
    shorten_text,
)
from gridtwin.ask.conversation_memory import (
    FORGET_IDLE_S,
    MOST_CONVERSATIONS,
    MOST_OF_ONE,
    ConversationMemory,
)
from gridtwin.cli.root_commands import app
from gridtwin.model.permissions import ROLE_PERMISSIONS, Role
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.settings import LanguageModelSettings, ModelLimits
from gridtwin.tools.loss_tools import rank_critical
from gridtwin.tools.shared_twin import SharedTwin
from model_stand_in import KEY, Call, Say, StandIn, follow_script, stand_in
from question_twin import NOW, ZONE

WAYS = {"openai": "/v1", "anthropic": "", "cortex": "/api/v2/cortex/v1"}
HARD = "how do our worst losses compare with the priority sites that hang on them"
NEXT = "and which of these has the most customers compared with the rest"
LIMITS = ModelLimits(seconds=120)  # a machine may be busy


def put(
    shared: SharedTwin,
    held: StandIn,
    question: str,
    talk: Conversation | None,
    *,
    way: str = "openai",
    limits: ModelLimits = LIMITS,
    **options: Any,
) -> AskDocument:
    """Ask a model at a stand-in, in a conversation."""
    settings = LanguageModelSettings(way, "claude-example", held.url + WAYS[way], KEY, limits)
    asked = Asked(question, now=NOW, zone=ZONE, conversation=talk, **{"by": "model"} | options)
    return ask_both_ways(shared, asked, settings)


@pytest.mark.parametrize("way", WAYS)
def test_a_model_reads_what_was_said_before(shared: SharedTwin, way: str) -> None:
    worst = rank_critical(shared, limit=2)["document"]["elements"][0]
    first = f"The worst is {worst['mrid']} [1]."
    second = f"It is {worst['mrid']} with {worst['customers']} customers [1], of two [2]."
    script = follow_script(
        Call.of("critical", limit=2), Say(first), Call.of("overview"), Say(second)
    )
    talk = Conversation()
    with stand_in(script) as held:
        put(shared, held, HARD, talk, way=way)
        document = put(shared, held, NEXT, talk, way=way)
        heard = json.dumps(held.heard[2], ensure_ascii=False)
    for told in (HARD, first, worst["mrid"], NEXT):
        assert told in heard
    model = document["model"]
    assert model is not None
    assert model["stopped"] is None
    # Numbers count on, so that a result is the same one all along; what is cited is listed.
    assert [(each["number"], each["tool"]) for each in model["calls"]] == [
        (1, "critical"), (2, "overview"),
    ]  # fmt: skip
    assert all(each["calls"] for each in model["figures"])
    assert "never asked" not in document["sentence"]
    assert [turn.question for turn in talk.turns] == [HARD, NEXT]


def test_a_question_that_stands_alone_hears_of_no_other(shared: SharedTwin) -> None:
    with stand_in(follow_script(Say("Well [1]."))) as held:
        put(shared, held, HARD, Conversation())
        alone = put(shared, held, NEXT, None)
        assert HARD not in json.dumps(held.heard[1])
    assert "[1], which was never asked" in alone["sentence"]


def test_what_no_turn_holds_is_marked_still(shared: SharedTwin) -> None:
    talk = Conversation()
    script = follow_script(Call.of("overview"), Say("All well [1]."), Say("There are 987654 [1]."))
    with stand_in(script) as held:
        put(shared, held, HARD, talk)
        document = put(shared, held, NEXT, talk)
    assert document["model"] is not None
    assert [each["text"] for each in document["model"]["figures"] if not each["calls"]] == [
        "987654"
    ]
    assert [each["tool"] for each in document["model"]["calls"]] == ["overview"]


def test_of_a_verified_answer_only_the_question_goes_to_a_model(shared: SharedTwin) -> None:
    talk = Conversation()
    with stand_in(follow_script(Say("I see."))) as held:
        sure = put(shared, held, "describe FUSE-0000020", talk, by="either")
        put(shared, held, "please open FUSE-0000020", talk, by="either")
        put(shared, held, HARD, talk)
        (heard,) = held.heard
    told = json.dumps(heard["messages"], ensure_ascii=False)
    assert sure["reading"] is not None
    assert sure["reading"]["text"] in told
    assert sure["sentence"] not in told
    assert "please open" not in told


def test_a_stopped_answer_is_no_turn(shared: SharedTwin) -> None:
    talk = Conversation()
    with stand_in(follow_script(Call.of("overview"))) as held:
        document = put(shared, held, HARD, talk, limits=ModelLimits(requests=2, seconds=120))
    assert document["model"] is not None
    assert document["model"]["stopped"]
    assert talk.turns == ()


def test_the_limit_of_tokens_counts_what_was_said_before(shared: SharedTwin) -> None:
    """The stand-in says 110 tokens a reply, whatever it read; a real one counts them all."""
    talk = Conversation()
    with stand_in(follow_script(Call.of("overview"), Say("Well."), Call.of("overview"))) as held:
        put(shared, held, HARD, talk, limits=ModelLimits(tokens=250, seconds=120))
        document = put(shared, held, NEXT, talk, limits=ModelLimits(tokens=250, seconds=120))
    assert document["model"] is not None
    assert document["model"]["stopped"] == "it took more than 250 tokens"
    assert len(talk.turns) == 1


def test_a_conversation_begins_anew_with_other_permissions(shared: SharedTwin) -> None:
    talk = Conversation()
    script = follow_script(Call.of("element", of="MTR-0000001"), Say("A meter [1]."), Say("Well."))
    with stand_in(script) as held:
        put(shared, held, HARD, talk, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR])
        put(shared, held, NEXT, talk, permissions=ROLE_PERMISSIONS[Role.VIEWER])
        assert HARD not in json.dumps(held.heard[2])
        assert "MTR-0000001" not in json.dumps(held.heard[2]["messages"])


def make_call(number: int, outcome: str = "answered") -> Any:
    return {"number": number, "tool": "find", "arguments": {}, "outcome": outcome,
            "sentence": "", "rows": 0, "map": None}  # fmt: skip


def test_turns_are_few_and_short() -> None:
    talk = Conversation()
    for number in range(40):
        shown = [{"result": number, "sentence": "s", "document": "word " * 2_000}] * 20
        calls = [make_call(number)] * 20
        turn = make_turn(f"question {number}", "many words " * 2_000, calls, shown)
        assert len(turn.calls) == MOST_CALLS
        assert all(len(each.told) <= LONGEST_RESULT for each in turn.calls)
        assert all(json.dumps({"result": number})[:-1] in each.told for each in turn.calls)
        assert len(turn.answer) <= LONGEST_ANSWER
        talk.keep_turn(talk.turns, turn)
        assert sum(each.size for each in talk.turns) <= MOST_TOLD_AGAIN
    for number in range(40):
        talk.keep_turn(talk.turns, KeptTurn(f"short {number}", "yes"))
    assert [each.question for each in talk.turns] == [
        f"short {number}" for number in range(40 - MOST_TURNS, 40)
    ]


def test_calls_that_failed_are_not_kept() -> None:
    shown = [{"result": 1, "error": "no"}, {"result": 2, "sentence": "yes"}]
    turn = make_turn("q", "a", [make_call(1, "failed"), make_call(2)], shown)
    assert [each.call["number"] for each in turn.calls] == [2]
    assert find_last_number((turn,)) == 2


def test_a_turn_begun_while_another_ran_is_not_kept() -> None:
    talk = Conversation()
    before = talk.recall_turns(None)
    talk.keep_turn(before, KeptTurn("one", "1"))
    talk.keep_turn(before, KeptTurn("two", "2"))
    assert [each.question for each in talk.turns] == ["one"]


def test_no_number_is_cut_into_another() -> None:
    text = ", ".join(str(123_456 + each) for each in range(500))
    for longest in range(100, 140):
        short = shorten_text(text, longest)
        assert len(short) <= longest
        numbers = short.removesuffix("…").replace(",", "").split()
        assert numbers == text.replace(",", "").split()[: len(numbers)]


def test_a_server_remembers_so_many_so_long() -> None:
    clock = [0.0]
    memory = ConversationMemory(lambda: clock[0])
    mine = memory.find_conversation("ann", "the-first")
    assert memory.find_conversation("ann", "the-first") is mine
    assert memory.find_conversation("bob", "the-first") is not mine
    for number in range(MOST_OF_ONE):
        memory.find_conversation("bob", f"other-{number}")
    assert memory.find_conversation("ann", "the-first") is mine  # another's do not push it out
    for number in range(MOST_OF_ONE):
        memory.find_conversation("ann", f"other-{number}")
    assert memory.find_conversation("ann", "the-first") is not mine
    for number in range(2 * MOST_CONVERSATIONS):
        memory.find_conversation(f"person {number}", "x")
    assert len(memory) <= MOST_CONVERSATIONS
    last = memory.find_conversation("cat", "late")
    clock[0] += FORGET_IDLE_S - 1
    assert memory.find_conversation("cat", "late") is last
    clock[0] += FORGET_IDLE_S - 1  # since it was asked for again
    assert memory.find_conversation("cat", "late") is last
    clock[0] += FORGET_IDLE_S + 1
    assert memory.find_conversation("cat", "late") is not last


def test_lines_are_a_conversation(asked_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--in", str(asked_path), "--now", NOW.isoformat(), "--json"]
    lines = ["what hangs on RCL-0000001", "and on RCL-0000002", "x" * 501, HARD, NEXT, "", HARD]
    with stand_in(follow_script(Say("Much."), Say("The first."))) as held:
        monkeypatch.setenv("GRIDTWIN_MODEL", "openai:some-model")
        monkeypatch.setenv("GRIDTWIN_MODEL_URL", f"{held.url}/v1")
        done = CliRunner().invoke(app, ["ask", *options], input="\n".join(lines) + "\n")
        assert done.exit_code == 0, done.output
        told = json.dumps(held.heard[1]["messages"])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["question"] for each in answers] == [*lines[:2], HARD, NEXT]
    assert [each["reading"]["arguments"]["of"] for each in answers[:2]] == [
        ["RCL-0000001"], ["RCL-0000002"],
    ]  # fmt: skip
    assert "500 are read" in done.stderr
    assert HARD in told
    assert "Much." in told


def test_a_number_picks_what_was_offered(asked_path: Path) -> None:
    asker = gridtwin.TwinAsker(gridtwin.open(asked_path))
    doubtful = "which feeder is in the worst shape right now"
    offered = asker.ask(doubtful, now=NOW).document()
    assert len(offered["choices"]) > 1, offered
    lines = f"{doubtful}\n2\n2\n"
    options = ["--in", str(asked_path), "--now", NOW.isoformat(), "--json"]
    done = CliRunner().invoke(app, ["ask", *options], input=lines)
    first, picked, again = (json.loads(line) for line in done.stdout.splitlines())
    assert first["choices"] == offered["choices"]
    assert picked["reading"] == offered["choices"][1]
    assert again["question"] == "2"  # nothing was offered: it is a question like any other

"""Questions in words: what is understood, offered, refused, and never done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.ask.time_words import take_time
from gridtwin.ask.word_folding import fold_text, list_known_words, split_words
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment
from gridtwin.semantic.verified_questions import read_questions, read_words
from gridtwin.sources.synthetic.tree_groups import synthesize_vegetation
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from question_scores import Ask, make_ask
from question_twin import FEEDER, NOW, STORM, TRICK, ZONE


def test_overloaded_while_power_is_dear(ask: Ask, twin: Twin) -> None:
    answer = ask("Which transformers are overloaded when LMP exceeds $100?")
    rows = twin.ami.history.overloaded(price=100).frame
    assert answer["totals"] == {"rows": len(rows)}
    assert len(rows) > 0
    assert answer["reading"] is not None
    assert answer["reading"]["command"] == "gridtwin ami ask overloaded --price 100"
    assert ":price" in (answer["reading"]["sql"] or "")
    table = answer["table"]
    assert table is not None
    at = table["columns"].index("transformer")
    assert [row[at] for row in table["rows"]] == rows["transformer"].tolist()[: len(table["rows"])]


def test_hospitals_in_the_storm_of_yesterday(ask: Ask, twin: Twin) -> None:
    answer = ask("hospitals without power in yesterday's storm")
    points = twin.network.usage_points
    assert answer["document"] is not None
    assert answer["document"]["out"] == {"hospital": 1}
    (site,) = answer["document"]["sites"]
    assert site["mrid"] == points.mrid[points.priority == "hospital"].iloc[0]
    assert read_moment(site["lost_at"]) == STORM[0]
    assert (read_moment(site["restored_at"]) - STORM[0]).total_seconds() == 3 * 3_600
    assert any("storm" in each for each in answer["assumed"])


def test_a_question_that_follows_keeps_what_was_asked(ask: Ask) -> None:
    first = ask("outages on feeder 1201")
    for words in (f"and on {FEEDER}?", "what about feeder 1204?", "1204?"):
        then = ask(words, context=first["context"])
        assert then["reading"] is not None
        assert then["reading"]["tool"] == "outages"
        assert then["reading"]["arguments"] == {"on": FEEDER}
    loads = ask("overloaded transformers yesterday when the price is above $100")
    then = ask("and last week?", context=loads["context"])
    assert then["reading"] is not None
    assert then["reading"]["arguments"]["price"] == 100
    assert then["reading"]["arguments"]["start"] == "2026-07-06T05:00:00Z"
    alone = ask("what is downstream of RCL-0000003", context=first["context"])
    assert alone["reading"] is not None
    assert alone["reading"]["tool"] == "trace"


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"question": "nonsense"},
        {"question": "open_outages", "elements": [1]},
        {"question": "open_outages", "values": {"price": "x'; drop"}},
        {"question": "open_outages", "values": {"stranger": 1}},
        {"question": "open_outages", "time": ["2026-07-01T00:00:00Z"]},
        {"question": "open_outages", "elements": ["NOPE-1"]},
    ],
)
def test_a_context_that_is_none_is_refused(ask: Ask, context: dict[str, object]) -> None:
    with pytest.raises(gridtwin.GridtwinError):
        ask("and on 1204?", context=context)


def test_names_are_data(ask: Ask, twin: Twin) -> None:
    before = twin.version
    assert ask(TRICK)["outcome"] == "refused"
    named = ask(f'what is downstream of "{TRICK}"')
    assert named["reading"] is not None
    assert named["reading"]["arguments"] == {"kind": "downstream", "of": ["FUSE-0000050"]}
    cause = ask("why did O-1 happen")
    assert cause["outcome"] == "answered"
    assert TRICK not in cause["sentence"]
    assert twin.version == before


@pytest.mark.parametrize(
    "order",
    [
        "open BKR-0000001",
        "would you please close TIE-0000002",
        "list the outages and then open RCL-0000003",
        "Show who is out; cancel outage O-1",
        "drop table usage_points",
        "select * from usage_points where 1=1",
    ],
)
def test_orders_are_refused_with_a_command(ask: Ask, twin: Twin, order: str) -> None:
    before = twin.version, [each.revision for each in twin.outages.all()]
    answer = ask(order)
    assert answer["outcome"] == "refused"
    assert answer["document"] is None
    assert (twin.version, [each.revision for each in twin.outages.all()]) == before
    if "BKR" in order:
        assert "gridtwin switch open BKR-0000001" in answer["sentence"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rcl3", "RCL-0000003"),
        ("RLC-0000003", "RCL-0000003"),
        ("recloser 3", "RCL-0000003"),
        ("fues-0000012", "FUSE-0000012"),
        ("transformer 45", "XFMR-0000045"),
        ("xfmr 45", "XFMR-0000045"),
        ("meter 123", "MTR-0000123"),
        ("mtr_0000123", "MTR-0000123"),
        ("feeder 1204", FEEDER),
        ("bro 1204", FEEDER),
        ("Brookside Park 1204", FEEDER),
    ],
)
def test_ids_are_understood_as_people_write_them(ask: Ask, written: str, meant: str) -> None:
    answer = ask(f"what is downstream of {written}?")
    assert answer["reading"] is not None
    assert answer["reading"]["arguments"]["of"] == [meant]


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("which hospitals are out", "which hospitals are not out"),
        ("outages on BRO-1204", "outages except on BRO-1204"),
        ("what was saifi in June", "was saifi better in June than in May"),
        ("is MTR-0000010 out", "is MTR-0000010 never out"),
    ],
)
def test_a_word_that_turns_a_question_is_not_passed_over(ask: Ask, plain: str, turned: str) -> None:
    assert ask(plain)["outcome"] == "answered"
    assert ask(turned)["outcome"] == "offered"


def test_a_topic_that_is_left_aside_makes_a_reading_unsure(ask: Ask) -> None:
    first = ask("status of FUSE-0000020")
    assert (first["outcome"], first["choices"]) == ("answered", [])
    assert ask("status of FUSE-0000020 and its vegetation")["outcome"] == "offered"


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("overloaded transformers in 2030", "still to come"),
        ("which outages will there be on BRO-1204 next week", "still to come"),
        ("how much carbon did the grid emit in June", "emissions"),
        ("was any meter stolen on BRO-1204", "theft"),
        ("how do we compare with other utilities on saidi", "other utilities"),
        ("do you think BRO-1204 is reliable", "opinions"),
    ],
)
def test_what_the_twin_does_not_hold_is_said(ask: Ask, question: str, about: str) -> None:
    answer = ask(question)
    assert answer["outcome"] == "refused"
    assert about in answer["sentence"]


@pytest.mark.parametrize(
    "question",
    [
        "which worst losses would there be on BRO-1204",  # no losses of energy
        "an angry customer at MTR-0000010 asks when the power is back",
        "a journalist wants to know how many customers are out",
    ],
)
def test_a_story_is_not_taken_for_what_the_twin_does_not_hold(ask: Ask, question: str) -> None:
    assert ask(question)["outcome"] in {"answered", "offered"}


def test_complaints_about_voltage_are_what_meters_measured(ask: Ask, twin: Twin) -> None:
    answer = ask("which customers complain about low voltage")
    outside = twin.ami.voltage().document()["usage_points"]
    assert answer["totals"]["usage_points"] == len(outside) > 0
    assert any("gridtwin customers complaints" in each for each in answer["assumed"])


def test_an_id_that_may_be_several_is_not_guessed(ask: Ask) -> None:
    answer = ask("what is downstream of LBS-0000003?")  # there is one LBS alone, and it is no. 1
    assert answer["outcome"] in {"offered", "unknown"}
    far = ask("what is downstream of ZZTOP-99871?")
    assert far["outcome"] == "unknown"
    assert "zztop-99871" in far["sentence"]


def test_days_follow_the_clock_of_the_zone() -> None:
    zone = ZoneInfo("America/Chicago")
    spring = datetime(2026, 3, 9, 15, tzinfo=UTC)  # the day after clocks went forward
    _, said = take_time("outages yesterday", spring, zone)
    assert said is not None
    assert (said.end - said.start).total_seconds() == 23 * 3_600
    autumn = datetime(2026, 11, 2, 15, tzinfo=UTC)
    _, said = take_time("outages yesterday", autumn, zone)
    assert said is not None
    assert (said.end - said.start).total_seconds() == 25 * 3_600
    assert take_time("peaks on 31 june", NOW, ZONE)[1] is None


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_no_clock_of_the_zone_shows_is_none(ask: Ask, moment: str) -> None:
    assert ask(f"which outages were open at {moment}")["outcome"] != "answered"


def test_too_long_and_empty_questions_are_refused(ask: Ask) -> None:
    for question in ("", "   ", "who is out " * 60):
        with pytest.raises(InputError):
            ask(question)


def test_what_is_not_held_is_said(ask: Ask) -> None:
    answer = ask("what is the phone number of the customer at MTR-0000310")
    assert answer["outcome"] == "refused"
    assert "personal" in answer["sentence"]
    assert len(answer["nearest"]) == 3


def test_every_answer_fits_its_schema(ask: Ask) -> None:
    for question in (
        "who is out", "open RCL-0000003", "outages since 6 am", "asdf qwer", "what can I ask",
        "voltage at MTR-0000706 in 2019",
    ):  # fmt: skip
        hold_to_schema(ask(question))


@pytest.mark.parametrize("each_of", [6, pytest.param(1, marks=pytest.mark.long)])
def test_every_verified_question_is_understood_as_itself(ask: Ask, each_of: int) -> None:
    filled = {
        "element": "RCL-0000003", "feeder": FEEDER, "substation": "SUB-0001", "outage": "O-1",
        "period": "yesterday", "moment": "at 8 pm yesterday", "since": "since 6 am",
        "site": "hospitals", "kind": "fuses", "level": "feeder", "price": "$100", "pct": "120 %",
        "top": "5", "atleast": "50", "crews": "2", "polygon": "-95.38,29.74,-95.36,29.76",
        "severity": "errors", "rule": "islands", "text": "crossing", "term": "SAIFI",
    }  # fmt: skip
    missed = []
    for question in read_questions():
        for wording in question.asks[::each_of]:
            text = wording
            for slot, words in filled.items():
                text = text.replace(f"{{{slot}}}", words)
            text = text.replace(" since since", " since").replace("at at", "at")
            answer = ask(text)
            tools = [each["tool"] for each in answer["choices"]]
            if answer["reading"] is not None:
                tools = [answer["reading"]["tool"]]
            if question.tool not in tools:
                missed.append((text, answer["outcome"], tools))
    assert len(missed) <= 5, missed


def test_manuals_are_quoted_with_their_page(ask: Ask) -> None:
    answer = ask("What do the manuals say about torque of the recloser's bushing terminal?")
    assert answer["outcome"] == "answered"
    table = answer["table"]
    first = dict(zip(table["columns"], table["rows"][0], strict=True))
    assert first["cited"] == "Recloser VX-15: installation and maintenance, revision C, page 2"
    assert first["text"] == "Torque the fasteners of the bushing terminal to 55 N·m."
    nothing = ask("what do the manuals say about recipe for pie")
    assert nothing["sentence"] == "Nothing of it stands in 2 documents."
    of_one = ask("what does the manual of RCL-0000003 say about torque")
    assert of_one["sentence"] == "Nothing of it stands in 0 documents."


def test_no_phrase_stands_for_two_words() -> None:
    meant: dict[tuple[str, ...], str] = {}
    for meaning, phrases in read_words().synonyms.items():
        for phrase in phrases:
            words = tuple(split_words(phrase))
            assert meant.setdefault(words, meaning) == meaning, (phrase, meant[words], meaning)


def test_slips_of_the_pen_are_mended() -> None:
    assert fold_text("how many custmers are withuot power")[1:3] == ["=customer", "=out"]
    assert "pizza" in fold_text("pizza")
    assert "outag" in list_known_words()


def test_commands_that_are_shown_run(ask: Ask, asked_path: Path) -> None:
    questions = (
        "what is downstream of RCL-0000003",
        "why is MTR-0000017 out",
        "who goes dark if FUSE-0000011 and FUSE-0000012 fail",
        "overloaded transformers above 110 % when the price is above $90",
        "peaks by feeder on 2026-07-15",
        "data quality",
        "voltage at MTR-0000017 today",
        "load of XFMR-0000010 today",
        "top 5 critical elements",
        "find crossing",
        "path from MTR-0000100 to BKR-0000001",
        "restoration plan for LINE-0000050 with 2 crews",
    )
    for question in questions:
        answer = ask(question)
        assert answer["reading"] is not None, question
        command = answer["reading"]["command"]
        assert command is not None, question
        words = [*_split(command)[1:], "--in", str(asked_path)]
        done = CliRunner().invoke(app, words)
        assert not isinstance(done.exception, gridtwin.GridtwinError), (command, done.exception)
        assert done.exit_code in {0, 1}, (command, done.output)


def _split(command: str) -> list[str]:
    import shlex

    return shlex.split(command)


def test_the_command_line_answers_and_follows(asked_path: Path, tmp_path: Path) -> None:
    options = [
        "--in", str(asked_path), "--now", NOW.isoformat(), "--timezone", "America/Chicago",
        "--context", str(tmp_path / "context.json"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, ["ask", "outages on feeder 1201", *options])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["ask", "and on 1204?", *options, "--json"])
    assert done.exit_code == 0
    assert f'"on": "{FEEDER}"' in done.stdout
    assert CliRunner().invoke(app, ["ask", "open RCL-0000003", *options]).exit_code == 2
    assert CliRunner().invoke(app, ["ask", "xyzzy plugh", *options]).exit_code == 3
    (tmp_path / "context.json").write_text("[")
    done = CliRunner().invoke(app, ["ask", "and on 1204?", *options])
    assert isinstance(done.exception, InputError)


def test_python_answers(twin: Twin) -> None:
    answer = gridtwin.TwinAsker(twin).ask(
        "overloaded transformers when the price is over $100", now=NOW
    )
    assert answer.outcome == "answered"
    assert len(answer.frame()) == len(answer.document()["table"]["rows"])  # type: ignore[index]
    assert "understood:" in str(answer)
    with pytest.raises(InputError, match="time zone"):
        gridtwin.TwinAsker(twin).ask("who is out", timezone="Mars/Olympus")


def test_a_twin_without_readings_says_so() -> None:
    shared = SharedTwin(gridtwin.open(gridtwin.synthesize("houston", meters=200, seed=1)))
    answer = make_ask(shared)("overloaded transformers")
    assert answer["outcome"] == "failed"
    assert answer["reading"] is not None


def test_vegetation_is_ranked_by_feeder(tmp_path: Path) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=400, seed=1)).save(
        tmp_path / "trees.twin"
    )
    answer = gridtwin.TwinAsker(twin).ask("where should we trim trees first, by feeder?")
    assert answer.sentence.startswith("No areas of vegetation risk are loaded")
    twin.load_vegetation(synthesize_vegetation(twin.store.network, areas=20, seed=1), name="trees")
    answer = gridtwin.TwinAsker(twin).ask("where should we trim trees first, by feeder?")
    assert answer.document()["document"] is not None
    rows = twin.vegetation().document("feeder")["rows"]
    assert len(rows) > 0
    assert answer.document()["document"]["rows"] == rows  # type: ignore[index]


def test_all_of_a_kind_are_listed(ask: Ask, twin: Twin) -> None:
    equipment = twin.network.equipment
    for words, count in (
        ("show breakers", (equipment.kind == "breaker").sum()),
        ("list all fuses", (equipment.kind == "fuse").sum()),
        ("give me every fuse there is in the model", (equipment.kind == "fuse").sum()),
        ("all reclosers in the model", (equipment.kind == "recloser").sum()),
        ("which feeders are there", len(twin.network.feeders)),
    ):
        assert ask(words)["totals"] == {"found": count}


def test_readings_say_a_kind_of_elements_alone(ask: Ask) -> None:
    for words, text in (
        ("what is downstream of RCL-0000003", "what hangs on RCL-0000003"),
        ("most critical fuses", "the single losses that darken most customers of kind fuse"),
    ):
        reading = ask(words)["reading"]
        assert reading is not None
        assert reading["text"] == text


def test_the_worst_feeders_are_told_by_feeder(ask: Ask) -> None:
    answer = ask("worst feeders for SAIFI this month")
    assert answer["reading"] is not None
    assert answer["reading"]["arguments"]["by"] == "feeder"
    assert answer["table"] is not None
    assert answer["table"]["columns"][0] != "date"
    assert answer["totals"]["groups"] > 1


@pytest.mark.parametrize(
    ("order", "command"),
    [
        ("open RCL-0000003", "gridtwin switch open RCL-0000003"),
        ("I want TIE-0000002 closed", "gridtwin switch close TIE-0000002"),
        ("take BKR-0000001 out of service please", "gridtwin switch open BKR-0000001"),
        ("put O-2 down as restored", "gridtwin outage restore O-2"),
        ("send a crew to FUSE-0000012", None),
        ("get a crew out to LINE-0000050", None),
        ("have two crews over at O-2 within the hour", None),
        ("I need a truck at RCL-0000003", None),
        ("crew to FUSE-0000012 please", None),
    ],
)
def test_a_refused_order_says_what_a_person_can_run(
    ask: Ask, order: str, command: str | None
) -> None:
    answer = ask(order)
    assert (answer["outcome"], answer["command"]) == ("refused", command)


@pytest.mark.parametrize(
    "question",
    [
        "we have two crews on LINE-0000050, how do we bring customers back",
        "restoration plan for LINE-0000050 with 2 crews",
        "with three crews, how to restore customers behind RCL-0000003",
    ],
)
def test_crews_that_are_counted_are_not_sent(ask: Ask, question: str) -> None:
    answer = ask(question)
    assert answer["reading"] is not None
    assert answer["reading"]["tool"] == "restore_plan"


def test_a_story_is_told_before_what_is_asked(ask: Ask) -> None:
    answer = ask(
        "Hello, I have been on the phone with her all day long and she is really not amused,"
        " so please tell me why meter MTR-0000310 has no power"
    )
    assert answer["reading"] is not None
    assert answer["reading"]["tool"] == "explain"
    held = ask(
        "the caller was very friendly today and she asked which transformer feeds MTR-0000310,"
        " but now I also want to know her telephone number"
    )
    assert held["outcome"] == "refused"

"""Score answers to questions in words against golden ones, and beside plain BM25."""

from __future__ import annotations

import inspect
import math
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gridtwin.ask.answering import ask_question
from gridtwin.model.moments import read_moment
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.semantic.verified_questions import VerifiedQuestion, read_questions
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_registry import list_tools
from question_twin import NOW, ZONE

FOLDER = Path(__file__).parent / "ask"
OTHER_FILES = ("other_wordings.yaml", "more_wordings.yaml", "further_wordings.yaml")
GOLDEN_FILES = (
    "questions.yaml",
    "held_out.yaml",
    *OTHER_FILES,
    "unseen.yaml",
    "strangers.yaml",
    "tuned.yaml",
    "untouched.yaml",
    "passersby.yaml",
    "newcomers.yaml",
)
AT_ONCE, AMONG, UNANSWERED, WRONG, REFUSED, NOT_REFUSED = OUTCOMES = (
    "right at once",
    "right among three",
    "unanswered",
    "confidently wrong",
    "rightly refused",
    "offered though to be refused",
)
Ask = Callable[..., AskDocument]
TIMES = {"start", "end", "at", "since"}
CALLS = {spec.name: spec.call for spec in list_tools()}


@dataclass(frozen=True)
class Score:
    """How one question was answered."""

    question: str
    who: str
    outcome: str  # of OUTCOMES
    answer: str  # the outcome the document says, and the tool
    cpu_ms: float


def make_ask(shared: SharedTwin) -> Ask:
    """Return what answers a question as the golden ones are asked."""

    def ask(question: str, **options: Any) -> AskDocument:
        return ask_question(shared, question, **{"now": NOW, "zone": ZONE} | options)

    return ask


def read_golden(name: str) -> list[dict[str, Any]]:
    """Return the questions of a file with what they mean."""
    questions: list[dict[str, Any]] = yaml.safe_load((FOLDER / name).read_text())
    return questions


def normalize_arguments(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments that are not as they are by default, times as unix seconds."""
    if tool not in CALLS:
        return arguments
    known = inspect.signature(CALLS[tool]).parameters
    return {
        name: read_moment(value).timestamp() if name in TIMES else value
        for name, value in arguments.items()
        if value != known[name].default and value != ""
    }


def is_golden(golden: dict[str, Any], reading: Any) -> bool:
    """Return whether a reading is the golden one."""
    tool = golden.get("tool", "")
    if any(is_golden(each, reading) for each in golden.get("also", ())):
        return True
    return tool == reading["tool"] and normalize_arguments(
        tool, golden.get("args", {})
    ) == normalize_arguments(tool, reading["arguments"])


def score_question(shared: SharedTwin, golden: dict[str, Any]) -> Score:
    """Ask a question, where need be after the one it follows; return how it was answered."""
    ask = make_ask(shared)
    context = ask(golden["after"])["context"] if "after" in golden else None
    begun = time.thread_time()
    answer = ask(golden["ask"], context=context)
    spent = (time.thread_time() - begun) * 1_000
    reading, said = answer["reading"], answer["outcome"]
    if golden.get("several"):
        outcome = _score_several(golden, answer)
    elif "refuse" in golden:
        refused = said in {"refused", "unknown"}
        outcome = REFUSED if refused else WRONG if reading else NOT_REFUSED
    elif reading:
        outcome = AT_ONCE if is_golden(golden, reading) else WRONG
    else:
        offered = any(is_golden(golden, each) for each in answer["choices"])
        outcome = AMONG if offered else UNANSWERED
    tool = f"{reading['tool']} {reading['arguments']}" if reading else ""
    if answer["choices"]:
        tool = " / ".join(f"{each['tool']} {each['arguments']}" for each in answer["choices"])
    return Score(golden["ask"], golden["who"], outcome, f"{said} {tool}".strip(), spent)


def _score_several(golden: dict[str, Any], answer: AskDocument) -> str:
    """Return how several questions in one were answered: each is to be offered."""
    if answer["reading"]:
        return WRONG
    wanted = [{"tool": each["tool"], "args": each["args"]} for each in _list_calls(golden)]
    found = [any(is_golden(each, choice) for choice in answer["choices"]) for each in wanted]
    return AT_ONCE if all(found) else AMONG if any(found) else UNANSWERED


def _list_calls(golden: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the calls that a golden question may mean."""
    return [{"args": {}} | each for each in (golden, *golden.get("also", ())) if "tool" in each]


def score_file(shared: SharedTwin, name: str) -> list[Score]:
    """Return how the questions of a file were answered."""
    return [score_question(shared, each) for each in read_golden(name)]


@dataclass(frozen=True)
class Shares:
    """What part of the questions was answered how, in percent."""

    at_once: float  # of those that have an answer
    among_three: float  # of those, at once or among three
    refused: float  # of those that have none
    wrong: float  # of all


def measure_shares(scores: list[Score]) -> Shares:
    """Return what part of the questions was answered how."""
    counts = Counter(each.outcome for each in scores)
    return Shares(
        100 * counts[AT_ONCE] / count_answerable(scores),
        100 * (counts[AT_ONCE] + counts[AMONG]) / count_answerable(scores),
        100 * counts[REFUSED] / (len(scores) - count_answerable(scores)),
        100 * counts[WRONG] / len(scores),
    )


def count_answerable(scores: list[Score]) -> int:
    """Return how many of the questions have an answer."""
    answerable = {
        each["ask"] for name in GOLDEN_FILES for each in read_golden(name) if "tool" in each
    }
    return sum(each.question in answerable for each in scores)


class PlainBm25:
    """The baseline: BM25 over the phrasings as they stand, the best one's tool taken."""

    def __init__(self) -> None:
        self.texts: list[tuple[VerifiedQuestion, Counter[str]]] = [
            (question, Counter(self.split(ask)))
            for question in read_questions()
            for ask in question.asks
        ]
        self.mean = sum(each.total() for _, each in self.texts) / len(self.texts)
        self.held = Counter(word for _, words in self.texts for word in words)

    @staticmethod
    def split(text: str) -> list[str]:
        """Return the words of a text."""
        return re.findall(r"[a-z0-9]+", text.lower())

    def find_tool(self, question: str) -> str:
        """Return the tool of the phrasing that scores best."""
        words = self.split(question)

        def score(held: Counter[str]) -> float:
            length = 0.25 + 0.75 * held.total() / self.mean
            return sum(
                math.log(1 + (len(self.texts) - self.held[word] + 0.5) / (self.held[word] + 0.5))
                * (held[word] * 2.2 / (held[word] + 1.2 * length))
                for word in words
                if held[word]
            )

        return max(self.texts, key=lambda each: score(each[1]))[0].tool

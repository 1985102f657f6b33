"""
Keep what was said before for a language model: a few turns, the answers of tools shortened.

Of what a verified question answered only the question and what was understood are kept: the answer
goes to no model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gridtwin.ask.figure_check import HeldAnswer
from gridtwin.results.documents.ask_documents import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from pydantic_ai.messages import ModelMessage

    from gridtwin.model.permissions import Permission
    from gridtwin.results.documents.ask_documents import ModelCall

MOST_TURNS: Final = 6  # of a conversation, the last ones
MOST_TOLD_AGAIN: Final = 16_000  # of all of them, as a model reads them
MOST_CALLS: Final = 6  # of a turn, the last ones
LONGEST_ANSWER: Final = 3_000  # characters of what a model wrote
LONGEST_RESULT: Final = 1_200  # characters of what a tool answered
UNDERSTOOD = "(Answered by a verified question, without a model: {}.)"


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call of a tool in an earlier turn, with what a model still reads of its answer."""

    call: ModelCall
    told: str

    def hold_answer(self, zone: tzinfo) -> HeldAnswer:
        """Return the figures and words that the model can still have from it."""
        return HeldAnswer.from_document(self.told, zone)


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One question and its answer."""

    question: str
    answer: str
    calls: tuple[KeptCall, ...] = ()

    @property
    def size(self) -> int:
        """How many characters a model reads of it."""
        return len(self.question) + len(self.answer) + sum(len(each.told) for each in self.calls)

    def list_messages(self) -> list[ModelMessage]:
        """Return it as the library hands it to a model."""
        from pydantic_ai import messages

        asked = messages.UserPromptPart(self.question)
        if not self.calls:
            answered = messages.ModelResponse([messages.TextPart(self.answer)])
            return [messages.ModelRequest([asked]), answered]
        ids = [f"earlier-{each.call['number']}" for each in self.calls]
        pairs = list(zip(self.calls, ids, strict=True))
        return [
            messages.ModelRequest([asked]),
            messages.ModelResponse(
                [
                    messages.ToolCallPart(kept.call["tool"], kept.call["arguments"], mark)
                    for kept, mark in pairs
                ]
            ),
            messages.ModelRequest(
                [
                    messages.ToolReturnPart(kept.call["tool"], kept.told, mark)
                    for kept, mark in pairs
                ]
            ),
            messages.ModelResponse([messages.TextPart(self.answer)]),
        ]


@dataclass(slots=True)
class Conversation:
    """
    What one person has asked, as far as a language model may lean on it.

    Attributes
    ----------
    turns
        The last turns, the oldest first.
    """

    turns: tuple[KeptTurn, ...] = ()
    _permissions: frozenset[Permission] | None = field(default=None, repr=False)

    def recall_turns(self, permissions: frozenset[Permission] | None) -> tuple[KeptTurn, ...]:
        """Return the turns; none that were of other permissions than who asks now has."""
        if permissions != self._permissions:
            self.turns, self._permissions = (), permissions
        return self.turns

    def keep_turn(self, before: tuple[KeptTurn, ...], turn: KeptTurn) -> None:
        """
        Add a turn, and let the oldest go that are too many or too long.

        A turn that began while another was under way is not kept: both number their calls alike.

        Parameters
        ----------
        before
            The turns that were there when it began.
        turn
            What was asked and answered.
        """
        if self.turns is not before:
            return
        kept: list[KeptTurn] = []
        size = 0
        for each in reversed((*before, turn)):
            size += each.size
            if kept and (size > MOST_TOLD_AGAIN or len(kept) == MOST_TURNS):
                break
            kept.append(each)
        self.turns = tuple(reversed(kept))


def make_turn(
    question: str, answer: str, calls: list[ModelCall], shown: list[Mapping[str, Any]]
) -> KeptTurn:
    """
    Return a turn that a model answered, shortened.

    Parameters
    ----------
    question, answer
        What was asked, and what the model wrote.
    calls
        What it called; what failed is left out.
    shown
        What it read of each.
    """
    pairs = [
        (call, told) for call, told in zip(calls, shown, strict=True) if call["outcome"] == ANSWERED
    ][-MOST_CALLS:]
    return KeptTurn(
        question,
        shorten_text(answer, LONGEST_ANSWER),
        tuple(KeptCall(call, _shorten_result(told)) for call, told in pairs),
    )


def note_understood(question: str, reading: str) -> KeptTurn:
    """Return a turn that a verified question answered: what it was understood to mean."""
    return KeptTurn(question, UNDERSTOOD.format(shorten_text(reading, LONGEST_RESULT)))


def _shorten_result(told: Mapping[str, Any]) -> str:
    """Return the head of an answer as JSON: its number and sentence stand first."""
    first = {name: told[name] for name in ("result", "sentence")}
    whole = json.dumps(first | dict(told), ensure_ascii=False, default=str)
    return shorten_text(whole, LONGEST_RESULT)


def shorten_text(text: str, longest: int) -> str:
    """Return the head of a text up to a whole word, so that no number is cut into another."""
    if len(text) <= longest:
        return text
    head = text[: longest - 2]
    return f"{head[: head.rfind(' ') + 1]}…"


def find_last_number(turns: tuple[KeptTurn, ...]) -> int:
    """Return the number of the last call of some turns; 0 where there is none."""
    return max((kept.call["number"] for turn in turns for kept in turn.calls), default=0)

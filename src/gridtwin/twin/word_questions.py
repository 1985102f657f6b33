"""Ask a twin in words."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.results.ask_answer import AskAnswer


class WordQuestions:
    """A twin that is asked in words."""

    def __init__(self, twin: object) -> None:  # a `Twin`, which holds this
        self._twin = twin

    def ask(
        self,
        question: str,
        *,
        now: datetime | str | None = None,
        timezone: str = "UTC",
        context: Mapping[str, Any] | None = None,
        pick: int = 0,
    ) -> AskAnswer:
        """
        Answer a question in words, and say what was understood; nothing is changed.

        Parameters
        ----------
        question
            In English.
        now
            What the clock says, for words such as "yesterday"; by default the time it is.
        timezone
            Whose days are meant, as in ``America/Chicago``.
        context
            `AskAnswer.context` of the answer before, for a question that refers to it.
        pick
            Which of the readings offered is meant, from 1 on; 0: the sure one.

        Raises
        ------
        InputError
            If the question is empty or too long, or the zone or the context is none.
        """
        answer: AskAnswer = self._asker.ask(
            question, now=now, timezone=timezone, context=context, pick=pick
        )
        return answer

    @cached_property
    def _asker(self) -> Any:
        """Who understands questions: it stands above, where the tools are, so it is named."""
        return import_module("gridtwin.ask.twin_asking").TwinAsker(self._twin)

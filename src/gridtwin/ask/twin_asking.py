"""Ask a twin in words, its names laid out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.ask.asking import BY_EITHER, Asked, ask_both_ways
from gridtwin.ask.time_words import read_zone
from gridtwin.model.moments import read_moment
from gridtwin.results.ask_answer import AskAnswer
from gridtwin.settings import LanguageModelSettings, Settings, find_ask_record
from gridtwin.tools.shared_twin import SharedTwin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gridtwin.ask.conversation import Conversation
    from gridtwin.ask.model_answering import AskEvent
    from gridtwin.twin import Twin


class TwinAsker:
    """
    A twin that is asked in words; what it needs of the network is laid out once.

    Parameters
    ----------
    twin
        The twin; nothing of it is changed. Where the environment names a language model
        (``GRIDTWIN_MODEL``), that answers what the verified questions do not.

    Raises
    ------
    InputError
        If the environment names a model that cannot be.
    """

    def __init__(self, twin: Twin) -> None:
        self._shared = SharedTwin(twin)
        self._model = LanguageModelSettings.from_environment()

    def ask(
        self,
        question: str,
        *,
        now: datetime | str | None = None,
        timezone: str = "UTC",
        context: Mapping[str, Any] | None = None,
        pick: int = 0,
        by: str = BY_EITHER,
        conversation: Conversation | None = None,
        hear: Callable[[AskEvent], None] = lambda _: None,
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
        by
            Who answers: ``either``, the verified questions where they are sure, else the model;
            ``questions``, these alone; ``model``.
        conversation
            That of the questions before, for a model to lean on; it is added to. None: the
            question stands alone.
        hear
            Hears what a model writes and calls, while it does.

        Raises
        ------
        InputError
            If the question is empty or too long, the zone or the context is none, or a model is
            wanted and none is named.
        MissingExtraError
            If a model is named and the extra ``model`` is not installed.
        """
        at = None if now is None else read_moment(now)
        asked = Asked(
            question,
            now=at,
            zone=read_zone(timezone),
            context=context,
            pick=pick,
            by=by,
            who=Settings.from_environment().actor or "asker",
            record=find_ask_record(),
            conversation=conversation,
        )
        return AskAnswer(ask_both_ways(self._shared, asked, self._model, hear))

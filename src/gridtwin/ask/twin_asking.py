"""Ask a twin in words, its names laid out once."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from gridtwin.ask.answering import ask_question
from gridtwin.errors import InputError
from gridtwin.model.moments import read_moment
from gridtwin.results.ask_answer import AskAnswer
from gridtwin.tools.shared_twin import SharedTwin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gridtwin.twin import Twin


class TwinAsker:
    """
    A twin that is asked in words; what it needs of the network is laid out once.

    Parameters
    ----------
    twin
        The twin; nothing of it is changed.
    """

    def __init__(self, twin: Twin) -> None:
        self._shared = SharedTwin(twin)

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
        zone = read_zone(timezone)
        at = None if now is None else read_moment(now)
        return AskAnswer(
            ask_question(self._shared, question, now=at, zone=zone, context=context, pick=pick)
        )


def read_zone(name: str) -> tzinfo:
    """
    Return a time zone by its name, as in ``America/Chicago``.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is no time zone: give one such as America/Chicago"
        raise InputError(msg) from error

"""Keep which questions found nothing, and which pages helped, for who writes the manuals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.manuals.library_reading import LibraryReader

LONGEST_KEPT_QUESTION = 300  # characters
MOST_KEPT_QUESTIONS = 100_000


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that was asked, and how often."""

    question: str
    times: int
    last_asked: str


@dataclass(frozen=True, slots=True)
class PageVotes:
    """What people said of a page."""

    document: str
    title: str
    page: int
    helpful: int
    useless: int


@dataclass(frozen=True, slots=True)
class UseReport:
    """How the manuals are used."""

    asked: int
    answered: int
    unanswered: tuple[AskedQuestion, ...]
    votes: tuple[PageVotes, ...]


def note_question(library: LibraryReader, question: str, *, answered: bool) -> None:
    """Count a question; who asked it is not kept, nor are new ones once there are too many."""
    folded = " ".join(question.lower().split())[:LONGEST_KEPT_QUESTION]
    asked = (folded, int(answered))
    with library.open_use_database() as connection:
        counted = connection.execute(
            "UPDATE asked_questions SET times = times + 1, last_asked = ?"
            " WHERE question = ? AND answered = ?",
            (_tell_now(), *asked),
        ).rowcount
        if counted:
            return
        (held,) = connection.execute("SELECT count(*) FROM asked_questions").fetchone()
        if held < MOST_KEPT_QUESTIONS:
            connection.execute(
                "INSERT INTO asked_questions VALUES (?, ?, 1, ?) ON CONFLICT (question, answered)"
                " DO UPDATE SET times = asked_questions.times + 1,"
                " last_asked = excluded.last_asked",
                (*asked, _tell_now()),
            )


def vote_page(
    library: LibraryReader, document: str, page: int, *, helpful: bool, question: str = ""
) -> None:
    """
    Keep whether a page helped.

    Raises
    ------
    NotFoundError
        If there is no such page.
    InputError
        If the question is too long.
    """
    if len(question) > LONGEST_KEPT_QUESTION:
        msg = f"a question may have {LONGEST_KEPT_QUESTION} characters here: shorten it"
        raise InputError(msg)
    library.read_page(document, page)
    with library.open_use_database() as connection:
        connection.execute(
            "INSERT INTO page_votes VALUES (?, ?, ?, ?, ?)",
            (document, page, question, int(helpful), _tell_now()),
        )


def report_use(library: LibraryReader, *, limit: int = 50) -> UseReport:
    """Return which questions found nothing, the most asked first, and how pages were voted."""
    with library.open_use_database() as connection:
        counts = dict(
            connection.execute("SELECT answered, sum(times) FROM asked_questions GROUP BY answered")
        )
        unanswered = connection.execute(
            "SELECT question, times, last_asked FROM asked_questions WHERE answered = 0"
            " ORDER BY times DESC, last_asked DESC LIMIT ?",
            (limit,),
        ).fetchall()
        votes = connection.execute(
            "SELECT document, page, sum(helpful), sum(1 - helpful) AS useless"
            " FROM page_votes GROUP BY document, page"
            " ORDER BY useless DESC, document, page LIMIT ?",
            (limit,),
        ).fetchall()
    titles = {each.document: each.title for each in library.list_documents()}
    return UseReport(
        asked=sum(counts.values()),
        answered=counts.get(1, 0),
        unanswered=tuple(AskedQuestion(*row) for row in unanswered),
        votes=tuple(
            PageVotes(document, titles[document], *rest)
            for document, *rest in votes
            if document in titles
        ),
    )


def _tell_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

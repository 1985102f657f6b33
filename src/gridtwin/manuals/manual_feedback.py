"""Keep which questions found nothing, and which pages helped, for who writes the manuals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from gridtwin.errors import InputError

if TYPE_CHECKING:
    from gridtwin.manuals.library_reading import LibraryReader

LONGEST_KEPT_QUESTION = 300  # characters
MOST_KEPT_QUESTIONS = 100_000
MOST_KEPT_VOTES = 100_000  # the oldest go
VOTES_KEPT = timedelta(days=730)
VOTER_BYTES = 12
KEEP_VOTE = """
INSERT INTO page_votes (document, page, question, helpful, voted, voter) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (document, page, question, voter)
DO UPDATE SET helpful = excluded.helpful, voted = excluded.voted
"""
DROP_OLDEST_VOTES = """
DELETE FROM page_votes WHERE (document, page, question, voter) IN (
    SELECT document, page, question, voter FROM page_votes
    ORDER BY voted, document, page, question, voter LIMIT ?
)
"""


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
    library: LibraryReader,
    document: str,
    page: int,
    *,
    helpful: bool,
    question: str = "",
    voter: str = "",
) -> None:
    """
    Keep whether a page helped; the last word of a person on a page and a question counts.

    Parameters
    ----------
    library
        That holds the page.
    document, page
        Which one.
    helpful
        Whether it helped.
    question
        What was asked.
    voter
        Who says so; only a digest of it with the rest is kept, so that nothing of two votes says
        that they are of one person.

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
    question = " ".join(question.lower().split())
    told = blake2b(f"{voter}\n{document}\n{page}\n{question}".encode(), digest_size=VOTER_BYTES)
    oldest = (datetime.now(UTC) - VOTES_KEPT).isoformat(timespec="seconds")
    with library.open_use_database() as connection:
        connection.execute(
            KEEP_VOTE, (document, page, question, int(helpful), _tell_now(), told.hexdigest())
        )
        connection.execute("DELETE FROM page_votes WHERE voted < ?", (oldest,))
        (held,) = connection.execute("SELECT count(*) FROM page_votes").fetchone()
        if held > MOST_KEPT_VOTES:
            connection.execute(DROP_OLDEST_VOTES, (held - MOST_KEPT_VOTES,))


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

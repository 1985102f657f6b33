"""Shape as JSON documents what was taken in, and what could not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridtwin.results.documents.stream_documents import (
        DeadLetterRecord,
        DeadLettersDocument,
        StreamRunDocument,
    )
    from gridtwin.stream.ingest.local.ledger import LocalDeadLetter as LocalLetter
    from gridtwin.stream.ingest.local.taking import Taken
    from gridtwin.stream.ingest.replay import BrokerDeadLetter


def build_broker_run_document(counts: Mapping[str, int]) -> StreamRunDocument:
    """Return what a worker counted of a broker as the JSON document ``gridtwin.stream_run/1``."""
    return {
        "schema": DocumentTag.STREAM_RUN,
        "messages": counts["messages"],
        "readings": counts["readings"],
        "dead": counts["dead"],
    }


def build_local_run_document(taken: Taken) -> StreamRunDocument:
    """Return what was taken of files as the JSON document ``gridtwin.stream_run/1``."""
    return {
        "schema": DocumentTag.STREAM_RUN,
        "files": taken.files,
        "readings": taken.readings,
        "conditions": taken.conditions,
        "dead": taken.dead,
    }


def build_dead_letters_document(letters: list[DeadLetterRecord]) -> DeadLettersDocument:
    """Return dead letters as the JSON document ``gridtwin.dead_letters/1``."""
    return {"schema": DocumentTag.DEAD_LETTERS, "letters": letters}


def describe_broker_letters(letters: Iterable[BrokerDeadLetter]) -> list[DeadLetterRecord]:
    """Return dead letters of a database as they stand in a document."""
    return [
        {
            "source": letter.topic,
            "place": f"{letter.partition}/{letter.offset}",
            "received_at": f"{letter.received_at:%Y-%m-%dT%H:%M:%SZ}",
            "reason": letter.reason,
            "value": _decode_text(letter.value),
            "replayed": letter.replayed_at is not None,
        }
        for letter in letters
    ]


def describe_local_letters(letters: Iterable[LocalLetter]) -> list[DeadLetterRecord]:
    """Return dead letters of a folder as they stand in a document."""
    return [
        {
            "source": letter.source,
            "place": str(letter.place),
            "received_at": letter.received_at,
            "reason": letter.reason,
            "value": _decode_text(letter.value),
            "replayed": letter.replayed_at is not None,
        }
        for letter in letters
    ]


def _decode_text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", errors="replace")

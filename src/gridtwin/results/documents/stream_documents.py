"""The documents of live data: made, taken in, lived through, and what could not be used."""

from typing import Literal, NotRequired

from gridtwin.results.documents.document_fields import Amount, Count, Shape, Span, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class SimulatedDocument(Span, Shape):
    """
    Live data that was made and sent.

    `gridtwin stream simulate`
    """

    schema: Literal[DocumentTag.SIMULATED]
    sink: str
    """where it went"""
    seed: Count
    readings: Count
    """good and different ones"""
    duplicates: Count
    late: Count
    malformed: Count
    """spoiled copies that went along"""
    conditions: Count
    """intervals with weather and price"""
    grid_events: Count
    outage_alerts: Count
    messages: Count
    """all of them"""
    operations: Count
    """of switches, told or not"""
    most_out: Count
    """usage points without supply at the worst moment"""
    seconds: Amount
    """that it took"""
    readings_per_s: Count


class StreamRunDocument(Shape):
    """
    Readings that were taken in, and what came with them.

    `gridtwin stream run`
    """

    schema: Literal[DocumentTag.STREAM_RUN]
    messages: NotRequired[Count]
    """from Kafka, of all topics"""
    files: NotRequired[Count]
    """that were looked through"""
    readings: Count
    """that could be used, repeated ones of a batch left out from Kafka"""
    conditions: NotRequired[Count]
    """intervals with weather and price, from files"""
    dead: Count
    """messages set apart as dead letters"""


class DeadLetterRecord(Shape):
    """A message that could not be used."""

    source: str
    """topic, or path of the file"""
    place: str
    """PARTITION/OFFSET; byte of a line or row of a Parquet file"""
    received_at: Timestamp
    reason: str
    value: str | None
    """the message as text"""
    replayed: bool
    """whether it was taken since"""


class DeadLettersDocument(Shape):
    """
    Messages that could not be used.

    `gridtwin stream dead-letters list`
    """

    schema: Literal[DocumentTag.DEAD_LETTERS]
    letters: list[DeadLetterRecord]
    """the newest first"""


class LiveDocument(Shape):
    """
    What live operations did.

    `gridtwin stream operate`
    """

    schema: Literal[DocumentTag.LIVE]
    version: Count
    """of the current state afterwards"""
    events: Count
    """taken in, each once"""
    repeated: Count
    """events that were known before"""
    letters: Count
    """messages that could not be used"""
    carried_out: NotRequired[Count]
    """events of the grid"""
    answers: NotRequired[Count]
    """of the inference of outages"""
    outages_changed: Count
    alerts: Count
    """told"""
    estimates: NotRequired[Count]
    """runs of the estimation"""
    answer_s: NotRequired[Amount]
    """seconds the last answer took"""
    behind_s: NotRequired[Amount]
    """seconds from the latest event to the end"""

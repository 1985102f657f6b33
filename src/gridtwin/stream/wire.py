"""
Read and write Confluent's wire format: a zero byte, the id of a schema in four bytes, the payload.

The schema comes from a registry and may be Avro or JSON Schema. Avro is resolved to the published
schema of the topic, so that older and newer writers are read alike.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING, Any

import orjson

from gridtwin.errors import MissingExtraError, StoreError
from gridtwin.stream.checking import Reason
from gridtwin.stream.contracts import avro_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEADER = struct.Struct(">bI")
MOST_SCHEMAS = 1_000  # ids remembered; no registry of a utility's topics has as many
NOT_FOUND = 404


class Registry:
    """
    A schema registry, asked once for each schema.

    Parameters
    ----------
    url
        Address of the registry.
    """

    def __init__(self, url: str) -> None:
        try:
            with warnings.catch_warnings(record=True):  # of the client's own libraries
                from confluent_kafka.schema_registry import SchemaRegistryClient
        except ImportError as error:
            need = "a schema registry"
            raise MissingExtraError(need, "registry") from error
        self._url = url
        self._client = SchemaRegistryClient({"url": url, "timeout": 10, "max.retries": 1})
        self._readers: dict[tuple[str, int], Callable[[bytes], Any]] = {}
        self._ids: dict[str, int] = {}

    def read(self, topic: str, value: bytes) -> Any:
        """Return what a message says, or the `Reason` why it says nothing."""
        if len(value) < HEADER.size:
            return Reason("the message ends within the header of Confluent's wire format")
        _, number = HEADER.unpack_from(value)
        reader = self._readers.get((topic, number))
        if reader is None:
            if len(self._readers) >= MOST_SCHEMAS:
                self._readers.clear()
            reader = self._readers[topic, number] = self._reader(topic, number)
        return reader(value[HEADER.size :])

    def _reader(self, topic: str, number: int) -> Callable[[bytes], Any]:
        from fastavro.schema import SchemaParseException, UnknownType

        schema = self._asked(lambda: self._client.get_schema(number))
        if schema is None:
            return lambda _: Reason(f"schema {number} is not in the registry")
        if schema.schema_type == "JSON":
            return _read_json
        if schema.schema_type != "AVRO":
            return lambda _: Reason(f"schema {number} is {schema.schema_type}, not Avro or JSON")
        try:
            return _avro_reader(orjson.loads(schema.schema_str), avro_schema(topic))
        except (orjson.JSONDecodeError, SchemaParseException, UnknownType) as error:
            reason = Reason(f"schema {number} cannot be read: {_line(error)}")
            return lambda _: reason

    def encode(self, topic: str, messages: Iterable[dict[str, Any]]) -> list[bytes]:
        """
        Return messages in Avro under the published schema, which is registered if it is new.

        Times are aware datetimes; fields that are not given are left out or ``None``.
        """
        import fastavro
        from confluent_kafka.schema_registry import Schema

        stated = avro_schema(topic)
        if topic not in self._ids:
            schema = Schema(orjson.dumps(stated).decode(), "AVRO")
            subject = f"{topic}-value"
            self._ids[topic] = self._asked(lambda: self._client.register_schema(subject, schema))
        header, parsed = HEADER.pack(0, self._ids[topic]), fastavro.parse_schema(stated)
        values = []
        for message in messages:
            buffer = io.BytesIO()
            buffer.write(header)
            fastavro.schemaless_writer(buffer, parsed, message)
            values.append(buffer.getvalue())
        return values

    def _asked(self, question: Callable[[], Any]) -> Any:
        """Return the registry's answer; None if it knows nothing of what it was asked."""
        import httpx
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        try:
            return question()
        except SchemaRegistryError as error:
            if error.http_status_code == NOT_FOUND:
                return None
            msg = f"the schema registry at {self._url} refuses: {_line(error)}"
            raise StoreError(msg) from error
        except (httpx.HTTPError, OSError) as error:
            msg = f"the schema registry at {self._url} cannot be reached: {_line(error)}"
            raise StoreError(msg) from error


def _read_json(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return Reason(f"no JSON: {_line(error)}")


def _avro_reader(writer: Any, reader: Any) -> Callable[[bytes], Any]:
    """Return what reads a payload written under one schema as another sees it."""
    import fastavro
    from fastavro.read import SchemaResolutionError

    writer, reader = fastavro.parse_schema(writer), fastavro.parse_schema(reader)

    def read(payload: bytes) -> Any:
        buffer = io.BytesIO(payload)
        try:
            message = fastavro.schemaless_reader(buffer, writer, reader)
        except SchemaResolutionError as error:
            return Reason(f"its schema does not fit that of the topic: {_line(error)}")
        except (EOFError, ValueError, LookupError, OverflowError, TypeError, MemoryError) as error:
            return Reason(f"no Avro: {_line(error) or type(error).__name__}")
        if buffer.tell() != len(payload):
            return Reason(f"no Avro: {len(payload) - buffer.tell()} bytes are left over")
        return message

    return read


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]

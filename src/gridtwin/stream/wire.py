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

from gridtwin.errors import InputError, MissingExtraError, StoreError
from gridtwin.model.moments import read_moment
from gridtwin.stream.contracts import read_avro_schema
from gridtwin.stream.message_checks import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIRE_HEADER = struct.Struct(">bI")
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
        self._writers: dict[str, Callable[[dict[str, Any]], bytes]] = {}

    def read_message(self, topic: str, value: bytes) -> Any:
        """Return what a message says, or the `Reason` why it says nothing."""
        if len(value) < WIRE_HEADER.size:
            return Reason("the message ends within the header of Confluent's wire format")
        _, number = WIRE_HEADER.unpack_from(value)
        reader = self._readers.get((topic, number))
        if reader is None:
            if len(self._readers) >= MOST_SCHEMAS:
                self._readers.clear()
            reader = self._readers[topic, number] = self._find_reader(topic, number)
        return reader(value[WIRE_HEADER.size :])

    def _find_reader(self, topic: str, number: int) -> Callable[[bytes], Any]:
        from fastavro.schema import SchemaParseException, UnknownType

        schema = self._ask_registry(lambda: self._client.get_schema(number))
        if schema is None:
            return lambda _: Reason(f"schema {number} is not in the registry")
        if schema.schema_type == "JSON":
            return _read_json
        if schema.schema_type != "AVRO":
            return lambda _: Reason(f"schema {number} is {schema.schema_type}, not Avro or JSON")
        try:
            return _build_avro_reader(orjson.loads(schema.schema_str), read_avro_schema(topic))
        except (orjson.JSONDecodeError, SchemaParseException, UnknownType) as error:
            reason = Reason(f"schema {number} cannot be read: {_shorten_error(error)}")
            return lambda _: reason

    def encode_messages(self, topic: str, messages: Iterable[dict[str, Any]]) -> list[bytes]:
        """
        Return messages in Avro under the published schema, which is registered if it is new.

        Times are aware datetimes; fields that are not given are left out or ``None``.
        """
        write = self._find_writer(topic)
        return [write(message) for message in messages]

    def recode_messages(self, topic: str, values: Iterable[bytes]) -> list[bytes]:
        """Return JSON messages in Avro; those that cannot be are left as they are."""
        fields = read_avro_schema(topic)["fields"]
        timed = [each["name"] for each in fields if "timestamp-millis" in str(each["type"])]
        write, recoded = self._find_writer(topic), []
        for value in values:
            try:
                message = orjson.loads(value)
                for name in timed:
                    if message.get(name) is not None:
                        message[name] = read_moment(message[name])
                recoded.append(write(message))
            except (InputError, ValueError, TypeError, AttributeError):
                recoded.append(value)
        return recoded

    def _find_writer(self, topic: str) -> Callable[[dict[str, Any]], bytes]:
        """Return what writes a message under the published schema of a topic."""
        import fastavro

        if topic not in self._writers:
            number = self._register_schema(topic, read_avro_schema(topic))
            header, parsed = (
                WIRE_HEADER.pack(0, number),
                fastavro.parse_schema(read_avro_schema(topic)),
            )

            def write_message(message: dict[str, Any]) -> bytes:
                buffer = io.BytesIO()
                buffer.write(header)
                fastavro.schemaless_writer(buffer, parsed, message)
                return buffer.getvalue()

            self._writers[topic] = write_message
        return self._writers[topic]

    def _register_schema(self, topic: str, stated: dict[str, Any]) -> int:
        """Return the id of a schema, registered if it is new."""
        from confluent_kafka.schema_registry import Schema

        schema = Schema(orjson.dumps(stated).decode(), "AVRO")
        number = self._ask_registry(lambda: self._client.register_schema(f"{topic}-value", schema))
        if number is None:
            msg = f"there is no schema registry at {self._url}: check the address"
            raise StoreError(msg)
        return int(number)

    def _ask_registry(self, question: Callable[[], Any]) -> Any:
        """Return the registry's answer; None if it knows nothing of what it was asked."""
        import httpx2
        from confluent_kafka.schema_registry.error import SchemaRegistryError

        try:
            return question()
        except SchemaRegistryError as error:
            if error.http_status_code == NOT_FOUND:
                return None
            msg = f"the schema registry at {self._url} refuses: {_shorten_error(error)}"
            raise StoreError(msg) from error
        except (httpx2.HTTPError, OSError) as error:
            msg = f"the schema registry at {self._url} cannot be reached: {_shorten_error(error)}"
            raise StoreError(msg) from error


def _read_json(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return Reason(f"no JSON: {_shorten_error(error)}")


def _build_avro_reader(writer: Any, reader: Any) -> Callable[[bytes], Any]:
    """Return what reads a payload written under one schema as another sees it."""
    import fastavro
    from fastavro.read import SchemaResolutionError

    writer, reader = fastavro.parse_schema(writer), fastavro.parse_schema(reader)

    def read_payload(payload: bytes) -> Any:
        buffer = io.BytesIO(payload)
        try:
            message = fastavro.schemaless_reader(buffer, writer, reader)
        except SchemaResolutionError as error:
            return Reason(f"its schema does not fit that of the topic: {_shorten_error(error)}")
        except (EOFError, ValueError, LookupError, OverflowError, TypeError, MemoryError) as error:
            return Reason(f"no Avro: {_shorten_error(error) or type(error).__name__}")
        if buffer.tell() != len(payload):
            return Reason(f"no Avro: {len(payload) - buffer.tell()} bytes are left over")
        return message

    return read_payload


def _shorten_error(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]

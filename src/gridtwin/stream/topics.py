"""Find out whether a broker answers, and make the topics that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridtwin.errors import BrokerError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka.admin import AdminClient

ANSWER_TIMEOUT_S = 5.0


def is_reachable(brokers: str, *, timeout_s: float = ANSWER_TIMEOUT_S) -> bool:
    """Return whether a broker answers at one of these addresses within a time."""
    client = _build_client(brokers)
    from confluent_kafka import KafkaException

    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def make_topics(brokers: str, partitions: Mapping[str, int], *, replicas: int = -1) -> list[str]:
    """
    Make topics that are not there; those that are stay as they are.

    Parameters
    ----------
    brokers
        Addresses of the cluster, ``HOST:PORT[,HOST:PORT...]``.
    partitions
        Partitions of each topic by its name.
    replicas
        Copies of each partition; as many as the cluster makes by default.

    Returns
    -------
        The topics that were made.

    Raises
    ------
    BrokerError
        If no broker answers, or one refuses.
    """
    if not is_reachable(brokers):
        raise build_unreachable_error(brokers)
    client = _build_client(brokers)
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.cimpl import NewTopic

    wanted = [NewTopic(name, count, replicas) for name, count in partitions.items()]
    made = []
    for name, future in client.create_topics(wanted, operation_timeout=ANSWER_TIMEOUT_S).items():
        try:
            future.result(timeout=2 * ANSWER_TIMEOUT_S)
            made.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                msg = f"topic {name} cannot be made at {brokers}: {error.args[0].str()}"
                raise BrokerError(msg) from error
        except TimeoutError as error:
            raise build_unreachable_error(brokers) from error
    return made


def build_unreachable_error(brokers: str) -> BrokerError:
    """Return the error that says so."""
    return BrokerError(
        f"no Kafka broker answers at {brokers}: check the address, and that the broker runs and"
        " lets this machine in"
    )


def _build_client(brokers: str) -> AdminClient:
    try:
        from confluent_kafka.admin import AdminClient
    except ModuleNotFoundError as error:
        need = "a stream from or to Kafka"
        raise MissingExtraError(need, "kafka") from error
    return AdminClient(
        {
            "bootstrap.servers": brokers,
            "log_level": 0,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
        }
    )

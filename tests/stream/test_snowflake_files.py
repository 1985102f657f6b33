"""The files for Snowflake name what the contracts name; no account has run them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gridtwin.stream.contracts import TOPICS, read_json_schema

FOLDER = Path(__file__).parents[2] / "deploy/snowflake"


def connector() -> dict[str, str]:
    return json.loads((FOLDER / "kafka-connector.json").read_text())["config"]


def tables() -> dict[str, list[str]]:
    """Return the columns of every table that is made."""
    text = (FOLDER / "landing.sql").read_text()
    made = re.findall(r"CREATE TABLE IF NOT EXISTS (\S+) \((.*?)\n\);", text, re.DOTALL)
    return {name: re.findall(r"^    (\w+) ", body, re.MULTILINE) for name, body in made}


def test_the_connector_lands_every_topic_in_a_table_of_its_fields() -> None:
    config, made = connector(), tables()
    assert config["topics"].split(",") == list(TOPICS)
    places = dict(pair.split(":") for pair in config["snowflake.topic2table.map"].split(","))
    where = f"{config['snowflake.database.name']}.{config['snowflake.schema.name']}"
    assert {f"{where}.{table}" for table in places.values()} == set(made)
    for topic, table in places.items():
        fields = [name.upper() for name in read_json_schema(topic)["properties"]]
        assert made[f"{where}.{table}"] == ["RECORD_METADATA", *fields]


def test_the_connector_reads_json_and_holds_no_secret() -> None:
    config = connector()
    assert config["value.converter"].endswith("JsonConverter")
    assert int(config["tasks.max"]) <= max(topic.partitions for topic in TOPICS.values())
    for name in ("snowflake.url.name", "snowflake.user.name", "snowflake.private.key"):
        assert re.fullmatch(r"\$\{env:\w+\}", config[name])

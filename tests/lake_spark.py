"""Ask Spark, in a virtual environment of its own, what it reads in the lake of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridtwin.stream.broker.java_program import JavaProgram
from lake_bench import HERE, INSTALL, KEY_ID, REGION, SECRET, Lake

PYSPARK = "pyspark==4.1.4"
SPARK_PROGRAM = JavaProgram(
    product="Iceberg for the Spark of the tests",
    folder="lake-spark",
    pom=(HERE / "spark.pom.xml").read_bytes(),
    main_artifact="iceberg-spark-runtime-*.jar",
    mend=INSTALL,
)


def find_python() -> Path:
    """Return the Python that has Spark; its environment is made where it is missing."""
    folder = Path(sys.prefix) / PYSPARK.replace("==", "-")
    python = folder / "bin/python"
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, PYSPARK], check=True)
        (folder / "made").touch()
    return python


def ask_spark(lake: Lake, questions: Mapping[str, str]) -> dict[str, list[list[Any]]]:
    """
    Return the rows of questions in Spark's SQL, by their names.

    The catalog is called ``lake`` there; times come as text, in UTC.
    """
    settings = {
        "spark.master": "local[2]",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.geospatial.enabled": "true",
        "spark.driver.extraClassPath": f"{SPARK_PROGRAM.fetch_artifacts()}/*",
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "rest",
        "spark.sql.catalog.lake.uri": lake.catalog.url,
        "spark.sql.catalog.lake.warehouse": lake.address.warehouse,
        "spark.sql.catalog.lake.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "spark.sql.catalog.lake.client.region": REGION,
        "spark.sql.catalog.lake.s3.endpoint": lake.store.url,
        "spark.sql.catalog.lake.s3.access-key-id": KEY_ID,
        "spark.sql.catalog.lake.s3.secret-access-key": SECRET,
        "spark.sql.catalog.lake.s3.path-style-access": "true",
    }
    done = subprocess.run(
        [find_python(), Path(__file__).with_name("lake") / "spark_questions.py"],
        input=json.dumps({"settings": settings, "questions": dict(questions)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answers: dict[str, list[list[Any]]] = json.loads(done.stdout.splitlines()[-1])
    return answers

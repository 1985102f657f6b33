"""Answer questions in Spark's SQL: JSON on standard input and output; run by Spark's Python."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession


def main() -> None:
    """Read settings and questions, print the rows of each."""
    asked = json.load(sys.stdin)
    builder = SparkSession.builder
    for name, value in asked["settings"].items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    answers = {
        name: [list(row) for row in spark.sql(question).collect()]
        for name, question in asked["questions"].items()
    }
    sys.stdout.write("\n" + json.dumps(answers, default=str) + "\n")
    spark.stop()


if __name__ == "__main__":
    main()

"""Name what a node of Apache Kafka consists of."""

from __future__ import annotations

from importlib.resources import files

from gridtwin.stream.broker.java_program import JavaProgram

KAFKA_PROGRAM = JavaProgram(
    product="Apache Kafka",
    folder="kafka",
    pom=(files("gridtwin.stream.broker") / "pom.xml").read_bytes(),
    main_artifact="kafka_2.13-*.jar",
    mend=(
        "install a Java runtime of version 17 or later and Maven (apt-get install"
        " default-jre-headless maven), or give the address of a Kafka that runs"
    ),
)

"""A node of Apache Kafka on this machine, for demos, tests and measurements."""

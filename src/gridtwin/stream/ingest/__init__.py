"""Take readings in: from topics into PostgreSQL, from files into the local store, each once."""

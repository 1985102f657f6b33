"""Where simulated live data goes: files of a table, lines, a broker, a database."""

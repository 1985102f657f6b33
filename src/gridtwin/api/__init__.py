"""The twin over HTTP: parse, ask `Twin`, answer; no logic. Each router is one group of paths."""

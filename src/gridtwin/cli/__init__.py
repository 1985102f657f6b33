"""Floor 6: the command line. Parse, call `Twin`, render; no logic of its own."""

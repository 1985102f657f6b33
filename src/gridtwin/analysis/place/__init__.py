"""Places: what lies where, and inside which polygon."""

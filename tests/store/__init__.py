"""Where a twin is kept."""

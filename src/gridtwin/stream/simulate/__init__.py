"""Make live data for any twin: what meters would measure and tell, as files or as messages."""

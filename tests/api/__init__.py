"""A server as its clients meet it."""

"""Outages: who is out when equipment fails, trips or is isolated, and the life of an outage."""

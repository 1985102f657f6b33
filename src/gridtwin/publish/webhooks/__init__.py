"""Tell receivers of events by HTTP: where to, signed how, in which form."""

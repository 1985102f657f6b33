"""Live data: contracts of the topics, messages in and out, and the ways they take."""

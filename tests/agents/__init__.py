"""The tools for agents, and the protocol they are asked by."""

"""Live data: topics in and out, readings made and taken in."""

"""
The questions of an agent as functions: typed arguments in, one of the documents out.

No protocol is known here: whatever talks to a model, or answers a question in words, calls these.
`tool_registry.TOOLS` lists them.
"""

"""
What the words mean: tables, measures and links; words of the field; verified questions.

The YAML files of this room are the one source: questions in words, the SQL of weeks, what is
published to warehouses and the documentation are read from them.
"""

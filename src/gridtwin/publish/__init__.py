"""
Floor 4: what others see.

Answers with names and shapes (`results`, `reliability`, `storms`), frames with geometry (`geo`),
and files for other programs (`gpkg`, `odin`).
"""

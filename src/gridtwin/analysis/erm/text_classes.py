"""Sort the free text of causes and crew states into classes that every utility shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.outage_history import Words

# The first pattern that fits decides: what was done on purpose, then what is most particular.
CAUSE_PATTERNS: tuple[tuple[str, str], ...] = (
    ("safety", r"public safety|psps|fire danger|shutoff|shut off"),
    ("planned", r"(?<!un)planned|scheduled|maintenance|work being done|replacement|upgrade"),
    ("unknown", r"unknown|investigat|determine\b|assess|no known|^\s*(other|none|n/a)?\s*$"),
    ("supply", r"transmission|substation|supply|upstream|loss of"),
    ("vehicle", r"vehicle|\bcar\b|motor|accident|collision|crash|dig|dug|third party|vandal|crane"),
    ("animal", r"animal|bird|wildlife|squirrel|raccoon"),
    ("tree", r"tree|limb|vegetation|branch"),
    ("weather", r"weather|wind|storm|snow|\bice\b|lightning|flood|hurricane|tornado|slide|quake"),
    ("fire", r"fire|burn"),
    ("underground", r"underground|cable"),
    ("line", r"overhead|\bline|\bwire|conductor|pole"),
    ("equipment", r"equipment|transformer|device|fault|fail|damage|emergency"),
)
CAUSE_NAMES = ("", *(name for name, _ in CAUSE_PATTERNS), "else")
PLANNED = CAUSE_NAMES.index("planned")

CREW_PATTERNS: tuple[tuple[str, str], ...] = (
    ("held", r"suspend|unable|delay|hold|stood down"),
    ("unassigned", r"\bno crew|await|not (yet )?assigned|pending|unassigned"),
    ("underway", r"en.?route|on (their|its|the) way|sending|travel|dispatched"),
    ("assessing", r"assessing|investigating|patrol"),
    ("on_site", r"on.?site|on scene|working|repairing|arrived"),
    ("assigned", r"assigned"),
)
CREW_NAMES = ("", *(name for name, _ in CREW_PATTERNS), "else")


def _find_class(text: str, patterns: tuple[tuple[str, str], ...]) -> int:
    for place, (_, pattern) in enumerate(patterns, start=1):
        if re.search(pattern, text.lower()):
            return place
    return len(patterns) + 1


def classify_causes(words: Words) -> NDArray[np.int32]:
    """Return the place in `CAUSE_NAMES` of every row; 0 where no cause is given."""
    return _classify_words(words, CAUSE_PATTERNS)


def classify_crews(words: Words) -> NDArray[np.int32]:
    """Return the place in `CREW_NAMES` of every row; 0 where no crew state is given."""
    return _classify_words(words, CREW_PATTERNS)


def _classify_words(words: Words, patterns: tuple[tuple[str, str], ...]) -> NDArray[np.int32]:
    table = np.array([*(_find_class(text, patterns) for text in words.texts), 0], np.int32)
    return table[words.codes]

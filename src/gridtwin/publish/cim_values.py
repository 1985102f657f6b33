"""Say single values in the words of CIM: references, phase codes, numbers, texts."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

SAFE_IN_IDS = ":-._~()*+,;=@!$/"
UNRECORDED_CODE = "PhaseCode.none"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def refer_to(mrid: str) -> tuple[str] | str:
    """Return the reference to an object, as a tuple; an empty text where there is none."""
    return (f"#_{quote(mrid, safe=SAFE_IN_IDS)}",) if mrid else ""


def say_phases(code: str, *, named: bool) -> str:
    """Return what CIM cannot say: that none are recorded, or those of what has no phase objects."""
    if not code:
        return UNRECORDED_CODE
    return code if named and code != "ABC" else ""


def order_code(code: str) -> str:
    """Return phases as an ordered phase code, which has N beside a single one."""
    return code.replace("s1s2", "s12N") if "s" in code else f"{code}N" if len(code) == 1 else code


def format_value(value: Any) -> str:
    """Return a value as text of XML; empty where it says nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9g}"  # as many digits as a column of the network holds
    return escape(_CONTROL.sub(" ", str(value)))

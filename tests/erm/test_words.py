"""Free text sorted into classes."""

from __future__ import annotations

import numpy as np
import pytest

from gridtwin.analysis.erm.text_classes import (
    CAUSE_NAMES,
    CREW_NAMES,
    classify_causes,
    classify_crews,
)
from gridtwin.model.outage_history import Words


def _one(text: str) -> Words:
    return Words(np.array([0, -1], np.int32), (text,))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tree down across our wires", "tree"),
        ("Planned work being done on our equipment", "planned"),
        ("Unplanned outage", "else"),
        ("Scheduled maintenance", "planned"),
        ("Under investigation", "unknown"),
        ("Our preliminary determination is that your outage was caused by the weather.", "weather"),
        ("a car that hit a pole", "vehicle"),
        ("Wire down", "line"),
        ("Wildlife in equipment", "animal"),
        ("Transmission circuit failure", "supply"),
        ("", "unknown"),
    ],
)
def test_causes(text: str, name: str) -> None:
    found = classify_causes(_one(text))
    assert CAUSE_NAMES[found[0]] == name
    assert CAUSE_NAMES[found[1]] == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("No crew assigned yet", "unassigned"),
        ("Crew assigned", "assigned"),
        ("Crew on their way", "underway"),
        ("PG&E repair crew is en route to the outage location.", "underway"),
        ("PG&E is assessing the cause at the outage location.", "assessing"),
        ("PG&E repair crew is on-site working to restore power.", "on_site"),
        ("Suspended", "held"),
    ],
)
def test_crews(text: str, name: str) -> None:
    assert CREW_NAMES[classify_crews(_one(text))[0]] == name

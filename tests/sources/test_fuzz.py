"""Whatever happens to the files of a source, reading gives a network or one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzing import SOURCES, each_count, find_outcomes


@each_count
@pytest.mark.parametrize("form", list(SOURCES))
def test_a_spoilt_source_is_read_or_refused_in_words(form: str, count: int, tmp_path: Path) -> None:
    outcomes = find_outcomes(form, count, tmp_path)
    wrong = {seed: said for seed, said in outcomes.items() if said not in {"read", "refused"}}
    assert wrong == {}
    assert set(outcomes.values()) == {"read", "refused"}

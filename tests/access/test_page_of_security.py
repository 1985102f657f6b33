"""The page on security tells of the roles there are, and every threat names a test that is."""

from __future__ import annotations

import ast
from pathlib import Path

from security_texts import SECURITY_PAGE, list_threats, write_roles

ROOT = Path(__file__).parents[2]


def test_the_roles_are_those_of_the_code() -> None:
    text = SECURITY_PAGE.read_text()
    assert write_roles(text) == text, "run python tests/security_texts.py, and commit it"


def test_every_threat_names_a_test_that_is_there() -> None:
    text = SECURITY_PAGE.read_text()
    threats = list_threats(text)
    assert len(threats) == text.count("::") > 30
    assert {letter for letter, *_ in threats} == set("STRIDE")
    for *_, file, name in threats:
        tree = ast.parse((ROOT / file).read_text())
        tests = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
        assert name in tests, (file, name)
        marked = [
            each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name
        ]
        assert not any("skip" in ast.dump(mark) for mark in marked[0].decorator_list)

"""The house keeps its own rules: sizes, first sentences, and one word for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src/gridtwin"
LONGEST = 400  # lines of a module
LOGGER = "LOG"  # each module's own, as is the custom


@cache
def modules() -> dict[str, ast.Module]:
    """Return what stands in each module of the package."""
    return {
        str(path.relative_to(SOURCES)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCES.rglob("*.py"))
    }


def homes(names_of: type[ast.ClassDef] | type[ast.Assign]) -> dict[str, list[str]]:
    """Return the modules that define each public class, or each constant."""
    where: dict[str, list[str]] = defaultdict(list)
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and names_of is ast.ClassDef:
                where[node.name].append(module)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and names_of is ast.Assign:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for each in targets:
                    if isinstance(each, ast.Name) and each.id.isupper():
                        where[each.id].append(module)
    return where


def test_no_module_is_longer_than_one_idea() -> None:
    assert not [
        path
        for path in SOURCES.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST
    ]


def test_every_module_says_what_it_is_for() -> None:
    assert not [module for module, tree in modules().items() if not ast.get_docstring(tree)]


def test_no_class_has_the_name_of_another() -> None:
    public = {name: where for name, where in homes(ast.ClassDef).items() if name[0] != "_"}
    assert not {name: where for name, where in public.items() if len(where) > 1}


def test_no_constant_has_the_name_of_another() -> None:
    constants = {name: where for name, where in homes(ast.Assign).items() if name != LOGGER}
    assert not {name: where for name, where in constants.items() if len(where) > 1}

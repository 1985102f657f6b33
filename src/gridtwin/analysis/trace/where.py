"""
Keep the elements for which an expression holds.

The expression is read as Python's grammar and nothing more: names of columns, literals,
comparisons, ``in``, ``and``, ``or``, ``not``. Nothing in it is ever executed::

    kind == 'fuse' and rated_a > 65
    placement == 'underground' or 'B' in phases
    install_year < 1990 and own['Last inspected'] >= '2024-01-01'

Columns that are not of the model are named like the others, unless their name is no plain word, or
is that of another column: then as ``own['name']``. A number or date that is not known holds for no
comparison but ``!=``; a flag that is not known is neither ``== True`` nor ``== False``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridtwin.analysis.trace.spec import LONGEST_WHERE
from gridtwin.errors import ExpressionError
from gridtwin.model.syntax_trees import PARSING

DEEPEST = 40
Value = Any
Columns = Mapping[str, Callable[[], NDArray[Any]]]

_COMPARE: dict[type[ast.cmpop], Callable[[Value, Value], Value]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


NO_COLUMNS: Columns = {}


def select_where(
    expression: str, columns: Columns, count: int, own: Columns = NO_COLUMNS
) -> NDArray[np.bool_]:
    """
    Return for which rows an expression holds, shape (count,).

    Parameters
    ----------
    expression
        See the module.
    columns
        What makes the array of shape (count,) that each name stands for.
    count
        Number of rows.
    own
        The same for the columns that are not of the model.

    Raises
    ------
    ExpressionError
        If the expression cannot be read, or names an unknown column.
    """
    if len(expression) > LONGEST_WHERE:
        msg = f"the expression is longer than {LONGEST_WHERE:,} characters"
        raise ExpressionError(msg)
    try:
        with PARSING:
            tree = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        msg = f"cannot read the expression {expression!r}: write it like kind == 'fuse'"
        raise ExpressionError(msg) from error
    try:
        result = _truth(_evaluate_node(tree, _Known(columns, own), 0))
        held = np.broadcast_to(np.asarray(result), (count,))
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"the expression {expression!r} compares what cannot be compared: {error}"
        raise ExpressionError(msg) from error
    if held.dtype != np.bool_:
        msg = f"the expression {expression!r} is neither true nor false: compare something"
        raise ExpressionError(msg)
    return held


class _Known(NamedTuple):
    """What an expression can name."""

    columns: Columns
    own: Columns

    def make(self, name: str) -> NDArray[Any]:
        """Return the column of a plain name."""
        either = {**self.own, **self.columns}
        if name not in either:
            msg = f"no column is called {name!r}: use one of {', '.join(sorted(either))}"
            raise ExpressionError(msg)
        return either[name]()

    def make_own(self, name: str) -> NDArray[Any]:
        """Return a column that is not of the model."""
        if name not in self.own:
            there = f"use one of {', '.join(sorted(self.own))}" if self.own else "there is none"
            msg = f"no own column is called {name!r}: {there}"
            raise ExpressionError(msg)
        return self.own[name]()


def _truth(value: Value) -> Value:
    """Return a flag as whether it is known to be true."""
    return value == 1 if isinstance(value, np.ndarray) and value.dtype == np.int8 else value


def _evaluate_node(  # noqa: PLR0911 - one return for each kind of node
    node: ast.expr, columns: _Known, depth: int
) -> Value:
    if depth > DEEPEST:
        msg = f"the expression is nested deeper than {DEEPEST}"
        raise ExpressionError(msg)
    match node:
        case ast.Constant(value=value) if isinstance(value, str | int | float | bool):
            return value
        case ast.Name(id=name):
            return columns.make(name)
        case ast.Subscript(value=ast.Name(id="own"), slice=ast.Constant(value=str(name))):
            return columns.make_own(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate_node(operand, columns, depth + 1)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(_truth(_evaluate_node(operand, columns, depth + 1)))
        case ast.BoolOp(op=op, values=values):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            parts = [_truth(_evaluate_node(value, columns, depth + 1)) for value in values]
            return join.reduce(np.broadcast_arrays(*parts))
        case ast.Compare():
            return _evaluate_comparison(node, columns, depth)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [_evaluate_node(element, columns, depth + 1) for element in elements]
    msg = f"{ast.unparse(node)!r} is not allowed in an expression"
    raise ExpressionError(msg)


def _evaluate_comparison(node: ast.Compare, columns: _Known, depth: int) -> NDArray[np.bool_]:
    left = _evaluate_node(node.left, columns, depth + 1)
    parts = []
    for op, side in zip(node.ops, node.comparators, strict=True):
        right = _evaluate_node(side, columns, depth + 1)
        left, right = _as_date(left, right), _as_date(right, left)
        if isinstance(op, ast.In | ast.NotIn):
            held = _evaluate_containment(left, right)
            parts.append(np.logical_not(held) if isinstance(op, ast.NotIn) else held)
        elif type(op) in _COMPARE:
            parts.append(np.asarray(_COMPARE[type(op)](left, right)))
        else:
            msg = f"{ast.unparse(node)!r} is not allowed in an expression"
            raise ExpressionError(msg)
        left = right
    return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*parts)))


def _as_date(value: Value, other: Value) -> Value:
    """Return a text, or texts, that are compared with dates as dates."""
    if not isinstance(other, np.ndarray) or other.dtype.kind != "M":
        return value
    if isinstance(value, list):
        return np.array([_as_date(each, other) for each in value])
    if not isinstance(value, str):
        return value
    try:
        return np.datetime64(value, "D")
    except ValueError as error:
        msg = f"{value!r} is no date: write it like '2024-05-31'"
        raise ExpressionError(msg) from error


def _evaluate_containment(left: Value, right: Value) -> NDArray[np.bool_]:
    """Return where `left` is one of a list, or a part of a text."""
    if isinstance(right, list) or (isinstance(right, np.ndarray) and right.dtype.kind == "M"):
        return np.isin(np.asarray(left), right)
    whole, part = np.broadcast_arrays(np.asarray(right), np.asarray(left))
    return np.array(
        [str(piece) in str(text) for text, piece in zip(whole.ravel(), part.ravel(), strict=True)],
        dtype=bool,
    ).reshape(whole.shape)

"""
Parse Python's syntax, one thread at a time.

CPython, at least 3.11, counts the depth of a syntax tree for all threads together: of two that
parse at once, one may be refused with a SystemError
(https://github.com/python/cpython/issues/106905). It is not seen where it
comes from: numpy parses the head of every array that it loads.
"""

from __future__ import annotations

from threading import Lock

PARSING = Lock()

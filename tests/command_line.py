"""Run the program of the command line in the process of the test, which spares its start."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from gridtwin.cli.entry import main

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "COLUMNS": "160"}


def run_cli(
    *words: str | Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Return what a command answers, in an environment that says nothing but what is given."""
    said, logged, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", ["gridtwin", *map(str, words)]),
        patch.object(sys, "stdin", io.StringIO(stdin)),
        patch.dict("os.environ", ENVIRONMENT | environment, clear=True),
        redirect_stdout(said),
        redirect_stderr(logged),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return subprocess.CompletedProcess(words, code, said.getvalue(), logged.getvalue())

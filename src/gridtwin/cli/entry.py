"""Start the command line, and turn every error into one line and an exit code."""

from __future__ import annotations

import os
import sys

from gridtwin.cli.cold_count import count_cold
from gridtwin.errors import (
    GridtwinError,
    InputError,
    MissingExtraError,
    NotFoundError,
    OperationConflictError,
    OperationRefusedError,
    StoreError,
)

# The first class that fits decides; the codes are part of the contract with other programs.
EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 3),
    (OperationConflictError, 1),
    (OperationRefusedError, 1),
    (StoreError, 4),
    (InputError, 2),
    (MissingExtraError, 2),
    (GridtwinError, 2),
)
INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process."""
    customers = count_cold(sys.argv[1:])
    if customers is not None:
        sys.stdout.write(f"{customers}\n")
        return
    debug = "--debug" in sys.argv[1:]
    sys.argv[1:] = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        from gridtwin.cli.root_commands import app

        app(prog_name="gridtwin")
    except GridtwinError as error:
        if debug:
            raise
        sys.stderr.write(f"gridtwin: {' '.join(str(error).split())}\n")
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:
        # The reader has gone, as with `| head`; what is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

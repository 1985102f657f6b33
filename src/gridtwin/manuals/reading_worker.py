"""
Read one file after the other in a process that may use little memory and time, and write nothing.

``python -m gridtwin.manuals.reading_worker LIMITS`` takes a path in JSON on each line of standard
input, and answers each with one line: what was read, or why not.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridtwin.errors import GridtwinError, SourceError
from gridtwin.manuals.document_pages import write_reading
from gridtwin.manuals.reading_limits import ReadingLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.manuals.document_pages import DocumentReading

MISMATCHED = "its name says {name}, and it holds something else"


def main() -> None:
    """Answer until standard input ends; what libraries print goes to standard error."""
    limits = ReadingLimits(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_process(limits)
    for line in sys.stdin:
        allow_time(limits)
        json.dump(answer_path(Path(json.loads(line)), limits), answers, ensure_ascii=True)
        answers.write("\n")
        answers.flush()


def answer_path(path: Path, limits: ReadingLimits) -> dict[str, Any]:
    """Return what a file holds, or under ``fault`` why it cannot be read."""
    try:
        return write_reading(read_document(path, limits))
    except GridtwinError as error:
        return {"fault": " ".join(str(error).split())}
    except MemoryError:
        return {"fault": f"it needs more than {limits.most_memory >> 20:,} MiB of memory"}
    except RecursionError:
        return {"fault": "it is nested too deep"}
    except OSError as error:
        return {"fault": f"it cannot be opened ({error.strerror})"}


def read_document(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return what a file holds, read by what it is called.

    Raises
    ------
    SourceError
        If it is not of that format, damaged, or too large.
    """
    size = path.stat().st_size
    if size == 0:
        msg = "it is empty"
        raise SourceError(msg)
    if size > limits.most_bytes:
        msg = f"it has {size >> 20:,} MiB, more than {limits.most_bytes >> 20:,}: split it"
        raise SourceError(msg)
    return find_reader(path)(path, limits)


def find_reader(path: Path) -> Callable[[Path, ReadingLimits], DocumentReading]:
    """
    Return what reads the format of a file.

    Raises
    ------
    SourceError
        If its begin is not that of the format which its name says.
    """
    from gridtwin.manuals import office_pages, pdf_pages

    suffix = path.suffix.lower()
    with path.open("rb") as file:
        begin = file.read(1024)
    if suffix == ".pdf":
        if b"%PDF-" not in begin:
            raise SourceError(MISMATCHED.format(name="PDF"))
        return pdf_pages.read_pdf
    if suffix == ".docx":
        if not begin.startswith(b"PK"):
            raise SourceError(MISMATCHED.format(name="DOCX"))
        return office_pages.read_docx
    if suffix in {".html", ".htm"}:
        return office_pages.read_html
    return office_pages.read_markdown if suffix == ".md" else office_pages.read_plain


def limit_process(limits: ReadingLimits) -> None:
    """Take from this process what a hostile file could use."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.most_memory, limits.most_memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_time(limits: ReadingLimits) -> None:
    """Let the next file have its processor time; who takes more is ended by the kernel."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    until = int(spent.ru_utime + spent.ru_stime) + limits.most_cpu_s + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


if __name__ == "__main__":
    main()

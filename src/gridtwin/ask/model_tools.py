"""The tools as a language model calls them: only those that read, each call kept and noted."""

from __future__ import annotations

import inspect
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from gridtwin.ask.agent_tools import call_tool, list_agent_tools
from gridtwin.ask.figure_check import HeldAnswer
from gridtwin.errors import GridtwinError
from gridtwin.model.permissions import Permission
from gridtwin.store.held_connections import hold_connections
from gridtwin.tools.personal_data import hide_personal
from gridtwin.tools.tool_audit import audit_call
from gridtwin.tools.tool_texts import clean_text, clean_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from pydantic_ai import Tool

    from gridtwin.results.documents.ask_documents import ModelCall
    from gridtwin.tools.shared_twin import SharedTwin
    from gridtwin.tools.tool_answer import ToolAnswer
    from gridtwin.tools.tool_registry import ToolSpec

LONGEST_FAULT = 400  # characters of an error, as a model reads it


class CalledTools:
    """
    What a model has called at one question, and what it was answered.

    Parameters
    ----------
    shared
        The twin.
    zone
        Whose times the answer is read in.
    who
        Who asks, for the log.
    permissions
        Of who asks; None: nobody is held. Who may see customers lets the model see them, too.
    last_number
        Of the calls before, in earlier turns; those of this question count on.
    """

    def __init__(
        self,
        shared: SharedTwin,
        zone: tzinfo,
        who: str,
        permissions: frozenset[Permission] | None = None,
        last_number: int = 0,
    ) -> None:
        self._shared = shared
        self._zone = zone
        self._who = who
        self._permissions = permissions
        self._last_number = last_number
        self.calls: list[ModelCall] = []
        self.shown: list[Mapping[str, Any]] = []  # what the model read of each call
        self.held: dict[int, HeldAnswer] = {}  # by the number of the call
        self.answers: list[ToolAnswer[Any] | None] = []  # of each call; None: it failed

    def list_tools(self) -> list[Tool[None]]:
        """Return the tools for the library; one that operates is never among them."""
        from pydantic_ai import Tool

        return [
            Tool(
                self._make_call(spec),
                takes_ctx=False,
                name=spec.name,
                description=spec.description,
                sequential=True,  # their numbers are those of their order
            )
            for spec in list_agent_tools(operator=False)
        ]

    def _make_call(self, spec: ToolSpec) -> Callable[..., dict[str, Any]]:
        own = list(inspect.signature(spec.call, eval_str=True).parameters.values())[1:]

        def call(**arguments: Any) -> dict[str, Any]:
            return self._answer_call(spec, arguments)

        taken = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
        call.__signature__ = Signature(taken)  # type: ignore[attr-defined]
        call.__annotations__ = {each.name: each.annotation for each in taken}
        return call

    @hold_connections()
    def _answer_call(self, spec: ToolSpec, arguments: dict[str, Any]) -> dict[str, Any]:
        known = inspect.signature(spec.call).parameters
        said = {name: value for name, value in arguments.items() if value != known[name].default}
        try:
            with audit_call(f"{self._who} by a model", spec.name, said) as audited:
                answer = call_tool(spec, self._shared, arguments, self._permissions)
                audited.note_answer(answer)
        except GridtwinError as error:
            told = clean_text(" ".join(str(error).split()), LONGEST_FAULT)
            self.note_fault(spec.name, said, "failed", told)
            return dict(self.shown[-1])
        personal = Permission.SEE_CUSTOMERS in (self._permissions or ())
        shown = answer if personal else hide_personal(answer)  # it goes to another machine
        number = self._note(spec.name, said, "answered", answer["sentence"], answer)
        self.held[number] = HeldAnswer.from_document(shown, self._zone)
        self.shown.append({"result": number, **shown})
        return dict(self.shown[-1])

    def note_fault(self, tool: str, arguments: Any, outcome: str, told: str) -> None:
        """Keep a call that has no answer."""
        number = self._note(clean_text(tool, 60), arguments, outcome, told, None)
        self.shown.append({"result": number, "error": told})

    def _note(
        self, tool: str, arguments: Any, outcome: str, told: str, answer: ToolAnswer[Any] | None
    ) -> int:
        number = self._last_number + len(self.calls) + 1
        self.answers.append(answer)
        self.calls.append(
            {
                "number": number,
                "tool": tool,
                "arguments": clean_value(arguments) if isinstance(arguments, dict) else {},
                "outcome": outcome,
                "sentence": told,
                "rows": sum(answer["totals"].values()) if answer else 0,
                "map": answer["map"] if answer else None,
            }
        )
        return number

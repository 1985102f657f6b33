"""Hold what is known of a source while its mapping is drafted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridtwin.errors import SourceError
from gridtwin.sources.drafting.draft_words import (
    SWITCH_ROLES,
    find_line_class,
    find_role,
    fold_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.drafting.draft_text import DraftQuestion
    from gridtwin.sources.drafting.draft_values import GuessedKey
    from gridtwin.sources.drafting.mapping_profile import LayerProfile, SourceProfile
    from gridtwin.sources.drafting.profile_links import ColumnReference, NodeIds
    from gridtwin.sources.drafting.profile_places import PlaceEvidence

LINE_ROLES = ("line", "service")
EQUIPMENT_ROLES = (*LINE_ROLES, "transformer", "regulator", *SWITCH_ROLES)


@dataclass(slots=True)
class DraftContext:
    """What is known of a source while its mapping is drafted."""

    profile: SourceProfile
    answers: Mapping[str, str]
    evidence: PlaceEvidence
    node_ids: NodeIds | None
    keys: dict[str, GuessedKey]
    references: list[ColumnReference]
    asked: dict[str, DraftQuestion] = field(default_factory=dict)  # answered or not
    decoders: dict[str, dict[str, Any]] = field(default_factory=dict)
    decoder_whys: dict[str, str] = field(default_factory=dict)

    def ask(self, question: DraftQuestion) -> str | None:
        """
        Return the answer to a question; None if it is not there.

        Raises
        ------
        SourceError
            If the answer is none of the choices.
        """
        self.asked[question.name] = question
        answer = question.find_answer(self.answers)
        if answer is not None and question.choices and answer not in question.choices:
            msg = (
                f"{self.profile.path}: the answer {question.name}={answer} is none of"
                f" {', '.join(question.choices)}"
            )
            raise SourceError(msg)
        return answer

    @property
    def questions(self) -> list[DraftQuestion]:
        """What is not answered."""
        return [each for each in self.asked.values() if each.find_answer(self.answers) is None]

    def list_role(self, *roles: str) -> list[LayerProfile]:
        """Return the layers whose rows are of some roles."""
        return [each for each in self.profile.layers if self.tell_role(each) in roles]

    def tell_role(self, layer: LayerProfile) -> str:
        """Return what the rows of a layer are, by its name and what it holds; empty: not known."""
        role = find_role(layer.name)
        has_pair = self.node_ids is not None and layer.name in self.node_ids.pairs
        is_line = layer.geometry == "line"
        if role == "feeder" and is_line:
            role = "line"
        if role in {"", "node"} and is_line and (has_pair or role == "node"):
            role = "line"
        if role in LINE_ROLES and not (is_line or has_pair):
            return "customer" if role == "service" and layer.geometry == "point" else ""
        if role in EQUIPMENT_ROLES and not (has_pair or layer.geometry in {"line", "point"}):
            return ""
        return role

    @property
    def has_classes(self) -> bool:
        """Whether lines of both classes are drawn, so that a transformer has sides of classes."""
        names = [each.name for each in self.list_role(*LINE_ROLES)]
        return {find_line_class(name) for name in names} >= {"primary", "secondary"}

    @property
    def has_terminals(self) -> bool:
        """Whether lines say at which terminal of a device they end."""
        return any(find_terminals(each) is not None for each in self.list_role(*LINE_ROLES))


def find_terminals(layer: LayerProfile) -> tuple[str, str] | None:
    """Return the columns of the terminals at which lines end; None if there are none."""
    names = {fold_text(each.name): each.name for each in layer.columns}
    for name, own in names.items():
        if name.startswith("from") and "terminal" in name:
            other = names.get("to" + name.removeprefix("from"))
            if other:
                return own, other
    return None

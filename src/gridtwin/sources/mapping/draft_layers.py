"""Draft the blocks of layers: equipment, customers, nodes and substations, by name and evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.sources.mapping.draft_numbers import (
    guess_class,
    guess_count,
    guess_length,
    guess_load,
    guess_placement,
    guess_power,
    guess_voltage,
    guess_xy,
)
from gridtwin.sources.mapping.draft_switches import (
    CodedRoles,
    find_coded_roles,
    find_separator,
    say_positions,
)
from gridtwin.sources.mapping.draft_text import (
    DraftBlock,
    DraftQuestion,
    write_code,
    write_column,
)
from gridtwin.sources.mapping.draft_values import find_active, guess_name, guess_phases
from gridtwin.sources.mapping.draft_words import (
    KIND_OF_ROLE,
    SWITCH_ROLES,
    find_line_class,
    find_role,
    fold_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.sources.mapping.draft_values import GuessedKey
    from gridtwin.sources.mapping.mapping_profile import LayerProfile, SourceProfile
    from gridtwin.sources.mapping.profile_links import ColumnReference, NodeIds
    from gridtwin.sources.mapping.profile_places import PlaceEvidence

LINE_ROLES = ("line", "service")
EQUIPMENT_ROLES = (*LINE_ROLES, "transformer", "regulator", *SWITCH_ROLES)
SHUNT_REASON = "shunt equipment: nothing hangs on it"
NOT_MAPPED = {
    "unit": "units of a bank are joined to it, where it needs them",
    "structure": "structures carry lines and conduct nothing",
    "lamp": "lamps are no customers of their own",
    "generator": "generators supply nothing as designed; map them to sources of kind der if wanted",
    "capacitor": SHUNT_REASON,
}


@dataclass(slots=True)
class DraftContext:
    """What is known of a source while its mapping is drafted."""

    profile: SourceProfile
    answers: Mapping[str, str]
    evidence: PlaceEvidence
    node_ids: NodeIds | None
    keys: dict[str, GuessedKey]
    references: list[ColumnReference]
    questions: list[DraftQuestion] = field(default_factory=list)
    decoders: dict[str, dict[str, Any]] = field(default_factory=dict)
    decoder_whys: dict[str, str] = field(default_factory=dict)

    def ask(self, question: DraftQuestion) -> str | None:
        """Return the answer to a question, which is put if it is not there."""
        answer = question.find_answer(self.answers)
        if answer is None and question.name not in {each.name for each in self.questions}:
            self.questions.append(question)
        return answer

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
        return any(_find_terminals(each) is not None for each in self.list_role(*LINE_ROLES))


def draft_layer(layer: LayerProfile, context: DraftContext) -> tuple[list[DraftBlock], str]:
    """Return the blocks of a layer, and why it has none where it has none."""
    role = context.tell_role(layer)
    if not layer.rows:
        return [], "it is empty"
    if role in NOT_MAPPED:
        return [], NOT_MAPPED[role]
    if layer.name not in context.keys and role in {*EQUIPMENT_ROLES, "customer", "device"}:
        return [], "no column names its rows: none is filled and unique"
    coded = find_coded_roles(layer, role)
    if role == "device" and coded is None:
        return [], "no domain says what its rows are"
    if role in EQUIPMENT_ROLES or role == "device":
        return _draft_equipment(layer, role, coded, context), ""
    if role == "customer":
        block = _draft_customers(layer, context)
        return ([block], "") if block else ([], "its rows name no node and are no points")
    if role == "node":
        block = _draft_nodes(layer, context)
        return ([block], "") if block else ([], "its rows name no node and are no points")
    if role == "substation":
        return [_draft_substations(layer, context)], ""
    return [], "" if role else "its name does not tell what it is"


def _draft_equipment(
    layer: LayerProfile, role: str, coded: CodedRoles | None, context: DraftContext
) -> list[DraftBlock]:
    blocks = []
    for where, parted in _split_sides(layer, role, context):
        block = _begin_block(layer, "equipment", f"{role} by its name", context)
        _say_where(block, layer, where, coded, context)
        if coded is not None and coded.kinds:
            table = {"column": write_column(coded.column), **coded.kinds}
            block.say("kind", table, coded.why)
        else:
            kind = KIND_OF_ROLE[role]
            block.say("kind", kind)
            if role == "switch":
                block.note(_tell_kinds(layer), "kind")
        units = _find_units(layer, role, context)
        owner = "own" if units else ""
        _say_names(block, layer, context, owner)
        if role in LINE_ROLES:
            _say_line(block, layer, context)
        if role in SWITCH_ROLES or coded is not None:
            say_positions(block, layer, role, context)
        if role in {"transformer", "regulator", "device"}:
            _say_rating(block, layer, units, context)
        _say_ends(block, layer, parted, context)
        blocks.append(block)
    if coded is not None:
        blocks += _draft_other_rows(layer, coded, context)
    return blocks


def _begin_block(
    layer: LayerProfile, to: str, why: str, context: DraftContext
) -> DraftBlock:
    shape = {"": "not drawn", "other": "drawn"}.get(layer.geometry, f"{layer.geometry}s")
    block = DraftBlock("[[layer]]")
    block.note(f"{layer.name}: {layer.rows:,} rows, {shape}; {why}")
    block.say("from", layer.name)
    block.say("to", to)
    del context
    return block


def _say_where(
    block: DraftBlock,
    layer: LayerProfile,
    where: str,
    coded: CodedRoles | None,
    context: DraftContext,
) -> None:
    """Say which rows: in service by a domain, of two terminals, on one side of a separator."""
    clauses, whys = ([where], []) if where else ([], [])
    active = _find_lifecycle(layer)
    if active:
        clauses.append(active[0])
        whys.append(active[1])
    elif to_flag := _find_in_service(layer):
        block.say("in_service", to_flag[0], to_flag[1])
    single = _find_single_terminal(layer) if coded is not None else ""
    if single:
        clauses.append(f"{write_column(single)} not ilike 'single%'")
        whys.append(f"{single} tells devices of one terminal, which part nothing")
    if clauses:
        block.say("where", " and ".join(clauses), "; ".join(whys))
    del context


def _find_lifecycle(layer: LayerProfile) -> tuple[str, str] | None:
    """Return the filter of what is in service, as a domain says it."""
    for column in layer.columns:
        code = find_active(column) if column.words else ""
        if code:
            word = column.words[code]
            why = f"{column.name}: {code} is {word!r}, {column.counts[code]:,} of {column.rows:,} rows"
            return f"{write_column(column.name)} = {write_code(code, column.kind)}", why
    return None


def _find_in_service(layer: LayerProfile) -> tuple[str, str] | None:
    for column in layer.columns:
        code = "" if column.words else find_active(column)
        if code:
            why = f"{column.name} holds {column.show_top()}"
            return f"{write_column(column.name)} = {write_code(code, column.kind)}", why
    return None


def _find_single_terminal(layer: LayerProfile) -> str:
    for column in layer.columns:
        if "terminal" in fold_text(column.name) and column.kind == "text":
            if any(fold_text(value).startswith("single") for value in column.values):
                return column.name
    return ""


def _say_names(
    block: DraftBlock, layer: LayerProfile, context: DraftContext, owner: str
) -> None:
    key = context.keys.get(layer.name)
    name = guess_name(layer, {key.column} if key else set())
    if name:
        block.say("name", write_column(name, owner))
    phases = guess_phases(layer.columns)
    if phases is None:
        return
    column = write_column(phases.column, owner)
    if phases.asked:
        decoder = _ask_phase_bits(phases.column, phases.why, context)
    else:
        decoder = phases.decoder
        if not decoder:
            block.say("phases", column, phases.why)
            return
    block.say("phases", f"phases('{_name_decoder(decoder, phases.why, context)}', {column})")


def _ask_phase_bits(column: str, why: str, context: DraftContext) -> dict[str, Any]:
    """Return the bits of a column of phases as a person says them."""
    text = f"{why}: which bit is which phase, such as A4 B2 C1?"
    answer = context.ask(DraftQuestion(column, text)) or ""
    bits = {phase.upper(): int(bit) for phase, bit in re.findall(r"([ABCNabcn])\D{0,2}(\d+)", answer)}
    return {"bits": bits or {"A": "?", "B": "?", "C": "?"}}


def _name_decoder(decoder: dict[str, Any], why: str, context: DraftContext) -> str:
    """Return the name of a decoder, which is defined once."""
    for name, known in context.decoders.items():
        if known == decoder:
            return name
    kind = next(iter(decoder))
    base = {"bits": "mask", "letters": "letters", "codes": "codes"}[kind]
    name = base if base not in context.decoders else f"{base}{len(context.decoders) + 1}"
    context.decoders[name] = decoder
    context.decoder_whys[name] = why
    return name


def _say_line(block: DraftBlock, layer: LayerProfile, context: DraftContext) -> None:
    length = guess_length(layer, context.evidence)
    if length:
        block.say("length_m", *length)
    placement = guess_placement(layer)
    if placement:
        block.say("placement", *placement)
    volts = guess_voltage(layer)
    if volts:
        block.say("nominal_v", *volts)
    word = find_line_class(layer.name)
    if word and context.node_ids is None and context.has_classes:
        block.say("class", word)


def _find_units(
    layer: LayerProfile, role: str, context: DraftContext
) -> tuple[LayerProfile, ColumnReference] | None:
    """Return the table of the units of a bank, where only they have ratings."""
    if role != "transformer" or guess_power(layer, []):
        return None
    for reference in context.references:
        units = context.profile.find_layer(reference.layer)
        if reference.target == layer.name and units and find_role(units.name) == "unit":
            return units, reference
    return None


def _say_rating(
    block: DraftBlock,
    layer: LayerProfile,
    units: tuple[LayerProfile, ColumnReference] | None,
    context: DraftContext,
) -> None:
    if units is None:
        power = guess_power(layer, context.list_role("transformer"))
        if power:
            block.say("rated_va", *power)
        return
    table, reference = units
    power = guess_power(table, [], "u")
    if power is None:
        return
    block.say("rated_va", f"sum({power.expression})", power.why)
    on = f"{write_column(reference.column, 'u')} = {write_column(reference.target_column, 'own')}"
    block.say(
        "join",
        [{"table": table.name, "as": "u", "on": on}],
        f"{reference.values:,} values of {table.name}.{reference.column} are"
        f" {reference.target_column} of {layer.name}",
    )


def _say_ends(
    block: DraftBlock, layer: LayerProfile, parted: str, context: DraftContext
) -> None:
    """Say how the ends of equipment are known: by ids, or by place."""
    ids = context.node_ids
    if ids is not None and layer.name in ids.pairs:
        pair = ids.pairs[layer.name]
        block.say("node_a", write_column(pair.first), f"node ids, shared by {len(ids.pairs)} layers")
        block.say("node_b", write_column(pair.second))
        third = _find_third(layer, context)
        if third:
            block.say("node_c", *third)
        return
    if layer.geometry == "line":
        tapped = context.evidence.tapped.get(layer.name, 0)
        why = f"{tapped:,} ends or devices lie at its inner vertices" if tapped else ""
        block.say("ends", "line_and_vertices" if tapped else "line", why)
        terminals = _find_terminals(layer)
        if terminals:
            block.say("terminal_a", write_column(terminals[0]))
            block.say("terminal_b", write_column(terminals[1]))
        return
    block.say("ends", "point")
    if context.has_terminals:
        block.say("sides", "terminal", "lines say at which terminal of a device they end")
    elif parted == "class":
        block.say("sides", {"a": "primary", "b": "secondary"}, "lines of both classes meet there")


def _find_third(layer: LayerProfile, context: DraftContext) -> tuple[str, str] | None:
    """Return the column of the third node of devices, without what is no node."""
    ids = context.node_ids
    if ids is None:
        return None
    pair = ids.pairs[layer.name]
    name = re.sub(r"2(?!.*2)|[bB]$", lambda each: "3" if each[0] == "2" else "c", pair.second)
    column = layer.find_column(name)
    if column is None or column.name in pair or not column.values & ids.values:
        other = column.values - ids.values if column else set()
        if column is None or column.name in pair or len(other) > 1:
            return None
    other = column.values - ids.values
    if len(other) > 1 or column.distinct <= len(other):
        return None
    sql = write_column(column.name)
    blank = next(iter(other), "")
    why = f"{column.distinct - len(other):,} rows name a third node"
    return (f"nullif({sql}, {write_code(blank, column.kind)})" if other else sql), why


def _find_terminals(layer: LayerProfile) -> tuple[str, str] | None:
    names = {fold_text(each.name): each.name for each in layer.columns}
    for name, own in names.items():
        if name.startswith("from") and "terminal" in name:
            other = names.get("to" + name.removeprefix("from"))
            if other:
                return own, other
    return None


def _split_sides(
    layer: LayerProfile, role: str, context: DraftContext
) -> list[tuple[str, str]]:
    """Return filters of the rows of a layer, and how the sides of each part are dealt out."""
    touches = context.evidence.touches.get(layer.name)
    by_place = context.node_ids is None or layer.name not in context.node_ids.pairs
    if role != "transformer" or not by_place or not touches or not context.has_classes:
        return [("", "")]
    met = {
        word: sum(
            (counts for other, counts in touches.items() if find_line_class(other) == word),
            np.zeros(layer.rows, dtype=np.intp),
        )
        for word in ("primary", "secondary")
    }
    both = (met["primary"] > 0) & (met["secondary"] > 0)
    if both.all() or not both.any():
        return [("", "class" if both.all() else "")]
    where = find_separator(layer, ~both)
    return [(where[0], ""), (where[1], "class")] if where else [("", "class")]


def _tell_kinds(layer: LayerProfile) -> str:
    """Return what may tell switches apart, where no domain does."""
    for column in layer.columns:
        named = re.search(r"tip|type|kind|class|typ$|subtype|art$", fold_text(column.name))
        if named and 1 < column.distinct <= 20 and not column.personal:
            return (
                f"{column.name} holds {column.show_top(6)}, and no domain says what they are. Taken"
                " as disconnectors, which break no load; where you know better say"
                f' kind = {{ column = "{column.name}", CODE = "breaker", ... }}'
            )
    return "which kind of switch is not recorded: taken as one that breaks no load"


def _draft_other_rows(
    layer: LayerProfile, coded: CodedRoles, context: DraftContext
) -> list[DraftBlock]:
    """Return the blocks of the rows of a layer that are customers, or devices of one terminal."""
    blocks = []
    single = _find_single_terminal(layer)
    active = _find_lifecycle(layer)
    column = write_column(coded.column)
    kind = next(each.kind for each in layer.columns if each.name == coded.column)
    customers = ", ".join(write_code(code, kind) for code in coded.customers)
    shared = [active[0]] if active else []
    if coded.customers:
        block = _begin_block(layer, "usage_points", coded.customer_why, context)
        block.say("where", " and ".join([*shared, f"{column} in ({customers})"]))
        _say_names(block, layer, context, "")
        block.say("ends", "point")
        blocks.append(block)
    if single:
        clauses = [*shared, f"{write_column(single)} ilike 'single%'"]
        if customers:
            clauses.append(f"{column} not in ({customers})")
        block = _begin_block(layer, "nodes", f"{single} says that they part nothing", context)
        block.say("where", " and ".join(clauses))
        block.say("ends", "point")
        blocks.append(block)
    return blocks


def _draft_customers(layer: LayerProfile, context: DraftContext) -> DraftBlock | None:
    block = _begin_block(layer, "usage_points", "customers by its name", context)
    key = context.keys[layer.name]
    if key.prefer:
        block.say("prefer", key.prefer, f"{key.why}; {key.prefer_why}")
    ids = context.node_ids
    node, why = ids.find_node_column(layer, {key.column}) if ids else ("", "")
    if node:
        block.say("node", write_column(node), why)
    elif layer.geometry == "point" and ids is None:
        block.say("ends", "point")
    else:
        return None
    _say_names(block, layer, context, "")
    if block.keys.get("name") and any(
        each.personal and write_column(each.name) == block.keys["name"] for each in layer.columns
    ):
        del block.keys["name"]
    count, word, load = guess_count(layer), guess_class(layer), guess_load(layer)
    if count:
        block.say("customers", write_column(count))
    if word:
        block.say("service_class", write_column(word))
    if load:
        block.say("peak_w", *load)
    return block


def _draft_nodes(layer: LayerProfile, context: DraftContext) -> DraftBlock | None:
    block = _begin_block(layer, "nodes", "junctions by its name", context)
    active = _find_lifecycle(layer)
    if active:
        block.say("where", *active)
    ids = context.node_ids
    node, why = ids.find_node_column(layer) if ids else ("", "")
    if node:
        block.say("ends", "columns")
        block.say("node", write_column(node), why)
        volts = guess_voltage(layer)
        if volts:
            block.say("nominal_v", *volts)
        xy = guess_xy(layer) if not layer.geometry else None
        if xy:
            block.say("x", write_column(xy[0]))
            block.say("y", write_column(xy[1]))
    elif layer.geometry == "point" and ids is None:
        block.say("ends", "point")
    else:
        return None
    return block


def _draft_substations(layer: LayerProfile, context: DraftContext) -> DraftBlock:
    block = _begin_block(layer, "substations", "substations by its name", context)
    key = context.keys.get(layer.name)
    name = guess_name(layer, {key.column} if key else set())
    if name:
        block.say("name", write_column(name))
    return block

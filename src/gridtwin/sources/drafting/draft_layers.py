"""Draft the blocks of layers: equipment, customers, nodes and substations, by name and evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridtwin.sources.drafting.draft_context import EQUIPMENT_ROLES, LINE_ROLES, DraftContext
from gridtwin.sources.drafting.draft_ends import say_ends, split_sides
from gridtwin.sources.drafting.draft_numbers import (
    guess_class,
    guess_count,
    guess_length,
    guess_load,
    guess_placement,
    guess_power,
    guess_voltage,
    guess_xy,
)
from gridtwin.sources.drafting.draft_switches import (
    CodedRoles,
    find_coded_roles,
    say_positions,
)
from gridtwin.sources.drafting.draft_text import (
    DraftBlock,
    DraftQuestion,
    write_code,
    write_column,
)
from gridtwin.sources.drafting.draft_values import find_active, guess_name, guess_phases
from gridtwin.sources.drafting.draft_words import (
    KIND_OF_ROLE,
    SWITCH_ROLES,
    find_line_class,
    find_role,
    fold_text,
)
from gridtwin.sources.mapping.mapping_domains import TAGS_COLUMN
from gridtwin.sources.mapping.mapping_table import UNANSWERED

if TYPE_CHECKING:
    from gridtwin.sources.drafting.mapping_profile import LayerProfile
    from gridtwin.sources.drafting.profile_links import ColumnReference

SHUNT_REASON = "shunt equipment: nothing hangs on it"
NOT_MAPPED = {
    "unit": "units of a bank are joined to it, where it needs them",
    "structure": "structures carry lines and conduct nothing",
    "lamp": "lamps are no customers of their own",
    "generator": "generators supply nothing as designed; map them to sources of kind der if wanted",
    "capacitor": SHUNT_REASON,
}


def draft_layer(layer: LayerProfile, context: DraftContext) -> tuple[list[DraftBlock], str]:
    """Return the blocks of a layer, and why it has none where it has none."""
    role = context.tell_role(layer)
    coded = find_coded_roles(layer, role)
    reason = _refuse_layer(layer, role, coded, context)
    if reason:
        return [], reason
    if role in EQUIPMENT_ROLES or role == "device":
        return _draft_equipment(layer, role, coded, context), ""
    draft = {
        "customer": _draft_customers,
        "node": _draft_nodes,
        "substation": _draft_substations,
    }.get(role)
    block = draft(layer, context) if draft else None
    if block is not None:
        return [block], ""
    return [], "its rows name no node and are no points" if draft else ""


def _refuse_layer(
    layer: LayerProfile, role: str, coded: CodedRoles | None, context: DraftContext
) -> str:
    """Return why a layer is not mapped; empty if it may be."""
    needs_key = role in {*EQUIPMENT_ROLES, "customer", "device"}
    if not layer.rows:
        return "it is empty"
    if layer.find_column(TAGS_COLUMN):
        return "tags tell its rows apart: begin from --like osm-power"
    if not role:
        return "its name does not tell what it is"
    if needs_key and layer.name not in context.keys:
        return "no column names its rows: none is filled and unique"
    if role == "device" and coded is None:
        return "no domain says what its rows are"
    return NOT_MAPPED.get(role, "")


def _draft_equipment(
    layer: LayerProfile, role: str, coded: CodedRoles | None, context: DraftContext
) -> list[DraftBlock]:
    blocks = []
    for where, parted in split_sides(layer, role, context):
        block = _begin_block(layer, "equipment", f"{role} by its name")
        _say_where(block, layer, where, coded)
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
        say_ends(block, layer, parted, context)
        blocks.append(block)
    if coded is not None:
        blocks += _draft_other_rows(layer, coded, context)
    return blocks


def _begin_block(layer: LayerProfile, to: str, why: str) -> DraftBlock:
    shape = {"": "not drawn", "other": "drawn"}.get(layer.geometry, f"{layer.geometry}s")
    block = DraftBlock("[[layer]]")
    block.note(f"{layer.name}: {layer.rows:,} rows, {shape}; {why}")
    block.say("from", layer.name)
    block.say("to", to)
    return block


def _say_where(
    block: DraftBlock,
    layer: LayerProfile,
    where: str,
    coded: CodedRoles | None,
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


def _find_lifecycle(layer: LayerProfile) -> tuple[str, str] | None:
    """Return the filter of what is in service, as a domain says it."""
    for column in layer.columns:
        code = find_active(column) if column.words else ""
        if code:
            word = column.words[code]
            rows = f"{column.counts[code]:,} of {column.rows:,} rows"
            why = f"{column.name}: {code} is {word!r}, {rows}"
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
        named = "terminal" in fold_text(column.name) and column.kind == "text"
        if named and any(fold_text(value).startswith("single") for value in column.values):
            return column.name
    return ""


def _say_names(block: DraftBlock, layer: LayerProfile, context: DraftContext, owner: str) -> None:
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
    bits = {
        phase.upper(): int(bit) for phase, bit in re.findall(r"([ABCNabcn])\D{0,2}(\d+)", answer)
    }
    unanswered: dict[str, Any] = dict.fromkeys("ABC", UNANSWERED)
    return {"bits": bits or unanswered}


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
        block = _begin_block(layer, "usage_points", coded.customer_why)
        block.say("where", " and ".join([*shared, f"{column} in ({customers})"]))
        _say_names(block, layer, context, "")
        block.say("ends", "point")
        blocks.append(block)
    if single:
        clauses = [*shared, f"{write_column(single)} ilike 'single%'"]
        if customers:
            clauses.append(f"{column} not in ({customers})")
        block = _begin_block(layer, "nodes", f"{single} says that they part nothing")
        block.say("where", " and ".join(clauses))
        block.say("ends", "point")
        blocks.append(block)
    return blocks


def _draft_customers(layer: LayerProfile, context: DraftContext) -> DraftBlock | None:
    block = _begin_block(layer, "usage_points", "customers by its name")
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
    block = _begin_block(layer, "nodes", "junctions by its name")
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
    block = _begin_block(layer, "substations", "substations by its name")
    key = context.keys.get(layer.name)
    name = guess_name(layer, {key.column} if key else set())
    if name:
        block.say("name", write_column(name))
    return block

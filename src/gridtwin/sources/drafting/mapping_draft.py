"""Draft the mapping of a source: profile it, guess with evidence, and ask what is never guessed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model.own_columns import MOST_OWN, check_names
from gridtwin.sources.drafting.draft_context import DraftContext
from gridtwin.sources.drafting.draft_heads import (
    HEADS_TEMPLATE,
    draft_associations,
    draft_heads,
    draft_sources,
    find_recorded_feeder,
)
from gridtwin.sources.drafting.draft_layers import draft_layer
from gridtwin.sources.drafting.draft_numbers import guess_xy
from gridtwin.sources.drafting.draft_text import (
    DraftBlock,
    DraftQuestion,
    MappingDraft,
    write_column,
)
from gridtwin.sources.drafting.draft_values import GuessedKey, guess_key
from gridtwin.sources.drafting.draft_words import find_role
from gridtwin.sources.drafting.profile_links import find_node_ids, find_references
from gridtwin.sources.drafting.profile_places import PlaceEvidence, measure_places
from gridtwin.sources.mapping.mapping_keys import list_block_columns
from gridtwin.sources.mapping.mapping_table import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.sources.drafting.draft_heads import RecordedFeeder
    from gridtwin.sources.drafting.mapping_profile import SourceProfile
    from gridtwin.sources.drafting.profile_links import NodeIds

CRS_QUESTION = "crs"
LON_LAT = "EPSG:4326"
KEPT_TARGETS = ("equipment", "usage_points")
ORDER_OF_TARGETS = ("equipment", "usage_points", "nodes", "substations", "sources")


def draft_mapping(
    profile: SourceProfile,
    answers: Mapping[str, str] | None = None,
    *,
    alike: Sequence[str] = (),
) -> MappingDraft:
    """
    Return a mapping that loads a source as far as the evidence goes.

    Parameters
    ----------
    profile
        What the source holds.
    answers
        What a person answered, by the names of the questions: ``LAYER.COLUMN``, or ``COLUMN``.
    alike
        Mappings that come with gridtwin and name layers of the source; its comment tells of them.

    Raises
    ------
    SourceError
        If an answer is to no question that the source puts, or is none of its choices.
    """
    given = dict(answers or {})
    crs_block, crs, crs_question = _draft_crs(profile, given)
    ids = find_node_ids(profile)
    keys = _guess_keys(profile, ids)
    evidence = PlaceEvidence() if crs == UNANSWERED else measure_places(profile, crs)
    columns = {name: key.column for name, key in keys.items()}
    context = DraftContext(profile, given, evidence, ids, keys, find_references(profile, columns))
    if crs_question is not None:
        context.ask(crs_question)
    drafted, unmapped = _draft_layers(context)
    recorded = find_recorded_feeder(context)
    stations: dict[str, str] = {}
    heads = draft_heads(context, recorded, stations) or draft_sources(context)
    for block in drafted:
        if block.keys["to"] == "substations" and block.keys["from"] in stations:
            column = stations[str(block.keys["from"])]
            block.say("mrid", write_column(column), "heads call it so")
    drafted += [block for block in heads if block.table == "[[layer]]"]
    drafted.sort(key=lambda block: ORDER_OF_TARGETS.index(block.keys["to"]))
    used = [str(block.keys["from"]) for block in drafted]
    joins = draft_associations(context)
    blocks = [
        crs_block,
        _draft_ids(keys, used),
        *_draft_decoders(context),
        _draft_connect(context, drafted),
        *drafted,
        *joins,
        *(block for block in heads if block.table == "[[heads]]"),
        _draft_checks(recorded, context),
    ]
    _keep_columns(drafted, profile)
    _refuse_odd_answers(given, context)
    draft = MappingDraft(
        [*_write_head(profile, context), *_tell_alike(alike)], blocks, context.questions, []
    )
    draft.node_pairs = ids.pairs if ids else {}
    draft.references = context.references
    draft.histogram = evidence.histogram
    draft.tolerance_m = evidence.tolerance_m if evidence.histogram else None
    mapped = {*used, *(str(block.keys["from"]) for block in (*joins, *heads))}
    draft.tail = _write_tail(profile, mapped, unmapped, has_heads=bool(heads))
    return draft


def _draft_layers(context: DraftContext) -> tuple[list[DraftBlock], dict[str, str]]:
    """Return the blocks of all layers, and of those without why they have none."""
    drafted: list[DraftBlock] = []
    unmapped: dict[str, str] = {}
    for layer in context.profile.layers:
        blocks, reason = draft_layer(layer, context)
        drafted += blocks
        if not blocks and find_role(layer.name) not in {"feeder", "association"}:
            unmapped[layer.name] = reason or "nothing is known of it"
    return drafted, unmapped


def _guess_keys(profile: SourceProfile, ids: NodeIds | None) -> dict[str, GuessedKey]:
    """Return what names the rows of each layer; a column that most layers share is preferred."""
    nodes = {
        layer.name: set(ids.pairs.get(layer.name, ())) if ids else set() for layer in profile.layers
    }
    counts: Counter[str] = Counter()
    for layer in profile.layers:
        guess = guess_key(layer, "", nodes[layer.name])
        if guess and layer.rows > 1 and not _is_fid(profile, layer.name, guess.column):
            counts[guess.column] += layer.rows
    common = counts.most_common(1)[0][0] if counts else ""
    keys = {layer.name: guess_key(layer, common, nodes[layer.name]) for layer in profile.layers}
    return {name: key for name, key in keys.items() if key is not None}


def _is_fid(profile: SourceProfile, layer: str, column: str) -> bool:
    there = profile.find_layer(layer)
    known = there.find_column(column) if there else None
    return known is not None and known.is_fid


def _draft_crs(
    profile: SourceProfile, answers: Mapping[str, str]
) -> tuple[DraftBlock, str, DraftQuestion | None]:
    """Return the block of the coordinate system, the system, and what is asked about it."""
    block = DraftBlock("[source]")
    bare = [each for each in profile.layers if each.extent and not each.crs]
    tables = [] if bare else [each for each in profile.layers if not each.geometry]
    degrees = [
        abs(side) <= limit
        for each in bare
        for side, limit in zip(each.extent or (), (180, 90, 180, 90), strict=True)
    ]
    said = [(each.name, xy) for each in tables if (xy := guess_xy(each)) is not None]
    if not bare and not said:
        return block, "", None
    name = bare[0].name if bare else said[0][0]
    if all(degrees) if bare else all(xy[2] for _, xy in said):
        block.say("crs", LON_LAT, f"{name} states none, and its coordinates may be degrees")
        return block, LON_LAT, None
    text = (
        f"{name} does not state its coordinate system: which is it, such as EPSG:2278, or none for"
        " planar coordinates in meters?"
    )
    question = DraftQuestion(CRS_QUESTION, text)
    answer = question.find_answer(answers)
    block.say("crs", answer or UNANSWERED, "answered" if answer else text)
    return block, answer or UNANSWERED, question


def _draft_ids(keys: Mapping[str, GuessedKey], used: list[str]) -> DraftBlock:
    """Return the block of keys: one for most layers, and others where they differ."""
    block = DraftBlock("[ids]")
    own = {name: keys[name] for name in dict.fromkeys(used) if name in keys}
    if not own:
        return block
    counts = Counter(key.column for key in own.values())
    common = max(counts, key=lambda column: (counts[column], column))
    other = {name: key.column for name, key in own.items() if key.column != common}
    plain = {"*": write_column(common), **other} if other else write_column(common)
    whys = [f"{name}: {key.why}" for name, key in own.items()]
    block.say("key", plain, ". ".join(whys))
    return block


def _draft_decoders(context: DraftContext) -> list[DraftBlock]:
    blocks = []
    for name, decoder in context.decoders.items():
        ((kind, table),) = decoder.items()
        block = DraftBlock(f"[phases.{name}.{kind}]", dict(table))
        block.note(context.decoder_whys[name])
        blocks.append(block)
    return blocks


def _draft_connect(context: DraftContext, drafted: list[DraftBlock]) -> DraftBlock:
    """Return the block of how ends meet."""
    block = DraftBlock("[connect]")
    if not context.evidence.histogram:
        return block
    why = (
        "the knee of the distances from each line end to the nearest other:"
        f" {context.evidence.show_histogram()}"
    )
    block.say("tolerance_m", context.evidence.tolerance_m, why)
    ids = context.node_ids
    switches = [each for each in drafted if "normal_open" in each.keys and "node_a" in each.keys]
    points = [context.profile.find_layer(str(each.keys["from"])) for each in switches]
    if ids is not None and any(each is not None and each.geometry == "point" for each in points):
        block.say(
            "rejoin_open",
            value=True,
            why="an open switch may have a node of its own on one side, at the point of the line it"
            " parts; false if such switches end nowhere",
        )
    return block


def _draft_checks(recorded: RecordedFeeder | None, context: DraftContext) -> DraftBlock:
    block = DraftBlock("[checks]")
    if recorded is not None:
        why = f"its values are {recorded.key} of {recorded.layer.name}, in {recorded.layers} layers"
        block.say("recorded_feeder", recorded.column, why)
        told = _find_recorded_transformers(context)
        if told:
            block.note(f"transformers are recorded too: {', '.join(told)}", "beside it")
    return block


def _find_recorded_transformers(context: DraftContext) -> list[str]:
    """Return which columns of customers hold keys of transformers."""
    customers = {layer.name for layer in context.list_role("customer")}
    banks = {layer.name for layer in context.list_role("transformer")}
    return [
        f"{each.column} of {each.layer} holds {each.target_column} of {each.target}"
        for each in context.references
        if each.layer in customers and each.target in banks
    ]


def _keep_columns(drafted: list[DraftBlock], profile: SourceProfile) -> None:
    """Keep what else a row says, but for what seems to be about persons."""
    kept_of: dict[str, set[str]] = {to: set() for to in KEPT_TARGETS}
    for block in drafted:
        layer = profile.find_layer(str(block.keys["from"]))
        to = block.keys["to"]
        if layer is None or to not in kept_of:
            continue
        personal = [f"{each.name} ({each.personal})" for each in layer.columns if each.personal]
        told = "PERSONAL, not kept unless it is named here: " + ", ".join(personal)
        odd = {each.name for each in layer.columns if check_names([each.name])}
        kept = [
            each.name
            for each in layer.columns
            if not each.personal
            and each.name not in odd
            and each.name.casefold() not in list_block_columns(to)
        ]
        if len(kept_of[to].union(kept)) > MOST_OWN:
            block.note(f"{len(kept)} columns more would be too many: name those to keep", "keep")
            continue
        kept_of[to] |= set(kept)
        block.say("keep", kept if odd else "*", told if personal else "")


def _refuse_odd_answers(answers: Mapping[str, str], context: DraftContext) -> None:
    """Refuse answers to what is not asked."""
    for name, word in answers.items():
        if not any(each.find_answer({name: word}) for each in context.asked.values()):
            known = ", ".join(context.asked) or "there is none"
            msg = f"{context.profile.path}: {name}={word} answers no question: {known}"
            raise SourceError(msg)


def _tell_alike(alike: Sequence[str]) -> list[str]:
    return [
        f"The mapping {name} comes with gridtwin and names layers of this source:"
        f" gridtwin map init SOURCE --like {name} says how it fits"
        for name in alike
    ]


def _write_head(profile: SourceProfile, context: DraftContext) -> list[str]:
    name = Path(profile.path).name
    head = [
        f"Drafted from {name}. Each comment is the evidence for the line below it: change what is"
        f" wrong, then run: gridtwin map check {name} --map FILE",
    ]
    if context.questions:
        head.append(
            f'To be answered where it says "{UNANSWERED}", before it loads: '
            + ", ".join(question.name for question in context.questions)
        )
    ids = context.node_ids
    if ids is not None:
        head.append(
            f"Nodes are named by {ids.show_pair()} in {len(ids.pairs)} layers: {len(ids.values):,}"
            f" ids, at {ids.shared:,} of which several ends meet"
            + (f"; other such pairs: {', '.join(ids.rivals)}" if ids.rivals else "")
        )
    else:
        head.append("No two columns name nodes that several rows share: lines meet by place")
    return head


def _write_tail(
    profile: SourceProfile, mapped: set[str], unmapped: Mapping[str, str], *, has_heads: bool
) -> list[str]:
    """Return what is not mapped, and why."""
    tail = [] if has_heads else [HEADS_TEMPLATE]
    for layer in profile.layers:
        if layer.name not in mapped:
            reason = unmapped.get(layer.name) or "it names no node or device that is mapped"
            tail.append(f"Not mapped: {layer.name} ({layer.rows:,} rows): {reason}")
    tail += [f"Does not open: {name}: {reason}" for name, reason in profile.broken.items()]
    return tail

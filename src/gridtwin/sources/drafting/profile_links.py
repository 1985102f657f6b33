"""Find by their values which columns of a source name nodes, and which refer to rows elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.sources.drafting.draft_words import SIDE_PAIRS, find_role, fold_text
from gridtwin.sources.mapping.personal_columns import split_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gridtwin.sources.drafting.mapping_profile import (
        ColumnProfile,
        LayerProfile,
        SourceProfile,
    )

CONTAINED = 0.9  # share of the values of a column that must be among others to refer to them
FEWEST_IDS = 10  # values from which containment alone tells that a column names nodes
LEAST_DISTINCT = 0.2  # of the rows of lines: fewer node ids than that are codes
NO_NODE_ROLES = frozenset({"unit", "association", "structure"})


class NodePair(NamedTuple):
    """Two columns of one layer that name the nodes at its ends."""

    first: str
    second: str


@dataclass(slots=True)
class NodeIds:
    """The columns by which a source names the nodes of its network."""

    stem: str  # what the columns are called, without their side
    pairs: dict[str, NodePair]  # by layer
    values: frozenset[str]
    shared: int  # ids at which ends of several rows meet
    rivals: list[str] = field(default_factory=list)  # other pairs of columns of that manner

    def find_node_column(self, layer: LayerProfile, taken: Collection[str] = ()) -> tuple[str, str]:
        """Return the column that names one node of each row, and how one can tell; or nothing."""
        best: tuple[float, str, str] = (0.0, "", "")
        for column in layer.columns:
            if column.is_fid or not column.names_things or column.name in taken:
                continue
            share = measure_containment(column.values, self.values)
            alike = bool(set(self.stem.split()) & set(split_words(fold_text(column.name))))
            if share < CONTAINED or not (alike or column.distinct >= FEWEST_IDS):
                continue
            if not alike and column.kind == "integer":
                continue  # small numbers are among others by chance
            score = share + alike
            if score > best[0]:
                why = (
                    f"{round(share * column.distinct):,} of its {column.distinct:,} values are"
                    f" node ids of {self.show_pair()}"
                )
                best = (score, column.name, why)
        return best[1], best[2]

    def show_pair(self) -> str:
        """Return the columns as their owner calls them."""
        pair = next(iter(self.pairs.values()))
        return f"{pair.first} and {pair.second}"


def measure_containment(values: Collection[str], others: Collection[str]) -> float:
    """Return which share of some values is among others; 0 where it is surely below `CONTAINED`."""
    allowed = len(values) - CONTAINED * len(values)
    missed = 0
    for value in values:
        if value not in others:
            missed += 1
            if missed > allowed:
                return 0.0
    return 1 - missed / len(values) if values else 0.0


def find_node_ids(profile: SourceProfile) -> NodeIds | None:
    """
    Return the columns that name nodes; None where lines meet by place alone.

    Notes
    -----
    Candidates are pairs of columns that differ by a word for a side, such as ``PAC_1`` and
    ``PAC_2`` or ``FROM_NODE`` and ``TO_NODE``. Of several, the one that more rows fill counts:
    poles may be named so too, but devices rarely are.
    """
    families: dict[str, NodeIds] = {}
    sizes: dict[str, int] = {}
    for layer in profile.layers:
        if not layer.rows or find_role(layer.name) in NO_NODE_ROLES:
            continue
        for stem, pair in _list_pairs(layer):
            both = [layer.find_column(name) for name in pair]
            if not all(_may_name_nodes(column, layer) for column in both):
                continue
            family = families.setdefault(stem, NodeIds(stem, {}, frozenset(), 0))
            if layer.name not in family.pairs:
                family.pairs[layer.name] = pair
                sizes[stem] = sizes.get(stem, 0) + layer.rows
    for family in families.values():
        _count_shared(family, profile)
    joining = [family for family in families.values() if family.shared]
    if not joining:
        return None
    joining.sort(key=lambda family: (-sizes[family.stem], family.stem))
    best = joining[0]
    best.rivals = [
        f"{each.show_pair()} in {len(each.pairs)} layers"
        for each in joining[1:]
        if len(each.pairs) > 1
    ]
    _add_other_names(best, profile)
    return best


def _list_pairs(layer: LayerProfile) -> Iterator[tuple[str, NodePair]]:
    """Yield the pairs of columns that differ by a word for a side."""
    by_words = {tuple(split_words(each.name)): each.name for each in layer.columns}
    for words, name in by_words.items():
        for place, word in enumerate(words):
            for first, second in SIDE_PAIRS:
                if word == first:
                    other = by_words.get((*words[:place], second, *words[place + 1 :]))
                elif word.startswith(first) and len(first) > 2:  # FROMNODE
                    joined = second + word.removeprefix(first)
                    other = by_words.get((*words[:place], joined, *words[place + 1 :]))
                else:
                    continue
                rest = [*words[:place], word.removeprefix(first), *words[place + 1 :]]
                stem = " ".join(filter(None, rest))
                if other is not None and stem:
                    yield stem, NodePair(name, other)


def _may_name_nodes(column: ColumnProfile | None, layer: LayerProfile) -> bool:
    return (
        column is not None
        and column.names_things
        and not column.words
        and column.blank < layer.rows / 2
        and (column.distinct >= LEAST_DISTINCT * layer.rows or find_role(layer.name) != "line")
        and (column.distinct > 1 or layer.rows <= 2)
    )


def _count_shared(family: NodeIds, profile: SourceProfile) -> None:
    """Gather the ids of a family, and count those at which several ends meet."""
    seen: dict[str, int] = {}
    for name, pair in family.pairs.items():
        layer = profile.find_layer(name)
        columns = [layer.find_column(each) for each in pair] if layer else []
        for column in columns:
            if column is None:
                continue
            # Where most values repeat, a column joins its rows by itself.
            ends = 2 if column.distinct < column.rows / 2 else 1
            for value in column.values:
                seen[value] = seen.get(value, 0) + ends
    family.values = frozenset(seen)
    family.shared = sum(count > 1 for count in seen.values())


def _add_other_names(best: NodeIds, profile: SourceProfile) -> None:
    """Add the pairs of layers whose columns are called otherwise, but hold the same ids."""
    for layer in profile.layers:
        if layer.name in best.pairs or not layer.rows:
            continue
        for _, pair in _list_pairs(layer):
            both = [layer.find_column(name) for name in pair]
            if all(
                column is not None
                and column.names_things
                and column.kind == "text"
                and measure_containment(column.values, best.values) >= CONTAINED
                for column in both
            ):
                best.pairs[layer.name] = pair
    best.values = best.values.union(
        *(
            column.values
            for layer in profile.layers
            for name in best.pairs.get(layer.name, ())
            if (column := layer.find_column(name)) is not None
        )
    )


class ColumnReference(NamedTuple):
    """A column whose values are keys of another layer."""

    layer: str
    column: str
    target: str  # layer
    target_column: str
    values: int


def find_references(profile: SourceProfile, keys: dict[str, str]) -> list[ColumnReference]:
    """
    Return which columns refer to the rows of other layers, by containment of their values.

    Parameters
    ----------
    profile
        The source.
    keys
        The key column of each layer.

    Notes
    -----
    Whole numbers are among others by chance, so that such a column also has to name the layer it
    refers to, as ``TransformerObjectID`` does.
    """
    references: list[ColumnReference] = []
    targets = [
        (layer, column)
        for layer in profile.layers
        for column in layer.columns
        if column.is_unique and (column.is_fid or column.name == keys.get(layer.name))
    ]
    for layer in profile.layers:
        for column in layer.columns:
            if column.is_fid or not column.names_things:
                continue
            for target, key in targets:
                if target is not layer and _refers(column, target, key):
                    references.append(
                        ColumnReference(
                            layer.name, column.name, target.name, key.name, column.distinct
                        )
                    )
    return references


def _refers(column: ColumnProfile, target: LayerProfile, key: ColumnProfile) -> bool:
    if key.is_fid or key.kind == "integer" or column.kind == "integer":
        if fold_text(target.name) not in fold_text(column.name):
            return False
    elif column.distinct < 2 and target.rows > 2:
        return False
    return measure_containment(column.values, key.values) > CONTAINED

"""Make the rows of one block of a mapping: their columns, keys, ids and places."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridtwin.errors import SourceError
from gridtwin.model.schema import SCHEMA
from gridtwin.sources.mapping.mapping_domains import OWN_ALIAS
from gridtwin.sources.mapping.mapping_evidence import (
    find_unused,
    judge_evidence,
    judge_layers,
    judge_places,
)
from gridtwin.sources.mapping.mapping_findings import MappingFindings
from gridtwin.sources.mapping.mapping_kept import drop_personal, list_kept
from gridtwin.sources.mapping.mapping_keys import MAPPING_TARGETS, POSITION_COLUMNS
from gridtwin.sources.mapping.mapping_layers import ROW_COLUMN, project_shapes
from gridtwin.sources.mapping.mapping_lines import locate_points
from gridtwin.sources.mapping.mapping_report import LayerTally
from gridtwin.sources.mapping.mapping_values import (
    ALL_PHASES_WORD,
    UNLISTED_MARK,
    quote_name,
    write_expression,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.notices import Notice
    from gridtwin.sources.mapping.mapping_file import LayerBlock, UtilityMapping
    from gridtwin.sources.mapping.mapping_layers import MappedSource, SourceLayer
    from gridtwin.sources.mapping.mapping_sql import ExpressionRunner

GUID_PATTERN = re.compile(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
SHOWN_CODES = 5
PREFERENCE_COLUMN = "prefer"
# Columns whose unlisted codes leave a row out; those of others are left empty.
DECIDING_COLUMNS = ("kind",)


@dataclass(slots=True)
class BlockRows:
    """The rows of one block."""

    block: LayerBlock
    frame: pd.DataFrame  # the columns of the block, with mrid, key and layer
    shapes: NDArray[np.object_]  # None where a row has no place

    def take_rows(self, kept: NDArray[np.bool_]) -> BlockRows:
        """Return some of the rows."""
        return BlockRows(self.block, self.frame[kept].reset_index(drop=True), self.shapes[kept])


class RowReader:
    """
    Reads the blocks of a mapping, counting what it leaves out.

    Parameters
    ----------
    source, mapping, runner
        What is read, how, and what evaluates the expressions.
    """

    def __init__(
        self, source: MappedSource, mapping: UtilityMapping, runner: ExpressionRunner
    ) -> None:
        self.source = source
        self.mapping = mapping
        self.runner = runner
        self.told = MappingFindings()
        self.tallies: list[LayerTally] = []
        self._read: dict[tuple[str, str], int] = {}  # rows of each layer, by the block reading it
        self._passed: dict[str, NDArray[np.bool_]] = {}  # which rows of each layer a block takes

    def read_block(self, block: LayerBlock) -> BlockRows:
        """
        Return the rows of a block, over all layers it reads.

        Raises
        ------
        SourceError
            With file, block, key and column: a layer or a column is missing, keys repeat, or the
            positions of a switch or its phases are not listed.
        """
        import pandas as pd

        parts = [self._read_layer(block, layer) for layer in self._find_layers(block)]
        frames = [frame for frame, _ in parts]
        if not frames:
            return BlockRows(
                block, pd.DataFrame(columns=["mrid", "key", "layer"]), np.empty(0, object)
            )
        frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        rows = BlockRows(block, frame, np.concatenate([shapes for _, shapes in parts]))
        stages = [rows, self._settle_unlisted(rows)]
        stages.append(self._settle_duplicates(stages[-1]))
        self._tally_rows(block, stages)
        rows = stages[-1]
        for name, factor in self.mapping.factors.items():
            if name in rows.frame:
                rows.frame[name] = pd.to_numeric(rows.frame[name], errors="coerce") * factor
        return rows

    def _tally_rows(self, block: LayerBlock, stages: list[BlockRows]) -> None:
        """Count what became of the rows of each layer, stage by stage."""
        counts = [stage.frame["layer"].value_counts() for stage in stages]
        for (label, layer), read in self._read.items():
            if label == block.label:
                taken, listed, mapped = (int(each.get(layer, 0)) for each in counts)
                left_out = (read - taken, taken - listed, listed - mapped)
                self.tallies.append(LayerTally(label, layer, block.to, read, *left_out, mapped))

    def _find_layers(self, block: LayerBlock) -> list[str]:
        matched = self.source.match_layers(block.patterns)
        for pattern, layers in matched.items():
            if not layers and not block.optional and not set("*?[") & set(pattern):
                there = ", ".join(self.source.layers[:30])
                raise self._refuse_key(
                    block,
                    "from",
                    f"{self.source.path.name} has no layer {pattern} (it has {there}): is this"
                    " mapping for another source? If it may be missing, say optional = true",
                )
        return list(dict.fromkeys(layer for layers in matched.values() for layer in layers))

    def _read_layer(
        self, block: LayerBlock, layer: str
    ) -> tuple[pd.DataFrame, NDArray[np.object_]]:
        expressions = self._list_expressions(block, layer)
        texts = (*expressions.values(), block.where, *(join.on for join in block.joins))
        text = "\n".join(texts)
        own = self.source.read_layer(layer, text)
        tables = {OWN_ALIAS: own.table}
        for join in block.joins:
            names = self.source.match_layers([join.table])[join.table]
            if len(names) != 1:
                raise self._refuse_key(
                    block, "join", f"{len(names)} tables are called {join.table}"
                )
            tables[join.alias] = self.source.read_layer(names[0], text).table
        table = self.runner.select_rows(block, layer, expressions, tables)
        self._read[block.label, layer] = own.table.num_rows
        rows = table[ROW_COLUMN].to_numpy()
        frame = table.drop_columns([ROW_COLUMN]).to_pandas(integer_object_nulls=True)
        told = judge_evidence(block, layer, own.table, rows, frame)
        if block.to in MAPPING_TARGETS:
            self._passed.setdefault(layer, find_unused(own.table))[rows] = True
        frame["layer"] = layer
        kept = list_kept(block, self.source.list_fields(layer))
        frame, personal = drop_personal(frame, block, layer, kept, self.mapping.name)
        self.told.notices += personal
        self._name_rows(frame, block, layer)
        shapes = self._find_shapes(block, own, frame, rows)
        if block.ends and not shapely.is_missing(shapes).all():
            told += judge_places(own, self.mapping.crs, shapes, block.label)
        self._tell_notices(told)
        return frame, shapes

    def tell_left_out(self) -> None:
        """Note which layers and rows of a network no block reads."""
        mapped = sorted({layer for _, layer in self._read})
        self._tell_notices(judge_layers(self.source, mapped, self._passed))

    def _tell_notices(self, notices: list[Notice]) -> None:
        """Keep notices, which say by which mapping."""
        self.told.notices += [
            each._replace(evidence=f"{self.mapping.name}: {each.evidence}") for each in notices
        ]

    def _find_shapes(
        self, block: LayerBlock, own: SourceLayer, frame: pd.DataFrame, rows: NDArray[np.int64]
    ) -> NDArray[np.object_]:
        """Return where each row lies: as it is drawn, or at its columns x and y."""
        import pandas as pd

        drawn: NDArray[np.object_] | None = None if own.shapes is None else own.shapes[rows]
        if "x" in block.columns:
            xy = [np.array(pd.to_numeric(frame[axis], errors="coerce"), float) for axis in "xy"]
            drawn = np.full(len(frame), None, dtype=object)
            known = np.isfinite(np.sum(xy, axis=0))
            drawn[known] = shapely.points(np.column_stack(xy)[known])
        if not block.ends or drawn is None:
            return np.full(len(frame), None, dtype=object)
        where = f"{self.mapping.name}: {block.label}"
        return project_shapes(replace(own, shapes=drawn), self.mapping.crs, where)

    def _list_expressions(self, block: LayerBlock, layer: str) -> dict[str, str]:
        """Return the SQL of each column that is read from a layer."""
        expressions = {key: write_expression(value) for key, value in block.columns.items()}
        there = self.source.list_fields(layer)
        if block.to in SCHEMA and "mrid" not in expressions:
            key = expressions.get("key") or self._find_key(layer)
            key = f"{OWN_ALIAS}.{quote_name(key)}" if re.fullmatch(r"\w+", key) else key
            if not key:
                raise self._refuse_key(
                    block, "key", f"say which column names the rows of {layer}, here or in [ids]"
                )
            expressions["key"] = f"trim(cast((\n{key}\n) as varchar))"
        for name in self._list_kept(block, layer, there):
            expressions[name] = f"{OWN_ALIAS}.{quote_name(name)}"
        if block.to in {"equipment", "usage_points"}:
            for check, name in self._list_recorded(layer, there).items():
                expressions[check] = f"trim(cast({OWN_ALIAS}.{quote_name(name)} as varchar))"
        if block.prefer:
            expressions[PREFERENCE_COLUMN] = block.prefer
        return expressions

    def _list_recorded(self, layer: str, there: list[str]) -> dict[str, str]:
        """Return the columns of a layer that record a feeder or a transformer, by check."""
        try:
            return self.mapping.checks.list_recorded(layer, there)
        except KeyError as error:
            check, name = error.args
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            msg = f"{self.mapping.name}: [checks], {check}: {layer} has no column {name}{hint}"
            raise SourceError(msg) from error

    def _list_kept(self, block: LayerBlock, layer: str, there: list[str]) -> list[str]:
        """Return the columns kept beside the network, but for those the layer does not have."""
        folded = {name.casefold() for name in there}
        kept = list_kept(block, there)
        missing = [name for name in kept if name.casefold() not in folded]
        if missing:  # no reason to refuse an edition of which it is gone
            what = f"{layer} has no {', '.join(missing)}: it is not known there"
            self.told.add_notice(
                "missing_column", f"{self.mapping.name}: {block.label}, keep: {what}"
            )
            self.told.add_finding("missing_column", f"{layer}:keep", what, row=(layer, "keep"))
        return [name for name in kept if name not in missing]

    def _find_key(self, layer: str) -> str:
        """Return the SQL of the key of a layer, as ``[ids]`` says."""
        for name, key in self.mapping.key.items():
            if name.casefold() == layer.casefold():
                return key
        return self.mapping.key.get("*", "")

    def _name_rows(self, frame: pd.DataFrame, block: LayerBlock, layer: str) -> None:
        """Give each row its key and its mRID: a GUID as it is, else LAYER:KEY."""
        if block.to not in SCHEMA:
            return
        if "mrid" in frame:
            frame["mrid"] = frame["mrid"].astype(str).str.strip()
            frame["key"] = frame["mrid"]
            return
        bad = frame["key"].isna() | (frame["key"] == "")
        if bad.any():
            raise self._refuse_key(
                block,
                "key",
                f"{int(bad.sum()):,} rows of {layer} have none, the first is row"
                f" {int(np.flatnonzero(bad)[0]):,}",
            )
        unique = all(GUID_PATTERN.fullmatch(key) for key in frame["key"])
        frame["mrid"] = frame["key"] if unique else f"{layer}:" + frame["key"].astype(str)

    def _settle_unlisted(self, rows: BlockRows) -> BlockRows:
        """Leave out, empty or refuse what a table of codes does not list."""
        block, frame = rows.block, rows.frame
        kept = np.ones(len(frame), dtype=bool)
        for key in block.columns:
            values = frame[key]
            if values.dtype != object and not str(values.dtype).startswith("str"):
                continue
            bad = values.astype(str).str.contains(UNLISTED_MARK, regex=False).to_numpy()
            if bad.any():
                codes = values[bad].astype(str).str.replace(r"^.*\ufffd", "", regex=True)
                self._tell_unlisted(block, key, codes, frame["layer"][bad])
                if key in DECIDING_COLUMNS:
                    kept &= ~bad
                frame[key] = values.mask(bad, None)
            if key in DECIDING_COLUMNS:  # an empty meaning leaves a row out knowingly
                kept &= ((frame[key] != "") & frame[key].notna()).to_numpy()
        for key in POSITION_COLUMNS:
            if key in block.columns:
                frame[key] = _read_positions(frame[key], blank="" if key == "normal_open" else None)
        return rows if kept.all() else rows.take_rows(kept)

    def _tell_unlisted(
        self, block: LayerBlock, key: str, codes: pd.Series, layers: pd.Series
    ) -> None:
        """Note which codes are not listed; those of phases and positions are never passed over."""
        counts = codes.value_counts()
        told = ", ".join(f"{code!r} ({n:,} rows)" for code, n in counts.head(SHOWN_CODES).items())
        more = f" and {len(counts) - SHOWN_CODES:,} more" if len(counts) > SHOWN_CODES else ""
        there = " and ".join(sorted(set(layers)))
        what = f"{there} has {told}{more}, which the mapping does not list"
        if key in {*POSITION_COLUMNS, "phases"}:
            raise self._refuse_key(block, key, f"{what}: say what they mean")
        done = "these rows are left out" if key in DECIDING_COLUMNS else "it is left empty there"
        self.told.add_notice(
            "unmapped_code", f"{self.mapping.name}: {block.label}, {key}: {what}: {done}"
        )
        pairs = list(zip(layers, codes, strict=True))
        for (layer, code), rows in sorted(Counter(pairs).items()):
            self.told.add_finding(
                "unmapped_code",
                f"{layer}:{key}={code}",
                f"{rows:,} rows have {code!r}, which the mapping does not list: {done}",
                row=(layer, f"{key}={code}"),
            )

    def _settle_duplicates(self, rows: BlockRows) -> BlockRows:
        """Keep one row of each id by the rule of the block; without a rule none may repeat."""
        frame, block = rows.frame, rows.block
        if block.to not in SCHEMA or not len(frame):
            return rows
        if not block.prefer:
            twice = frame["mrid"].duplicated(keep=False)
            if not twice.any():
                return rows
            first = frame["mrid"][twice].iloc[0]
            raise self._refuse_key(
                block,
                "key",
                f"{int(twice.sum()):,} rows share their key with others, such as {first}: take a"
                " column that is unique, or say in prefer which row counts, as an expression that"
                " is true for it",
            )
        ranks = _rank_rows(frame[PREFERENCE_COLUMN])
        self._tell_undecided(block, frame["mrid"], ranks)
        order = np.argsort(-ranks, kind="stable")
        extra = frame["mrid"].iloc[order].duplicated()
        kept = np.ones(len(frame), dtype=bool)
        kept[extra.index[extra]] = False
        if not kept.all():
            self.told.add_notice(
                "repeated_key",
                f"{self.mapping.name}: {block.label}: {int((~kept).sum()):,} rows repeat the"
                " key of another and are left out, as prefer says",
            )
            told = ["repeats the key of another row, and is left out"] * int((~kept).sum())
            self.told.add_rows(
                "repeated_key", frame[~kept], told, locate_points(rows.shapes[~kept])
            )
        rows.frame = frame.drop(columns=PREFERENCE_COLUMN)
        return rows.take_rows(kept)

    def _tell_undecided(
        self, block: LayerBlock, mrids: pd.Series, ranks: NDArray[np.float64]
    ) -> None:
        """Note keys of which several rows are preferred alike, unless any of them will do."""
        best = mrids[
            ranks == mrids.map(mrids.to_frame("m").assign(r=ranks).groupby("m")["r"].max())
        ]
        undecided = best[best.duplicated()]
        if len(undecided) and block.prefer.strip().casefold() != "true":
            self.told.add_notice(
                "undecided_key",
                f"{self.mapping.name}: {block.label}, prefer: {undecided.nunique():,} keys have"
                f" several rows of which it prefers none, such as {undecided.iloc[0]}: the"
                " first counts",
            )

    def _refuse_key(self, block: LayerBlock, key: str, reason: str) -> SourceError:
        return SourceError(f"{self.mapping.name}: {block.label}, {key}: {reason}")


def _rank_rows(values: pd.Series) -> NDArray[np.float64]:
    """Return how much each row is preferred."""
    import pandas as pd

    return np.nan_to_num(np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64))


def _read_positions(values: pd.Series, *, blank: str | None) -> pd.Series:
    """Return open phases as the model reads them: True for all of them, `blank` for nothing."""
    import pandas as pd

    read = [
        True
        if str(value).casefold() in {ALL_PHASES_WORD, "true"}
        else ""
        if value is False or str(value).casefold() == "false"
        else blank
        if value is None or value is pd.NA
        else value
        for value in values.astype(object)
    ]
    return pd.Series(read, index=values.index, dtype=object)

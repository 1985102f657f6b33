"""Read a network from a source of any format, by the reader of that format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model.network_loads import SourceReading
from gridtwin.model.notices import refuse_notices
from gridtwin.model.origins import SourceRows
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import decode_texts
from gridtwin.sources.meanings import Meanings, check_meanings
from gridtwin.sources.source_formats import (
    FORMATS,
    OF_A_FOLDER,
    SIMBENCH,
    TABLE_FORMATS,
    tell_format,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.model.network import Network
    from gridtwin.model.network_loads import MappingText
    from gridtwin.sources.opendss_equipment import Disabled


def read(  # noqa: PLR0913 - one for each thing that can be said of a source
    source: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    crs: str | None = None,
    strict: bool = False,
    disabled: Disabled | None = None,
    columns: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, str]] | None = None,
    supplying: Sequence[str] = (),
    mapping: str | Path | MappingText | None = None,
    former: Network | None = None,
) -> Network:
    """
    Read a network from any source gridtwin knows.

    Parameters
    ----------
    source
        A file, a folder, or ``simbench:CODE``.
    format
        One of `FORMATS`; by default told from the source's scheme, suffix or content.
    crs
        Coordinate system of the source, stronger than what the source states; ``"none"`` for
        planar coordinates whose place on earth is not known.
    strict
        Whether to refuse a source of which anything would be passed over, mended or taken for
        granted. Otherwise `Network.notices` tells it.
    disabled
        What a disabled element of an OpenDSS circuit is: ``"open"``, ``"out"`` of service, or
        ``"skip"``. By default ``"open"``, and `Network.notices` tells each.
    columns
        Of tables: which column of the model a column by another name is; an empty text for one
        that is left out knowingly. For example ``{"P_N_OPE": "normal_open", "notes": ""}``.
    words
        Of tables: what the words of a column mean, for example ``{"normal_open": {"A": "open",
        "F": "closed"}, "phases": {"R": "A", "Y": "B", "B": "C"}}``. A word of ``normal_open``
        means ``open``, ``closed``, or ``phase`` if it names the phases that stand open.
    supplying
        Of a CIM model: classes that supply beside ExternalNetworkInjection and EnergySource, for
        example ``["EquivalentInjection"]`` where the grid above is another model.
    mapping
        A TOML file that says what the layers of a utility's own GIS mean, or the name of one that
        comes with gridtwin, such as ``"bdgd"``: see ``docs/mapping.md``. It takes the place of
        `format`, `columns` and `words`.
    former
        The network that this source was loaded as before: nodes that a mapping makes of places
        keep the ids they have there.

    Returns
    -------
        The network, checked; its `reading` says how it was read, and its rows know their origins.

    Raises
    ------
    SourceError
        If the source is missing, broken, incomplete or of no known format.
    CrsError
        If the coordinate system is unknown.
    NetworkError
        If the network breaks the rules of the model.
    MissingExtraError
        If the format needs an optional part that is not installed.

    Examples
    --------
    >>> read("data/sample")
    Network(281 nodes, 280 equipment, 200 usage points, 1 sources, 1 feeders)
    """
    options = _Options(check_meanings(columns, words), disabled, tuple(supplying))
    if mapping is None:
        network = _name_layer(_read_source(source, format, crs, options), str(source))
        said = {
            "format": format,
            "crs": crs,
            "disabled": disabled,
            "columns": columns,
            "words": words,
            "supplying": list(supplying),
        }
        given = {name: value for name, value in said.items() if value}
        network = network.with_reading(SourceReading(str(source), given))
    else:
        others = [format, columns, words, disabled, supplying]
        network = _read_by_mapping(source, mapping, crs, others, former)
    if strict:
        refuse_notices(network.notices, str(source))
    return network


class _Options(NamedTuple):
    """What can be said of sources of some formats."""

    meanings: Meanings
    disabled: Disabled | None
    supplying: tuple[str, ...]

    def require_allowed(self, source: str, form: str) -> None:
        """Refuse what cannot be said of a source of this format."""
        if form not in TABLE_FORMATS and (self.meanings.columns or self.meanings.words):
            msg = f"{source}: only tables have columns and words whose meaning can be said"
            raise SourceError(msg)
        if form != "dss" and self.disabled is not None:
            msg = f"{source}: only OpenDSS circuits have disabled elements; leave that option out"
            raise SourceError(msg)
        if form != "cim" and self.supplying:
            msg = f"{source}: only in CIM models can it be said which classes supply"
            raise SourceError(msg)


def _read_source(
    source: str | Path, form: str | None, crs: str | None, options: _Options
) -> Network:
    text = str(source)
    if form == "simbench" or text.startswith(SIMBENCH):
        options.require_allowed(text, "simbench")
        from gridtwin.sources.pandapower_net import read_simbench

        return read_simbench(text.removeprefix(SIMBENCH), crs=crs)
    path = Path(source).expanduser()
    chosen = form if form is not None else tell_format(path)
    if chosen not in FORMATS:
        msg = f"{chosen!r} is no format gridtwin reads: use one of {', '.join(FORMATS)}"
        raise SourceError(msg)
    if not path.exists():
        msg = f"{path}: there is no such file or folder"
        raise SourceError(msg)
    options.require_allowed(str(path), chosen)
    return _read_as(chosen, path, crs, options)


def _name_layer(network: Network, source: str) -> Network:
    """Return a network whose elements come from its one file, unless it says more of them."""
    tables = {name: getattr(network.data, name) for name in SCHEMA}
    if any(table.origins is not None for table in tables.values()):
        return network
    layer = source if source.startswith(SIMBENCH) else Path(source).name
    return network.with_origins(
        {
            name: SourceRows(decode_texts(table.mrid), [layer] * len(table.mrid))
            for name, table in tables.items()
        }
    )


def _read_by_mapping(
    source: str | Path,
    mapping: str | Path | MappingText,
    crs: str | None,
    others: Sequence[object],
    former: Network | None,
) -> Network:
    """Return the network of a utility's own GIS; a mapping says all that other options would."""
    if any(others):
        msg = f"{source}: a mapping says what format, columns and words mean; leave those out"
        raise SourceError(msg)
    from gridtwin.sources.mapping.mapping_reader import read_mapped

    return read_mapped(source, mapping, crs=crs, former=former)


def _read_as(chosen: str, path: Path, crs: str | None, options: _Options) -> Network:
    if chosen in TABLE_FORMATS:
        return _read_tables(chosen, path, crs, options)
    if chosen == "dss":
        from gridtwin.sources.opendss import read_opendss

        return read_opendss(path, crs=crs, disabled=options.disabled)
    if chosen == "pandapower":
        from gridtwin.sources.pandapower_net import read_pandapower

        return read_pandapower(path, crs=crs)
    if chosen == "glm":
        from gridtwin.sources.glm import read_glm

        return read_glm(path, crs=crs)
    if chosen == "cyme":
        from gridtwin.sources.cyme import read_cyme

        return read_cyme(path, crs=crs)
    from gridtwin.sources.cim import read_cim

    return read_cim(path, crs=crs, supplying=options.supplying)


def _read_tables(chosen: str, path: Path, crs: str | None, options: _Options) -> Network:
    from gridtwin.sources import files

    if chosen in OF_A_FOLDER:
        return files.read_folder(path, form=chosen, crs=crs, meanings=options.meanings)
    return files.read_container(path, crs=crs, meanings=options.meanings)

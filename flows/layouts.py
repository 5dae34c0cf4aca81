"""Layouts that a person has looked at: what headings are taken for is kept, and not asked again."""

from __future__ import annotations

from pathlib import Path

from estimation.belts import Deposit
from geo.archives import locate
from geo.config import ConfigError, resolve_root
from geo.drillholes.gathering import gather
from geo.formats import open_sheets
from geo.tables.sheets import UnreadableError
from geo.tables.table import best_sheet
from geo.tables.templates import confirm, known, mapping_of


def confirm_templates(deposit: Deposit, base: Path) -> list[Path]:
    """Keep the layout of every table of a deposit that has no template yet.

    Parameters
    ----------
    deposit, base
        The deposit, whose ``drillholes.templates`` names the folder, and the belt file's folder.

    Returns
    -------
    list of Path
        The templates written. A file that can't be read, or lacks a header, has none: its findings
        say why.

    Raises
    ------
    ConfigError
        The deposit names no folder of templates.
    """
    sources = deposit.drillholes
    if sources.templates is None:
        raise ConfigError(
            f"{deposit.id}: drillholes.templates names no folder / 没有写 templates; "
            "write: templates: ../templates"
        )
    folder = resolve_root(sources.templates, base)
    written = []
    for one in (one for one in gather(sources, base) if one.trouble is None):
        table = one.file.table
        try:
            sheets = open_sheets(locate(one.path), one.file.sheet)
        except UnreadableError:
            continue
        cells, header = best_sheet(sheets, table, sources.columns)
        if header.row >= 0 and known(cells, folder, table) is None:
            mapping = mapping_of(cells, table, sources.conventions, sources.columns)
            written.append(confirm(mapping, folder))
    return list(dict.fromkeys(written))

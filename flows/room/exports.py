"""Files that lie ready for the site's downloads: exports for other programs, statutory forms.

Each deposit's exports are made once for a model, and again for another version of the program (its
key has the version); they are kept in the workspace, and the site links them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.export import export_of
from flows.movement import movement_of, write_forms
from flows.readings import read_as_of
from flows.reasons import reason_of_failure, reason_of_trouble
from flows.runtime import Workspace
from geo.config import ConfigError, digest
from geo.files import sha256, write_whole
from geo.findings import DataError
from geo.version import code_version
from reporting.facts.prepared import SOFTWARE, PreparedFile
from reporting.settings import SiteSettings
from reporting.site.frame import file_name, named
from reporting.units import Text

FORMS = "statutory.xlsx"
LIST = "files.json"
"""What a deposit's folder of exports holds, and from what."""
CONTENTS: dict[str, tuple[str, ...]] = {
    "csv": ("blocks", "composites"),
    "gpkg": ("holes", "composites"),
    "geoparquet": ("blocks", "composites"),
}
"""What of a deposit is offered in a format; of others, the block model."""
WORDS = {
    "blocks": Text("块体模型", "block model"),
    "holes": Text("钻孔", "drill-holes"),
    "composites": Text("组合样", "composites"),
}
STATUTORY = Text("变动台帐与统计基础表", "Statutory tables: movement ledger and annual returns")
NOTES = Text("说明", "notes")

Place = tuple[Belt, Deposit, Path]
"""A deposit with its belt, and the folder that the belt's file lies in."""


@dataclass(frozen=True)
class _Made:
    """One export as its folder's list has it."""

    name: str
    zh: str
    en: str
    sha256: str


def prepared_files(
    configs: Path,
    house: Workspace,
    shown: Mapping[str, tuple[DepositResult, ...]],
    settings: SiteSettings,
) -> tuple[tuple[PreparedFile, ...], dict[str, Text]]:
    """Exports of every deposit's newest estimate in the formats of the settings, and the forms.

    A deposit whose newest estimate is no longer that of its data, plan and store is left out, and
    so are forms that can't be written; the second answer says why (deposit, or file -> reason).
    """
    made: list[PreparedFile] = []
    missing: dict[str, Text] = {}
    try:
        made += _forms(configs, house)
    except Exception as failure:
        missing[FORMS] = reason_of_failure(failure)
    places = {
        deposit.id: (belt, deposit, path.parent)
        for path, belt in all_belts(configs).values()
        for deposit in belt.deposits
    }
    for deposit_id, results in shown.items():
        try:
            made += _exports(places[deposit_id], house, results[-1], settings.downloads.formats)
        except (ConfigError, DataError, EstimationError) as trouble:
            shutil.rmtree(house.exports / deposit_id, ignore_errors=True)
            missing[deposit_id] = reason_of_trouble(trouble)
    return tuple(made), missing


def _forms(configs: Path, house: Workspace) -> Iterator[PreparedFile]:
    """The statutory forms of all deposits, where the ledger has any movement."""
    found = movement_of(str(configs), str(house.root), (None, None), "usable")
    if any(one.forms for one in found):
        path = house.exports / FORMS
        write_forms(path, str(configs), found)
        yield PreparedFile(path.name, STATUTORY, path, sha256(path))


def _exports(
    place: Place, house: Workspace, result: DepositResult, formats: Sequence[str]
) -> list[PreparedFile]:
    """One deposit's exports, made where they are not there yet; those of other models go.

    Raises
    ------
    ConfigError, DataError, EstimationError
        The estimate is no longer that of its data, plan and store.
    """
    home = house.exports / result.deposit_id
    folder = _folder(house, result)
    listed = make_exports(place, house, result, formats)
    for old in home.iterdir():
        if old != folder and old.is_dir():
            shutil.rmtree(old)
    shelf = f"{SOFTWARE}/{file_name(result.deposit_id).removesuffix('.html')}"
    return [
        PreparedFile(f"{shelf}/{one.name}", Text(one.zh, one.en), folder / one.name, one.sha256)
        for one in listed
    ]


def _folder(house: Workspace, result: DepositResult) -> Path:
    """Where the exports of a model lie."""
    return house.exports / result.deposit_id / result.model_hash[:16]


def make_exports(
    place: Place, house: Workspace, result: DepositResult, formats: Sequence[str]
) -> list[_Made]:
    """Make an estimate's exports where they are not there yet.

    Raises
    ------
    ConfigError, DataError, EstimationError
        The estimate is no longer that of its data, plan and store.
    """
    folder = _folder(house, result)
    hashes = (result.data_hash, result.plan_hash, result.model_hash)
    key = digest([code_version(), result.vintage.isoformat(), *hashes, *formats])
    listed = _listed(folder, key)
    if listed is None:
        listed = _make(folder, key, _data_of(place, result), formats, house)
    return listed


def _listed(folder: Path, key: str) -> list[_Made] | None:
    """What a folder holds of these hashes; None where it is not whole or of others."""
    try:
        kept = json.loads((folder / LIST).read_text("utf-8"))
        listed = [_Made(**one) for one in kept["files"]]
    except (OSError, ValueError, KeyError, TypeError):  # not made yet, or by another program
        return None
    whole = kept["key"] == key and all((folder / one.name).is_file() for one in listed)
    return listed if whole else None


def _data_of(place: Place, result: DepositResult) -> DepositData:
    """What the result was estimated from, as it stands now.

    Raises
    ------
    DataError
        The drill-holes can't be used.
    """
    data, findings = read_as_of(*place, result.vintage)
    if data is None:
        raise DataError(findings)
    return data


def _make(
    folder: Path, key: str, data: DepositData, formats: Sequence[str], house: Workspace
) -> list[_Made]:
    """Write every export of a deposit, then the list that says the folder is whole."""
    shutil.rmtree(folder, ignore_errors=True)
    listed: list[_Made] = []
    for form in formats:
        for what in CONTENTS.get(form, ("blocks",)):
            for path in export_of(data, form, what, folder / f"{form}-{what}", house).files:
                listed += _files(path, _title(data.belt, data.deposit, what, form), folder)
    content = {"key": key, "files": [asdict(one) for one in listed]}
    write_whole(folder / LIST, json.dumps(content, ensure_ascii=False).encode("utf-8"))
    return listed


def _title(belt: Belt, deposit: Deposit, what: str, form: str) -> Text:
    """What a file is called on the page."""
    name, word = named(deposit.name), WORDS[what]
    return Text(f"{name.zh}：{word.zh}（{form}）", f"{name.en}: {word.en} ({form})")


def _files(path: Path, title: Text, folder: Path) -> Iterator[_Made]:
    """An exported file and its side-car."""
    notes = Text(f"{title.zh}：{NOTES.zh}", f"{title.en}: {NOTES.en}")
    for one, said in ((path, title), (path.with_name(f"{path.name}.json"), notes)):
        yield _Made(one.relative_to(folder).as_posix(), said.zh, said.en, sha256(one))

"""Defects that the shared public data are known to have, as their read-mes count them, and ours.

``python -m benchmarks.shared_defects`` checks every folder as ``bornite check`` does and writes
``docs/defects.md``. Where a read-me isn't exact, a remark says so; tests/test_shared_defects.py
counts each defect by other means.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flows.check_folder import FolderCheck, check_folder
from flows.show_check import count_of
from geo.findings import Finding

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "defects.md"

FOLDERS = {
    "01": "01_babbitt_cuni",
    "04": "04_cbmina_cu_porphyry",
    "06": "06_forrestania_gswa",
    "07": "07_als_multielement_open",
    "13": "13_qaqc_gsc_rgr",
    "14": "14_qaqc_kola_duplicates",
    "15": "15_jura_meuse",
    "16": "16_norway_gjovik_trondelag",
    "17": "17_kola_geochem",
    "18": "18_walker_lake",
    "19": "19_gslib_cluster_true",
    "20": "20_minelib_open",
    "22": "22_bonnie_block_model",
    "23": "23_usgs_porphyry_copper",
    "24": "24_raster_landsat_sentinel",
    "25": "25_raster_edge_cases",
    "27": "27_aeromag_gravity",
    "30": "30_formats_omf_templates",
}


@dataclass(frozen=True)
class Told:
    """How a check tells of a defect: the words of the page, and the count in its answer."""

    how: str
    count: Callable[[FolderCheck], int]


@dataclass(frozen=True)
class Defect:
    """One defect (or size) that a read-me states."""

    folder: str
    what: str
    stated: int | None
    """The read-me's count; None where it names the defect without one."""
    told: Told
    remark: str = ""
    """Why the counts differ, where they do."""

    @property
    def name(self) -> str:
        """Folder's number and the defect."""
        return f"{self.folder} {self.what}"


def shared_data() -> Path:
    """Folder of the shared public data."""
    return Path(os.environ.get("BORNITE_SHARED_DATA", ROOT.parent / "shared" / "data"))


@lru_cache(maxsize=len(FOLDERS))
def checked(folder: str) -> FolderCheck:
    """One folder checked, once in a process."""
    return check_folder(shared_data() / FOLDERS[folder])


def _found(check: FolderCheck, code: str, file: str, column: str) -> Iterable[Finding]:
    return (
        f
        for f in check.findings
        if f.code == code and file in f"{f.file} {f.sheet or ''}" and column in (f.column or column)
    )


def rule(code: str, file: str = "", column: str = "") -> Told:
    """Rows or cells that a rule names, as the check's grid counts them."""
    return Told(code, lambda check: sum(count_of(f) for f in _found(check, code, file, column)))


def files(code: str, said: str = "") -> Told:
    """Files that a rule names, with ``said`` in its message."""
    return Told(
        code,
        lambda check: len({f.file for f in _found(check, code, "", "") if said in f.message_en}),
    )


def words(code: str, pattern: str, file: str = "", column: str = "") -> Told:
    """A number in a rule's message; ``pattern`` has it in its first group."""

    def count(check: FolderCheck) -> int:
        hits = (re.search(pattern, f.message_en) for f in _found(check, code, file, column))
        return sum(int(hit.group(1).replace(",", "")) for hit in hits if hit)

    return Told(code, count)


def both(*parts: Told) -> Told:
    """Several rules together."""
    how = " + ".join(dict.fromkeys(part.how for part in parts))
    return Told(how, lambda check: sum(part.count(check) for part in parts))


def convention(name: str, pattern: str) -> Told:
    """A number in the evidence of a convention."""

    def count(check: FolderCheck) -> int:
        evidence = " ".join(v.evidence_en for v in check.verdicts if v.name == name)
        hit = re.search(pattern, evidence)
        return int(hit.group(1)) if hit else 0

    return Told(f"convention `{name}`", count)


def rows(file: str, table: str | None = None) -> Told:
    """Rows of a file, as the row balance has them."""

    def count(check: FolderCheck) -> int:
        same = [b.rows_in for b in check.balances if b.file == file and table in (None, b.table)]
        return max(same, default=0)

    return Told("row balance", count)


def quarantined() -> Told:
    """Rows of all files that are refused."""
    return Told("row balance", lambda check: sum(b.quarantined for b in check.balances))


def skipped(file: str) -> Told:
    """Rows of a file that a rule skips."""
    return Told("row balance", lambda c: sum(b.skipped for b in c.balances if b.file == file))


def recognised(file: str, kind: str) -> Told:
    """Rows of a file that is taken for ``kind`` (for a file without rows: 1)."""

    def count(check: FolderCheck) -> int:
        same = [t for t in check.draft.files if t.file == file and t.kind == kind]
        return sum(t.rows or 1 for t in same)

    return Told(f"taken for {kind.replace('_', ' ')}", count)


def kinds(kind: str) -> Told:
    """Files taken for ``kind``."""
    name = kind.replace("_", " ")
    return Told(
        f"taken for {name}", lambda c: len({t.file for t in c.draft.files if t.kind == kind})
    )


def in_crs(name: str) -> Told:
    """Rasters whose facts name a coordinate system."""
    return Told("facts", lambda c: sum(name in line for line in c.as_json()["rasters"].values()))


def page() -> str:
    """The text of docs/defects.md."""
    from benchmarks.shared_defects_list import DEFECTS

    lines = [
        "# Defects of the public data / 公开数据的已知缺陷",
        "",
        "<!-- produced by python -m benchmarks.shared_defects -->",
        "",
        "What `bornite check FOLDER` says of each folder of the shared public data, without",
        "configuration or flag, beside what the folder's own read-me counts (– where it names a",
        "defect and no number). `tests/test_shared_defects.py` holds both together, and counts the",
        "defects by other means; a remark stands where the read-me isn't exact, or where",
        "the check counts something else.",
    ]
    for number, folder in FOLDERS.items():
        lines += ["", f"## {folder}", "", "| defect | read-me | ours | told by | remark |"]
        lines += ["| --- | ---: | ---: | --- | --- |"]
        for defect in (d for d in DEFECTS if d.folder == number):
            stated = "–" if defect.stated is None else f"{defect.stated:,}"
            ours = defect.told.count(checked(number))
            cells = (defect.what, stated, f"{ours:,}", defect.told.how, defect.remark)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

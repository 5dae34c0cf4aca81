"""The last look at a public site before it is swapped in: no drill-hole's name, no file's.

This is a guard, not the rule: pages for the public are made without such names. It reads pages,
tables, the cells of workbooks and the words of documents; pictures hold none and are passed over.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pypdf import PdfReader

from reporting.units import Text

SHORTEST = 4
"""Characters of a name that can be told from ordinary words."""
_DATA = re.compile(r'"data:[^"]*"')
_TAG = re.compile(r"<[^>]*>")
_JOINED = re.compile(r"(?<=[-_./\\])\s*\n\s*")
"""Where a line of a document ends within a word."""
_RUNS = (re.compile(r"\w[\w.#/\\-]*"), re.compile(r"[A-Za-z0-9][A-Za-z0-9_.#/\\-]*"))
"""A name as a whole, and one that stands next to Chinese without a space."""
_KEPT_BACK = "the public site was not published, the old one stands"


def telling(names: Iterable[str]) -> frozenset[str]:
    """Names that can't be taken for ordinary words: a letter and a digit, or a file's ending."""
    return frozenset(
        name
        for name in names
        if len(name) >= SHORTEST
        and (
            (re.search(r"\d", name) and re.search(r"[^\W\d_]", name))
            or re.search(r"\w\.[A-Za-z]\w{1,5}$", name)
        )
    )


def leaks(folder: Path, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(page, name) for each withheld name that a site's text holds."""
    # a name with a space or another sign that ends a word is looked for as it stands
    broken = {name: _alone(name) for name in names if not any(run.fullmatch(name) for run in _RUNS)}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in READ):
        text = READ[path.suffix](path)
        words = {word.rstrip(".-/\\") for run in _RUNS for word in run.findall(text)}
        words |= {word.replace("\\", "/").rpartition("/")[2] for word in words}
        found = words & names
        found |= {name for name, alone in broken.items() if name in text and alone.search(text)}
        for name in sorted(found):
            yield path.relative_to(folder).as_posix(), name


def _plain(path: Path) -> str:
    """A page's or a table's text, without the pictures that lie in it."""
    return html.unescape(_DATA.sub("", path.read_text("utf-8", "replace")))


def _workbook(path: Path) -> str:
    """The words of every part of a workbook; not its tags, whose cells' places look like holes."""
    with zipfile.ZipFile(path) as packed:
        parts = [packed.read(name) for name in packed.namelist() if name.endswith(".xml")]
    return "\n".join(
        html.unescape(_TAG.sub(" ", part.decode("utf-8", "replace"))) for part in parts
    )


def _document(path: Path) -> str:
    """The words of a PDF, and what it says of itself."""
    reader = PdfReader(path)
    said = [str(value) for value in (reader.metadata or {}).values()]
    said += [page.extract_text() for page in reader.pages]
    return _JOINED.sub("", "\n".join(said).replace("\u200b", ""))


READ: dict[str, Callable[[Path], str]] = {
    **dict.fromkeys((".html", ".csv", ".json", ".txt"), _plain),
    ".xlsx": _workbook,
    ".pdf": _document,
}
"""How each kind of file is read."""


def _alone(name: str) -> re.Pattern[str]:
    """The name where it is no part of a longer one; Chinese may stand next to it."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")


def refusal_of(
    folder: Path, withheld: tuple[str, ...] | Text, allowed: Iterable[str]
) -> Text | None:
    """Look through a site that anybody may read.

    Parameters
    ----------
    folder
        The site.
    withheld
        Names of holes, files and sheets; or why they can't be known.
    allowed
        Words that may stand there although something withheld has the same name.

    Returns
    -------
    Text or None
        Why it is not to be published: which page holds which name; None where it is fit to be.
    """
    if isinstance(withheld, Text):
        return Text(f"公众版未发布，原公众版不变：{withheld.zh}", f"{_KEPT_BACK}: {withheld.en}")
    found = list(leaks(folder, telling(withheld) - frozenset(allowed)))
    if not found:
        return None
    page, name = found[0]
    more = f" (+{len(found) - 1})" if len(found) > 1 else ""
    return Text(
        f"公众版未发布，原公众版不变：{page} 含有钻孔、文件或表名 {name!r}{more}；请从配置的名称与"
        "说明中去掉，若为普通词语则列入 configs/site.yaml 的 public.allowed",
        f"{_KEPT_BACK}: {page} holds {name!r}{more}, the name of a drill-hole, file or sheet; take "
        "it out of the names and notes of the configuration or, if it is an ordinary word, list "
        "it under public.allowed of configs/site.yaml",
    )

"""The last look at a public site before it is swapped in: no drill-hole's name, no file's.

This is a guard, not the rule: pages for the public are made without such names. It reads text only
(pages, tables), so it is quick; pictures, workbooks and documents are scanned by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from geo.config import ConfigError

READ = {".html", ".csv", ".json", ".txt"}
"""Kinds of files that are looked through."""
SHORTEST = 4
"""Characters of a name that can be told from ordinary words."""
_DATA = re.compile(r'"data:[^"]*"')
_RUNS = (re.compile(r"\w[\w.#/\\-]*"), re.compile(r"[A-Za-z0-9][A-Za-z0-9_.#/\\-]*"))
"""A name as a whole, and one that stands next to Chinese without a space."""


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
    for path in sorted(path for path in folder.rglob("*") if path.suffix in READ):
        text = _DATA.sub("", path.read_text("utf-8", "replace"))
        words = {word.rstrip(".-/\\") for run in _RUNS for word in run.findall(text)}
        words |= {word.replace("\\", "/").rpartition("/")[2] for word in words}
        for name in sorted(words & names):
            yield path.relative_to(folder).as_posix(), name


def refuse_leaks(folder: Path, withheld: Iterable[str], allowed: Iterable[str]) -> None:
    """Look through a site that anybody may read.

    Parameters
    ----------
    folder
        The site.
    withheld
        Names of holes, files and sheets.
    allowed
        Words that may stand there although something withheld has the same name.

    Raises
    ------
    geo.config.ConfigError
        It holds a withheld name; the message says which page and which name.
    """
    found = list(leaks(folder, telling(withheld) - frozenset(allowed)))
    if found:
        page, name = found[0]
        more = f" (+{len(found) - 1})" if len(found) > 1 else ""
        raise ConfigError(
            f"the public site was not published: {page} holds {name!r}{more}, the name of a "
            "drill-hole, file or sheet; the old one stands. Take it out of the notes and names of "
            "the configuration or, if it is an ordinary word, list it under public.allowed of "
            f"configs/site.yaml / 公众版未发布：{page} 含有钻孔、文件或表名 {name!r}{more}，"
            "原公众版不变；请从配置的名称与说明中去掉，若为普通词语则列入 configs/site.yaml 的 "
            "public.allowed"
        )

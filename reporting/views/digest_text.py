"""The morning digest as plain text for a chat: Chinese first, then English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from reporting.facts.operations import LIGHTS, Digest, Matter
from reporting.site.frame import shanghai
from reporting.units import Text
from reporting.views.lights import code_text, took

TEXT = "digest.txt"
"""The file that it is kept in."""
MOST = 12
"""Things to do that a chat is told one by one; the page has them all."""


def digest_text(digest: Digest, more: str | None = None) -> str:
    """The digest as text.

    Parameters
    ----------
    digest
        What is told.
    more
        Options that every command needs (``--workspace …``); None where they are not known, and
        the text says so.
    """
    halves = ("\n".join(_lines(digest, language, more)) for language in ("zh", "en"))
    return "\n\n".join(halves) + "\n"


def _lines(digest: Digest, language: str, more: str | None) -> Iterator[str]:
    """The lines in one language."""

    def say(text: Text) -> str:
        return one_line(text.zh if language == "zh" else text.en)

    shape, word = LIGHTS[digest.light]
    title = Text("斑铜晨报", "Bornite morning digest")
    yield f"{shape} {say(word)} | {say(title)} {shanghai(digest.at)}"
    yield say(digest.headline)
    if digest.night is not None:
        yield say(_night(digest))
    if digest.code is not None:
        yield say(_code(digest))
    if digest.lines:
        yield say(_count(digest))
    matters = [*digest.matters, *(matter for line in digest.lines for matter in line.matters)]
    for matter in matters[:MOST]:
        yield from _matter(matter, say, more or "")
    if len(matters) > MOST:
        left = len(matters) - MOST
        yield say(Text(f"另有 {left} 项，见 digest.html", f"{left} more on digest.html"))
    if more is None and any(matter.commands for matter in matters):
        yield say(
            Text(
                "不用默认文件夹时，命令加 --configs 与 --workspace",
                "add --configs and --workspace where the folders are not the usual ones",
            )
        )


def one_line(words: str, longest: int | None = 400) -> str:
    """Words from data without line breaks and control or direction signs; a command is whole."""
    plain = "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in words)
    return " ".join(plain.split())[:longest]


def _night(digest: Digest) -> Text:
    """The night in one line."""
    night = digest.night
    assert night is not None  # the caller asked
    began = "—" if night.started_at is None else shanghai(night.started_at)
    zh, en = [f"夜间运行 {night.run_id}", f"{began} 起"], [f"night {night.run_id}", f"from {began}"]
    if night.seconds is not None:
        zh.append(f"历时 {took(night.seconds).zh}")
        en.append(f"took {took(night.seconds).en}")
    if night.tiles is not None:
        zh.append(f"瓦片：计算 {night.tiles[0]:,}，复用 {night.tiles[1]:,}")
        en.append(f"tiles: {night.tiles[0]:,} computed, {night.tiles[1]:,} reused")
    return Text("；".join(zh), "; ".join(en))


def _code(digest: Digest) -> Text:
    """The exit code and what it means."""
    said = code_text(digest)
    return Text(f"退出码 {digest.code}：{said.zh}", f"exit code {digest.code}: {said.en}")


def _count(digest: Digest) -> Text:
    """How many deposits stand at each light."""
    zh, en = [], []
    for light, (shape, word) in LIGHTS.items():
        number = sum(line.light == light for line in digest.lines)
        if number:
            zh.append(f"{shape} {word.zh} {number}")
            en.append(f"{shape} {word.en} {number}")
    return Text(f"矿床：{'，'.join(zh)}", f"deposits: {', '.join(en)}")


def _matter(matter: Matter, say: object, more: str) -> Iterator[str]:
    """One thing to do, its commands indented."""
    assert callable(say)  # a function of a text
    yield f"{LIGHTS[matter.light][0]} {say(matter.what)}: {say(matter.why)}"
    yield from (f"    {one_line(command, None)}{more}" for command in matter.commands)

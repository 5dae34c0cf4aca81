"""A folder as checked, on the terminal: files, conventions, findings, campaigns, next command."""

from __future__ import annotations

import shlex

from flows.check_folder import FolderCheck
from flows.questions import tell_questions
from flows.show import Voice
from flows.show_campaigns import campaign_table
from flows.show_check import CheckView


def show_folder(voice: Voice, item: FolderCheck, more: str) -> None:
    """What a folder's files are, how they are written, what is wrong, and the next command.

    Parameters
    ----------
    voice
        The reader's language.
    item
        The folder.
    more
        Options that the next command repeats (``--configs``).
    """
    view = CheckView(voice)
    view.files(item.draft, item.surveys)
    view.conventions(item.verdicts)
    view.blocks(tuple(item.findings), tuple(item.balances))
    if item.campaigns:
        voice.out.print(campaign_table(voice, item.draft.root.name, item.campaigns))
    if item.balances:
        view.total(str(item.draft.root), tuple(item.balances))
    _next(voice, item, more)


def _next(voice: Voice, item: FolderCheck, more: str) -> None:
    """The command that makes a belt of the folder, and the flags it still needs."""
    draft = item.draft
    if not draft.has_drillholes:
        kinds = ("collar", "survey", "assay")
        surveys = [survey.table.file for survey in item.surveys.all]
        if surveys and not draft.chosen:
            voice.say(
                "没有钻孔表，不能估算；化探、物探、栅格与钻孔放在同一文件夹，bornite init 一并写入",
                "no drill-holes, so nothing to estimate; bornite init takes surveys and rasters "
                "along with the drill-holes of their folder",
            )
        elif any(draft.of(kind) for kind in kinds):
            missing = ", ".join(kind for kind in kinds if not draft.of(kind))
            voice.say(
                f"没有矿床：缺 {missing} 表；补齐后再 bornite check",
                f"no deposit here: tables missing: {missing}; add them, and check again",
            )
        return
    crs = draft.crs if draft.crs != "local" or draft.mine_grid else "EPSG:…"
    said = "".join(f" {word}" for word in draft.answers.given)
    root = shlex.quote(str(draft.root))
    then = f"bornite init BELT --from {root} --crs {crs}{said}{more}"
    voice.say(f"下一步: {then}", f"next: {then}")
    if item.open:
        voice.say("其中还要回答：", "with an answer to each of these:")
        tell_questions(voice, item.open)

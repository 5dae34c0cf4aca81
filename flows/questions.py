"""What a person still has to say before a folder can become a belt, and the flag that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.draft import Draft
    from flows.draft_surveys import Surveys
    from flows.folder_answers import Answers
    from flows.show import Voice
    from geo.drillholes.reading import DrillholeReading


@dataclass(frozen=True)
class Question:
    """Something a person has to decide: the flag that answers it, and why it is asked."""

    flag: str
    zh: str
    en: str
    verdict: Any = None

    def as_json(self) -> dict[str, Any]:
        """The flag and why it is asked (docs/json.md)."""
        return {"flag": self.flag, "why": {"zh": self.zh, "en": self.en}}


def questions_of(
    draft: Draft, surveys: Surveys, reading: DrillholeReading | None, *, dated: bool
) -> list[Question]:
    """Everything that ``bornite init`` asks, in the order of the belt's file.

    Parameters
    ----------
    draft, surveys, reading
        The folder's tables, surveys and drill-holes as drafted and read.
    dated
        Whether the day is known up to which the files are complete.
    """
    from flows.init import main_column

    verdicts = [*draft.questions, *surveys.questions]
    questions = [Question(v.flag, v.evidence_zh, v.evidence_en, v) for v in verdicts]
    wanted = draft.answers.main
    if main_column(draft, wanted) is None:
        zh, en = f"化验表没有 {wanted}", f"no {wanted} in the assays"
        questions.append(Question(_main_flag(draft), zh, en))
    if not dated:
        zh, en = "文件里没有终孔日期", "the files don't say when the holes were finished"
        questions.append(Question("--as-of YYYY-MM-DD", zh, en))
    return questions + (special_questions(reading, draft) if reading is not None else [])


def notes_of(
    answers: Answers, *, province: str | None, vertical_datum: str | None
) -> list[Question]:
    """What a new belt file leaves unsaid, or takes cautiously; none of it stops the file."""
    notes = []
    if answers.zero == "below_detection" and "zero" not in answers.special:
        zh = "零值按低于检出限，没有写明限，取 0（保守，zero_is: zero）；有限时写规则"
        en = "zeros are below detection with no limit stated: taken as 0 (conservative, zero_is: "
        en += "zero); a rule in special_values may state the limit"
        notes.append(Question("--zero", zh, en))
    if not vertical_datum:
        zh, en = "高程基准没有写明", "the vertical datum of the heights is not stated"
        notes.append(Question('--vertical-datum "1985国家高程基准"', zh, en))
    if not province:
        notes.append(Question("--province NAME", "省份没有填写", "the province is not stated"))
    return notes


def tell_questions(voice: Voice, questions: list[Question]) -> None:
    """Print each flag with its likeliest word first, and why it is asked."""
    for question in questions:
        flag = likely_first(question.flag, question.verdict)
        why = voice.word(question.zh, question.en)
        voice.err.print(f"  {flag}\n      {why}", markup=False)


def likely_first(flag: str, verdict: Any) -> str:
    """A flag with its likeliest word first: ``--x east | north``."""
    option, _, rest = flag.partition(" ")
    choices = [choice.strip() for choice in rest.split("|")]
    if verdict is None or verdict.value is None or len(choices) < 2:
        return flag
    wanted = str(verdict.value).replace("_", "-")
    choices.sort(key=lambda choice: choice.partition("=")[2] not in (wanted,) and choice != wanted)
    return f"{option} {' | '.join(choices)}"


def _main_flag(draft: Draft) -> str:
    """The flag that names a main element the tables have."""
    from flows.draft import elements_of

    known = [n.partition("_")[0] for n in elements_of(draft)]
    return "--main " + (" | ".join(known[:8]) or "?")


def special_questions(reading: Any, draft: Any) -> list[Question]:
    """Special values in the grades that nobody ruled on, one question a kind."""
    from geo.special.review import unreviewed

    rows = unreviewed(reading)
    asked_already = any(verdict.name == "zero_is" for verdict in draft.questions)
    made = []
    for kind in dict.fromkeys(row.kind for row in rows):
        if kind == "zero" and asked_already:
            continue
        same = [row for row in rows if row.kind == kind]
        listed = ", ".join(f"{row.column} {row.count}" for row in same)
        words = same[0].words
        made.append(Question(special_flag(kind), f"{words[0]}: {listed}", f"{words[1]}: {listed}"))
    return made


def special_flag(kind: str) -> str:
    """The flag that decides one kind of special value."""
    choices = {
        "zero": "--zero below-detection | not-assayed | zero",
        "negative_limit": "--special negative_limit=half_limit | negative_limit=not_assayed",
        "below_word": "--special below_word=zero | below_word=not_assayed",
        "over": "--special over=value | over=not_assayed | over=refuse",
        "spike": "--special spike=value | spike=not_assayed",
        "sentinel": "--special sentinel=not_assayed | sentinel=refuse",
        "mark": "--special mark=not_assayed | mark=refuse",
    }
    return choices.get(kind, f"--special {kind}=not_assayed | {kind}=refuse")

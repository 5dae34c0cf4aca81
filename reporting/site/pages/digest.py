"""The morning digest: is the night right, and if not, which command sees to it."""

from __future__ import annotations

from collections.abc import Iterator

from reporting.facts.operations import LIGHTS
from reporting.report import SiteReport
from reporting.site.frame import HOME, shanghai
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.digest import counts, deposit_lines, matter_line, night_facts, valid_until
from reporting.views.lights import CODES
from reporting.views.summary import latest_of


def there(report: SiteReport) -> bool:
    """Whether anybody looked at the night."""
    return report.operations.digest is not None


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The digest page."""
    report = room.report
    digest = report.operations.digest
    if digest is None:
        return
    title = Text("晨报", "Morning digest")
    results = latest_of(report, report.belts)
    shape, word = LIGHTS[digest.light]
    ended = digest.night.ended_at if digest.night is not None else None
    until = valid_until(ended, report.settings.night.expected_by) if ended is not None else None
    context = {
        "page": room.page(title, "digest", results, above=((HOME, "index.html"),)),
        "light": (digest.light, shape, word),
        "headline": digest.headline,
        "until": until,
        "until_text": "" if until is None else shanghai(until),
        "facts": night_facts(digest),
        "counts": counts(digest),
        "matters": [matter_line(matter) for matter in digest.matters],
        "lines": deposit_lines(report, digest),
        "codes": list(CODES.items()),
        "expected_by": f"{report.settings.night.expected_by:%H:%M}",
    }
    yield Leaf("digest.html", "digest", context)

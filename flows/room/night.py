"""What the night works out for the pages alone: studies of new estimates, maps of the surveys.

No figure depends on it, and what goes wrong with one stops nothing: the digest tells it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flows.belts import find_belt
from flows.door import step
from flows.geochemistry import made_from, survey_folder, work_surveys
from flows.reasons import reason_of_failure
from flows.room.studies import study_estimates
from flows.runtime import Workspace
from reporting.settings import read_settings
from reporting.units import Text
from reporting.working.geochemistry import read_surveys


def prepare_pages(
    configs: str, house: Workspace, deposits: Iterable[str], belts: Iterable[str]
) -> dict[str, Text]:
    """Study the newest estimates of ``deposits`` and map the surveys of ``belts``, where missing.

    Returns what went wrong, deposit or belt -> trouble.
    """
    settings = read_settings(Path(configs).parent / "site.yaml").geology
    troubles = study_estimates(deposits, settings.topics, configs, house)
    if settings.surveys:
        told = {belt: _survey(belt, configs, house) for belt in belts}
        troubles |= {belt: said for belt, said in told.items() if said is not None}
    return troubles


@step(name="化探成图 Survey maps of the night")
def _survey(belt_id: str, configs: str, house: Workspace) -> Text | None:
    """Map one belt's surveys, where they are not kept as they stand; returns what went wrong."""
    return map_surveys(belt_id, configs, str(house.root))


def map_surveys(belt_id: str, configs: str, root: str) -> Text | None:
    """Map one belt's surveys, where they are not kept as they stand; returns what went wrong."""
    house = Workspace(Path(root))
    try:
        if not surveys_stand(belt_id, configs, house):
            belt, base = find_belt(belt_id, Path(configs))
            work_surveys(belt, base, house)
    except Exception as failure:
        return reason_of_failure(failure)
    return None


def surveys_stand(belt_id: str, configs: str, house: Workspace) -> bool:
    """Whether a belt has no survey, or its maps are of the files as they stand.

    Raises
    ------
    ConfigError
        There is no such belt, or a file of it is missing.
    """
    belt, base = find_belt(belt_id, Path(configs))
    kept = read_surveys(survey_folder(house, belt_id))
    return not belt.geochemistry or (kept or {}).get("made_from") == made_from(belt, base)

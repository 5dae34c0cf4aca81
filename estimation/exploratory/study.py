"""The study ``exploration``: what the samples are, before anything is estimated from them."""

from __future__ import annotations

from estimation.exploratory.gather import gather
from estimation.exploratory.study_contacts import of_contacts
from estimation.exploratory.study_cuts import of_cuts, study_cut
from estimation.exploratory.study_declustering import of_declustering
from estimation.exploratory.study_statistics import of_correlations, of_distributions, of_groups
from estimation.studies import Study, Words, Workbench


def study(bench: Workbench) -> Study:
    """Statistics, groups, correlations, declustering, top cuts and contacts of a deposit.

    An element or a domain without samples is a remark; the others go on.
    """
    plan, samples = bench.data.plan, bench.samples
    grades, remarks = gather(plan, samples)
    cuts = tuple(study_cut(g) for g in grades if not g.pooled)
    chosen = {
        (s.grades.element, s.grades.domain): s.cut.value for s in cuts if s.cut.value is not None
    }
    parts = (
        of_distributions(grades, chosen),
        of_groups(grades, bench.data.drillholes),
        of_correlations(grades),
        of_declustering(grades),
        of_cuts(cuts),
        of_contacts(plan, samples),
    )
    return Study(
        "exploration",
        Words("探索性数据分析", "Exploratory data analysis"),
        tuple(table for part in parts for table in part.tables),
        tuple(figure for part in parts for figure in part.figures),
        (*remarks, *(remark for part in parts for remark in part.remarks)),
        tuple(check for part in parts for check in part.checks),
    )

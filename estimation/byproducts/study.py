"""The study of by-products: support, methods compared, regression, status, recommendation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.byproducts.compare import NAMES, Comparison, compare
from estimation.byproducts.methods import Bench, bench_of, with_support
from estimation.byproducts.regression import Fit, extrapolated, fit_regression, interval, predict
from estimation.byproducts.standards import rules, symbol
from estimation.byproducts.status import evaluated_share, status_table, statuses
from estimation.byproducts.support import FEWEST_SAMPLES, deregularise
from estimation.engine.cokriging import along_own
from estimation.engine.krige import Problem, prepare
from estimation.engine.visit import Samples
from estimation.errors import EstimationError
from estimation.plan import CLASSES, Plan
from estimation.statement.standards import class_names
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench
from geo.drillholes.combined import member_points
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]

POINTS = 5
"""Points along a combined sample, where the plan asks for its midpoint alone."""
LAGS = 15
CURVE = 60
_CLASSES = {name: Words(*(class_names(name)[k] for k in ("gb", "en"))) for name in CLASSES}


def study(bench: Workbench) -> Study:
    """Every by-product of the plan beside its partner, domain by domain.

    One element's or domain's trouble is a remark; the others go on.
    """
    plan = bench.data.plan
    problem, remarks = _problem(bench)
    figures: list[StudyFigure] = []
    support, methods, fits = [], [], []
    for name, code, partner in _cases(plan, problem):
        domain = plan.domains.names[code - 1]
        try:
            one = _bench(problem, name, partner, code)
            limit = plan.elements[plan.main_element].class_limit
            found = compare(one, plan.elements[name].source, plan.stage, limit)
        except EstimationError as error:
            own = _sign(name)
            remarks.append(Words(f"{own}（{domain}）：{error}", f"{own} ({domain}): {error}"))
            continue
        support.append(_support_row(name, partner, one, found))
        methods += [
            {"element": name, "partner": partner, "domain": domain, **asdict(score)}
            for score in found.scores
        ]
        remarks += [_remark(name, domain, partner, reason) for reason in found.reasons]
        fitted = _regression(name, partner, one)
        if fitted is not None:
            fits.append(fitted[0])
            figures.append(fitted[1])
        if found.scores:
            figures.append(_methods_figure(name, partner, found))
    status, more = _status(bench)
    return Study(
        "by-products",
        Words("伴生元素", "By-products"),
        tuple(_tables(support, methods, fits, status)),
        tuple(figures),
        (*more, *remarks),
    )


def _problem(bench: Workbench) -> tuple[Problem, list[Words]]:
    """Samples of the plan, combined ones with points along their members."""
    plan, samples = bench.data.plan, bench.samples
    remarks: list[Words] = []
    combined: Composites | None = samples.get("combined")
    if combined is not None and len(combined.table):
        combined = member_points(combined, bench.data.drillholes, POINTS)
        listed = len(bench.data.drillholes.members)
        remarks.append(
            Words(
                f"组合样 {len(combined.table)} 个，成员清单 {listed} 行"
                + ("" if listed else "(无清单：以区间内的基本样为成员)"),
                f"{len(combined.table)} combined samples, {listed} rows of member lists"
                + ("" if listed else " (without a list: the basic samples in their intervals)"),
            )
        )
    return prepare(bench.data.grid, plan, samples["basic"], combined), remarks


def _cases(plan: Plan, problem: Problem) -> Iterator[tuple[str, int, str]]:
    """Each by-product in each domain that has samples, with the partner it correlates with most."""
    main = plan.main_element
    for name, samples in problem.elements.items():
        if name == main:
            continue
        for code in range(1, len(plan.domains.names) + 1):
            own = samples.take(samples.usable_in(code))
            others = [n for n in problem.elements if n != name]
            others = [n for n in others if plan.elements[n].source == "basic"]
            if len(own) and others:
                found = {n: _correlation(own, problem.elements[n], code) for n in others}
                yield name, code, max(others, key=lambda n: abs(found[n]))


def _correlation(own: Samples, partner: Samples, code: int) -> float:
    """Correlation along own samples in a domain; 0 where it can't be had."""
    beside = along_own(own, partner.take(partner.usable_in(code)))
    both = np.isfinite(beside)
    if both.sum() < 3 or np.ptp(beside[both]) == 0 or np.ptp(own.values[both]) == 0:
        return 0.0
    return float(np.corrcoef(own.values[both], beside[both])[0, 1])


def _bench(problem: Problem, name: str, partner: str, code: int) -> Bench:
    """A by-product's bench, with its true support where it rests on combined samples."""
    one = bench_of(problem, name, partner, code)
    points = one.own.points_m
    if points.shape[1] == 1:
        return one
    middle = replace(one.own, points_m=one.own.xyz_m[:, None].copy())
    if len(one.own) >= FEWEST_SAMPLES:
        farthest = max(max(s.ranges_m) for s in one.choices.variogram.structures)
        edges = np.linspace(0.0, 1.2 * farthest, LAGS)
        model = deregularise(one.own, one.choices.variogram, edges)
        one = with_support(one, points, model.variogram)
    return replace(one, own=middle)


def _support_row(name: str, partner: str, one: Bench, found: Comparison) -> dict[str, object]:
    """One row of the support table."""
    share = found.holes / found.partner_holes if found.partner_holes else float("nan")
    return {
        "element": name,
        "domain": found.domain,
        "samples": found.samples,
        "holes": found.holes,
        "partner": partner,
        "partner_samples": len(one.partner),
        "partner_holes": found.partner_holes,
        "holes_pct": 100.0 * share,
        "correlation": found.correlation,
        "coregionalisation": one.coregionalisation,
        "mean": float(one.own.values.mean()),
        "recommended": found.recommended,
        "class_limit": found.class_limit,
    }


def _remark(name: str, domain: str, partner: str, reason: Words) -> Words:
    """A reason with what it is about."""
    return Words(
        f"{_sign(name)}（{domain}，协同元素 {_sign(partner)}）：{reason.zh}",
        f"{_sign(name)} ({domain}, partner {_sign(partner)}): {reason.en}",
    )


def _sign(name: str) -> str:
    """Chemical symbol of an element's column: ``cu_pct`` -> ``Cu``."""
    return symbol(name).capitalize()


def _regression(
    name: str, partner: str, one: Bench
) -> tuple[dict[str, object], StudyFigure] | None:
    """The regression on the partner at the same support, where there are samples for it."""
    x, y = along_own(one.supported or one.own, one.partner), one.own.values
    try:
        # rhenium follows molybdenum by a power, as both are lognormal
        fit = fit_regression(x, y, partner, "log_log" if symbol(name) == "re" else "linear")
    except EstimationError:
        return None
    outside = extrapolated(fit.regression, one.partner.values)
    row: dict[str, object] = {
        "element": name,
        "domain": one.domain,
        **fit.regression.model_dump(exclude={"predictor_range"}),
        "r2": fit.r2,
        "from": fit.regression.predictor_range[0],
        "to": fit.regression.predictor_range[1],
        "extrapolated_pct": 100.0 * float(outside.mean()),
        "flags": "; ".join(f"{en} / {zh}" for zh, en in fit.flags),
    }
    return row, _regression_figure(name, partner, one, fit, x)


def _regression_figure(name: str, partner: str, one: Bench, fit: Fit, x: Floats) -> StudyFigure:
    """Samples, the regression, and its prediction interval."""
    known = np.isfinite(x)
    low, high = fit.regression.predictor_range
    spaced = np.geomspace if fit.regression.form == "log_log" else np.linspace
    line = spaced(low, high, CURVE)
    least, most = interval(fit, line)
    count = fit.regression.samples
    own, other = _sign(name), _sign(partner)
    return StudyFigure(
        f"regression_{symbol(name)}_{one.domain}",
        "byproduct_regression",
        Words(f"{own} 对 {other}（{one.domain}）", f"{own} on {other} ({one.domain})"),
        Words(
            f"同一承载上的 {count} 个样品；实线为回归，阴影为单个新样品的 95 % 预测区间；"
            f"R² = {fit.r2:.2f}，斜率 {fit.regression.slope:.3g}。",
            f"{count} samples at the same support; line: regression, shade: 95 % prediction "
            f"interval of a single new sample; R2 = {fit.r2:.2f}, slope "
            f"{fit.regression.slope:.3g}.",
        ),
        {"name": name, "partner": partner, "form": fit.regression.form, "count": count},
        {
            "x": x[known],
            "y": one.own.values[known],
            "line": line,
            "predicted": predict(fit.regression, line),
            "least": least,
            "most": most,
        },
    )


def _methods_figure(name: str, partner: str, found: Comparison) -> StudyFigure:
    """RMSE of each method in both ways of leaving a hole out."""
    names = [NAMES[s.method] for s in found.scores]
    own, other = _sign(name), _sign(partner)
    limit = _CLASSES[found.class_limit]
    return StudyFigure(
        f"methods_{symbol(name)}_{found.domain}",
        "byproduct_methods",
        Words(f"{own} 各方法误差（{found.domain}）", f"{own}: errors by method ({found.domain})"),
        Words(
            f"按钻孔留一交叉验证，{found.scores[0].samples} 个样品，协同元素 {other}；"
            f"推荐：{NAMES[found.recommended].zh}，类别最高 {limit.zh}。",
            f"Cross-validation by hole, {found.scores[0].samples} samples, partner {other}; "
            f"recommended: {NAMES[found.recommended].en}, {limit.en} at best.",
        ),
        {
            "name": name,
            "labels": [f"{w.zh} {w.en}" for w in names],
            "recommended": [s.method for s in found.scores].index(found.recommended)
            if found.recommended in [s.method for s in found.scores]
            else -1,
        },
        {
            "out": np.array([s.rmse for s in found.scores]),
            "kept": np.array([s.rmse_kept for s in found.scores]),
        },
    )


def _status(bench: Workbench) -> tuple[pd.DataFrame, list[Words]]:
    """Status of each element, and the share of ore in which rhenium is evaluated."""
    plan = bench.data.plan
    statement = bench.result.statement if bench.result is not None else None
    planned = (*plan.elements, *plan.derived)
    found = statuses(bench.data.drillholes, planned, plan.main_element, statement)
    remarks = []
    if statement is not None:
        share = evaluated_share(statement)
        remarks.append(
            Words(
                f"已评价铼的铜矿石占比:{share:.1%}(报告边界品位以上，各类合计口径)",
                f"share of copper ore with rhenium evaluated: {share:.1%} (above the reporting "
                "cut-off, all classes)",
            )
        )
    return status_table(found), remarks


def _tables(
    support: list[dict[str, object]],
    methods: list[dict[str, object]],
    fits: list[dict[str, object]],
    status: pd.DataFrame,
) -> Iterator[StudyTable]:
    """Tables of the study that have rows."""
    notes = rules()
    limits = f"{notes['class_limits']['citation']} (verified: {notes['class_limits']['verified']})"
    for name, rows, title, note in (
        ("support", support, Words("样品承载", "Support"), Words(limits, limits)),
        (
            "methods",
            methods,
            Words("方法比较（按钻孔交叉验证）", "Methods compared (cross-validation by hole)"),
            Words(
                "rmse：整孔留出；rmse_kept：仅留出该元素；expected：按有该元素的钻孔比例加权。",
                "rmse: the hole left out; rmse_kept: left out for this element alone; expected: "
                "both by the share of holes that have the element.",
            ),
        ),
        (
            "regression",
            fits,
            Words("回归", "Regressions"),
            Words(
                "对数式反变换含偏差项 exp(s²/2)。",
                "Back from logarithms with the bias term exp(s^2 / 2).",
            ),
        ),
    ):
        if rows:
            yield StudyTable(name, title, pd.DataFrame(rows), _HEADINGS, note)
    yield StudyTable(
        "status",
        Words("伴生元素评价状态", "Status of by-products"),
        status,
        _HEADINGS,
        Words(
            "judged：与指标比较的品位（按指标的基准与单位）。verified=False：未与标准原文核对。"
            "金属量为各类合计，仅作统计；低于指标者不列规模。",
            "judged: the grade held against the threshold, in its basis and unit. verified = "
            "False: not compared with the standard's own text. Metal: all classes together, for "
            "statistics alone; no size below the threshold.",
        ),
    )


_HEADINGS = {
    "element": Words("元素", "Element"),
    "partner": Words("协同元素", "Partner"),
    "domain": Words("矿化域", "Domain"),
    "samples": Words("样品数", "Samples"),
    "holes": Words("钻孔数", "Holes"),
    "partner_samples": Words("协同元素样品数", "Partner samples"),
    "partner_holes": Words("协同元素钻孔数", "Partner holes"),
    "holes_pct": Words("有该元素的钻孔 %", "Holes with it, %"),
    "correlation": Words("相关系数", "Correlation"),
    "coregionalisation": Words("协区域化模型", "Coregionalization"),
    "mean": Words("样品均值", "Mean of samples"),
    "recommended": Words("推荐方法", "Recommended"),
    "class_limit": Words("类别上限", "Class at best"),
    "method": Words("方法", "Method"),
    "rmse": Words("均方根误差（整孔留出）", "RMSE, hole left out"),
    "mae": Words("平均绝对误差", "MAE"),
    "bias": Words("平均误差", "Bias"),
    "slope": Words("斜率", "Slope"),
    "rmse_kept": Words("均方根误差（仅留出该元素）", "RMSE, partner kept"),
    "expected": Words("期望误差", "Expected error"),
    "status": Words("状态", "Status"),
    "grade": Words("样品平均品位", "Mean grade"),
    "judged": Words("比较值", "Judged"),
    "threshold": Words("指标", "Threshold"),
    "threshold_unit": Words("指标单位", "Unit"),
    "basis": Words("基准", "Basis"),
    "metal_t": Words("金属量 t，合计（统计口径）", "Metal, t, total (statistical basis)"),
    "size": Words("规模（按合计）", "Size (by the total)"),
    "form": Words("形式", "Form"),
    "intercept": Words("截距", "Intercept"),
    "r2": Words("R²", "R2"),
    "from": Words("自", "From"),
    "to": Words("至", "To"),
    "extrapolated_pct": Words("外推占比 %", "Extrapolated, %"),
    "flags": Words("提示", "Flags"),
    "note": Words("说明", "Note"),
    "citation": Words("依据", "Citation"),
    "verified": Words("已核对", "Verified"),
}

"""What the geologist's page says of a plan and its result, as tables with the keys behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estimation.plan import CLASSES, ElementPlan, Plan, SearchPass, Variogram
from estimation.results import DepositResult
from estimation.rotation import (
    axes_from_gslib,
    datamine_from_axes,
    leapfrog_from_axes,
    trend_plunge,
)
from estimation.statement.support import METHODS
from reporting.facts.evidence import Passes
from reporting.rounding import BLANK, printed
from reporting.site.frame import same
from reporting.tables import Cell, Row, Table, basis_of, column, heading, number, words
from reporting.units import (
    SHARE,
    Text,
    Unit,
    bilingual,
    class_text,
    domain_text,
    element_text,
    grade_display,
)
from reporting.viewer.scene import ClassSlope
from reporting.views.deposit import COUNT, SOURCES
from reporting.views.studied import cut_of
from reporting.working.kept import KeptStudy

LENGTH = Unit("m", "1", 1)
SILL = Unit("", "1", 6)
SLOPE = Unit("", "1", 2)
MODELS = {
    "spherical": Text("球状", "spherical"),
    "exponential": Text("指数", "exponential"),
    "gaussian": Text("高斯", "Gaussian"),
    "nugget": Text("块金", "nugget"),
}
ALL = Text("全部矿化域", "all domains")
NO_RANGE = Cell(Text(BLANK, BLANK), numeric=True)
"""Of a nugget, which has none."""


def domains_table(result: DepositResult, plan: Plan) -> Table:
    """Domains, where they come from, and whether geostatistics stands behind each."""
    head = (
        column("矿化域", "Domain", numeric=False),
        column("编录代码", "Logged codes", numeric=False),
        column("组合样", "Composites"),
        column("钻孔", "Holes"),
        column("体重", "Density", "t/m³"),
        column("地质统计学", "Geostatistics", numeric=False),
    )
    gates = {one.domain: one for one in result.statement.gate}
    density = result.extras.get("density_tpm3") or {}
    rows = []
    for name in plan.domains.names:
        gate = gates.get(name)
        about = {"domain": name}
        codes = plan.domains.codes.get(name, ())
        rows.append(
            Row(
                (
                    heading(domain_text(name)),
                    words("、".join(codes) or BLANK),
                    number(gate.composites if gate else None, COUNT, quantity="composites",
                           about=about),
                    number(gate.holes if gate else None, COUNT, quantity="holes", about=about),
                    number(density.get(name), Unit("t/m³", "1", 2), quantity="density",
                           about=about),
                    words(_gate_text(gate.allowed, gate.reason_zh, gate.reason_en)
                          if gate else same(BLANK)),
                )
            )
        )  # fmt: skip
    title = Text("矿化域", "Domains")
    return Table("domains", title, basis_of(result), (head,), tuple(rows), _boundaries(plan))


def _gate_text(allowed: bool, zh: str, en: str) -> Text:
    """Whether geostatistics may be used, and why not."""
    return Text("可用", "may be used") if allowed else Text(f"不具备条件：{zh}", f"not: {en}")


def _boundaries(plan: Plan) -> tuple[Text, ...]:
    """How blocks of one domain see samples of another."""
    if not plan.domains.soft:
        return (
            Text(
                "域间边界均为硬边界：块段只用本域样品。",
                "All boundaries are hard: a block sees samples of its own domain only.",
            ),
        )
    said = []
    for rule in plan.domains.soft:
        of, by = domain_text(rule.blocks_of), domain_text(rule.samples_of)
        within = printed(rule.within_m, 1)
        said.append(
            Text(
                f"软边界：{of.zh}的块段可用 {within} m 以内的{by.zh}样品。",
                f"Soft: blocks of {of.en} see samples of {by.en} within {within} m.",
            )
        )
    return tuple(said)


def methods_table(result: DepositResult, plan: Plan) -> Table:
    """How each element is estimated, from which samples, up to which class, and why."""
    head = (
        column("元素", "Element", numeric=False),
        column("方法", "Method", numeric=False),
        column("样品", "Samples", numeric=False),
        column("类别上限", "Class limit", numeric=False),
        column("理由", "Reason", numeric=False),
    )
    rows = []
    for name in _in_order(result, plan.all_elements):
        one = plan.elements[name] if name in plan.elements else plan.derived[name]
        source = SOURCES.get(getattr(one, "source", ""), same(BLANK))
        cells = (
            heading(element_text(name)),
            words(bilingual(METHODS[one.method])),
            words(source),
            words(class_text(one.class_limit)),
            words(bilingual(one.reason)),
        )
        rows.append(Row(cells))
    title = Text("各元素的估算方法", "Method of each element")
    return Table("methods", title, basis_of(result), (head,), tuple(rows))


def caps_table(result: DepositResult, plan: Plan, studied: KeptStudy | None) -> Table:
    """Top cuts as decided, what each takes away in its domain, and why; ``studied``: statistics."""
    head = (
        column("元素", "Element", numeric=False),
        column("矿化域", "Domain", numeric=False),
        column("特高品位上限", "Top cut"),
        column("单位", "Unit", numeric=False),
        column("处理样品", "Samples cut"),
        column("去除金属", "Metal removed", "%"),
        column("方案理由 / 专题意见", "The plan's reason, the study's advice", numeric=False),
    )
    lost = {(c.element, c.domain): c.value for c in result.checks if c.test.startswith("capped_")}
    rows = []
    for name, element in _elements(result, plan):
        unit = grade_display(name)
        for domain in plan.domains.names:
            about, cut = {"metal": name, "domain": domain}, cut_of(studied, name, domain)
            cells = (
                heading(element_text(name)),
                words(domain_text(domain)),
                number(element.caps.get(domain), Unit(unit.sign, "1", 3), quantity="cap",
                       about=about),
                words(unit.sign),
                number(cut.samples, COUNT, quantity="samples_cut", about=about),
                number(lost.get((name, domain)), SHARE, quantity="capped_metal_share", about=about),
                Cell(bilingual(element.reason), note=cut.advice),
            )  # fmt: skip
            rows.append(Row(cells))
    note = Text(
        "“—”为不处理，或未做统计专题（处理样品）。去除金属为该元素在该域的份额，按样长加权，取自检验；"
        "方案的理由就元素而言，小字为统计专题对该域的意见。",
        "'—': no cut, or no study of statistics (samples cut). Metal removed is the share of the "
        "element in that domain, weighted with length, from the tests. The plan's reason is of the "
        "element; below it stands the study's advice for the domain.",
    )
    title = Text("特高品位处理", "Top-cut decisions")
    return Table("caps", title, basis_of(result), (head,), tuple(rows), (note,))


def variogram_table(result: DepositResult, plan: Plan) -> Table:
    """Every model with its ranges and axes, and its angles in three programs' conventions."""
    head = (
        column("元素 · 矿化域", "Element · domain", numeric=False),
        column("结构", "Structure", numeric=False),
        column("块金/基台", "Nugget, sill"),
        column("长轴变程", "Major range", "m"),
        column("中轴变程", "Semi-major", "m"),
        column("短轴变程", "Minor", "m"),
        column("三轴走向/倾伏", "Trend/plunge of the axes", "°", numeric=False),
        _program("GSLIB", "方位、倾角、转角（°）", "azimuth, dip, rake (°)"),
        _program("Leapfrog", "倾角、倾向、侧伏（°）", "dip, dip azimuth, pitch (°)"),
        _program("Datamine", "绕 Z、X、Z 轴（°）", "about Z, X, Z (°)"),
    )
    rows: list[Row] = []
    for name, element in _elements(result, plan):
        label = element_text(name)
        for domain, model in _models(element):
            place = ALL if domain == "*" else domain_text(domain)
            title = Text(f"{label.zh} · {place.zh}", f"{label.en} · {place.en}")
            rows += _model_rows(title, model, {"metal": name, "domain": domain})
    note = Text(
        "基台为绝对值（品位单位的平方），各结构为分量，总基台为块金与各分量之和。三种软件的角度写的是"
        "同一椭球。",
        "Sills are absolute (unit of grade squared); each structure is a part, the total sill is "
        "nugget and parts together. The three programs' angles write one and the same ellipsoid.",
    )
    title = Text("变异函数模型", "Variogram models")
    return Table("variograms", title, basis_of(result), (head,), tuple(rows), (note,))


def _program(name: str, zh: str, en: str) -> Cell:
    """A column of one program's angles."""
    return Cell(same(name), note=Text(zh, en), head="col")


def _in_order(result: DepositResult, names: Iterable[str]) -> list[str]:
    """Elements in the statement's order, the main one first."""
    order = result.statement.elements
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _elements(result: DepositResult, plan: Plan) -> Iterator[tuple[str, ElementPlan]]:
    """Kriged elements in the statement's order."""
    for name in _in_order(result, plan.elements):
        yield name, plan.elements[name]


def _models(element: ElementPlan) -> Iterator[tuple[str, Variogram]]:
    """An element's model, and those of domains that have their own."""
    yield "*", element.variogram
    for domain, own in element.by_domain.items():
        yield domain, own.variogram


def _model_rows(title: Text, model: Variogram, about: dict[str, str]) -> Iterator[Row]:
    """Nugget, then each structure."""
    nugget = number(model.nugget, SILL, quantity="nugget", about=about)
    yield Row(
        (heading(title), words(MODELS["nugget"]), nugget, *[NO_RANGE] * 3, *[words(BLANK)] * 4)
    )
    for place, part in enumerate(model.structures, start=1):
        turned = part.orientation or model.orientation
        axes = axes_from_gslib(turned)
        own = {**about, "structure": str(place)}
        lines = [trend_plunge(axis) for axis in axes]
        said = (
            ", ".join(f"{printed(t, 0)}/{printed(abs(p), 0)}" for t, p in lines),
            _angles((turned.azimuth_deg, turned.dip_deg, turned.rake_deg)),
            _angles(leapfrog_from_axes(axes)),
            _angles(datamine_from_axes(axes)),
        )
        cells: list[Cell] = [
            heading(title),
            words(MODELS.get(part.model, same(part.model))),
            number(part.sill, SILL, quantity="sill", about=own),
        ]
        cells += [number(r, LENGTH, quantity="range_m", about=own) for r in part.ranges_m]
        yield Row((*cells, *(words(one, "keep") for one in said)))


def _angles(angles: tuple[float, ...]) -> str:
    """Three angles to a tenth of a degree."""
    return ", ".join(printed(angle + 0.0, 1) for angle in angles)


def search_table(result: DepositResult, plan: Plan, passes: tuple[Passes, ...]) -> Table:
    """Search passes with the share of blocks that each one estimated."""
    head = (
        column("元素 · 次", "Element · pass", numeric=False),
        column("搜索半径", "Search radii", "m", numeric=False),
        column("样品数（最少–最多）", "Samples, min.–max.", numeric=False),
        column("每孔最多样品数", "Maximum samples per hole"),
        column("最少钻孔数", "Minimum holes"),
        column("分区", "Sectors", numeric=False),
        column("估算块段", "Blocks"),
        column("占域内块段", "Share of the domain's blocks", "%"),
    )
    counted = {one.element: one for one in passes}
    rows = []
    for name, element in _elements(result, plan):
        for place, one in enumerate(element.search, start=1):
            rows.append(Row(tuple(_pass_cells(name, place, one, counted.get(name)))))
    note = Text(
        "后一次搜索只看前面未估的块段；“—”为模型未保存。域内块段含地表以上部分，故占比偏低。"
        "按域另设的搜索见方案。",
        "A later pass sees blocks still open only; '—': the model is not kept. A domain's blocks "
        "count above the ground too, so shares are low. Searches of single domains: see the plan.",
    )
    title = Text("搜索次序与估算比例", "Search passes, and what each estimated")
    return Table("search", title, basis_of(result), (head,), tuple(rows), (note,))


def _pass_cells(name: str, place: int, one: SearchPass, counted: Passes | None) -> Iterator[Cell]:
    """One pass of one element."""
    label = element_text(name)
    about = {"metal": name, "pass": str(place)}
    blocks = None
    if counted is not None:
        blocks = counted.estimated[place - 1] if place <= len(counted.estimated) else 0
    share = (
        blocks / counted.in_domain if counted and counted.in_domain and blocks is not None else None
    )
    sectors = same(BLANK)
    if one.sectors is not None:
        kinds = {"quadrants": Text("四分区", "quadrants"), "octants": Text("八分区", "octants")}
        kind = kinds[one.sectors.kind]
        most, least = one.sectors.max_samples, one.sectors.min_filled
        sectors = Text(
            f"{kind.zh}，每区至多 {most}，至少 {least} 区有样",
            f"{kind.en}, at most {most} each, at least {least} filled",
        )
    yield heading(Text(f"{label.zh} · {place}", f"{label.en} · {place}"))
    yield words(" × ".join(printed(r, 1) for r in one.radii_m), "keep")
    yield words(f"{one.min_samples}–{one.max_samples}", "keep")
    yield number(one.max_per_hole, COUNT, quantity="max_per_hole", about=about)
    yield number(one.min_holes, COUNT, quantity="min_holes", about=about)
    yield words(sectors)
    yield number(blocks, COUNT, quantity="blocks", about=about)
    yield number(share, SHARE, quantity="evaluated_share", about=about)


def quality_table(result: DepositResult, passes: tuple[Passes, ...]) -> Table | None:
    """What the kriging came to over the whole model; None where the model is not kept."""
    if not passes:
        return None
    head = (
        column("元素", "Element", numeric=False),
        column("域内块段", "Blocks in a domain"),
        column("已估块段", "Estimated"),
        column("平均回归斜率", "Mean slope of regression"),
        column("负品位块段", "Negative estimates"),
    )
    rows = []
    for one in passes:
        about = {"metal": one.element}
        cells = (
            heading(element_text(one.element)),
            number(one.in_domain, COUNT, quantity="in_domain", about=about),
            number(sum(one.estimated), COUNT, quantity="estimated", about=about),
            number(one.mean_slope, SLOPE, quantity="mean_slope", about=about),
            number(one.negative, COUNT, quantity="negative", about=about),
        )
        rows.append(Row(cells))
    note = Text(
        "存储的统计不分地上地下：域内块段、已估块段与平均斜率含地表以上及未分类的块段。分类别、仅地下的"
        "斜率见下表（须有三维场景）。",
        "Statistics of the model do not tell air from ground: blocks and mean slope count what "
        "lies above it or has no class too. By class, ground alone: below (needs the 3D scene).",
    )
    title = Text("全模型的估值质量", "Quality over the whole model")
    return Table("quality", title, basis_of(result), (head,), tuple(rows), (note,))


def slopes_table(result: DepositResult, slopes: tuple[ClassSlope, ...]) -> Table | None:
    """Slope of regression by class, over ground alone; None where the model was not read."""
    if not slopes:
        return None
    head = (
        column("类别", "Class", numeric=False),
        column("地下块段", "Blocks in the ground"),
        column("平均回归斜率", "Mean slope of regression"),
    )
    rows = []
    for name, one in zip(CLASSES, slopes, strict=True):
        about = {"metal": result.statement.main_element, "klass": name}
        cells = (
            heading(class_text(name)),
            number(one.parts, COUNT, quantity="in_ground", about=about),
            number(one.slope, SLOPE, quantity="mean_slope", about=about),
        )
        rows.append(Row(cells))
    main = element_text(result.statement.main_element)
    note = Text(
        "不论边界品位；两域共用的块段各计一次；斜率按矿石量加权。",
        "At any cut-off; a block that domains share counts for each; slopes weighted with ore.",
    )
    title = Text(f"{main.zh} 回归斜率（分类别）", f"Slope of regression of {main.en}, by class")
    return Table("slopes", title, basis_of(result), (head,), tuple(rows), (note,))

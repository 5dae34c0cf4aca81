"""A study's machine words as readers say them: elements, classes, statuses, sources, methods.

The CSV files of a study keep the machine words; documents and workbooks do not show them.
"""

from __future__ import annotations

import re

from estimation.byproducts.compare import NAMES
from estimation.byproducts.status import LOOKED_FOR
from estimation.plan import CLASSES
from estimation.results import grade_unit
from estimation.studies import StudyTable, Words
from reporting.units import CLASS_TEXT, domain_text, symbol

_SIGN = {"pct": "%", "ppm": "g/t", "gpt": "g/t"}
_ELEMENT = re.compile(r"\b[a-z]{1,2}_(?:pct|ppm|gpt)\b")

_SAID = {
    "EVALUATED": Words("已评价", "evaluated"),
    "PRESENT_NOT_EVALUATED": Words("有含量、未评价", "present, not evaluated"),
    "BELOW_THRESHOLD": Words("低于指标", "below threshold"),
    "NOT_ASSAYED": Words("未化验", "not assayed"),
    "ORE": Words("矿石", "ore"),
    "CONCENTRATE": Words("精矿", "concentrate"),
    "MINERAL": Words("单矿物", "mineral"),
    "basic": Words("基本分析", "basic"),
    "combined": Words("组合分析", "combined"),
    "large": Words("大型", "large"),
    "medium": Words("中型", "medium"),
    "small": Words("小型", "small"),
    "resource": Words("资源量", "resource"),
    "constraint": Words("约束", "constraint"),
    "mined": Words("采空", "mined out"),
    "inside": Words("内", "inside"),
    "outside": Words("外", "outside"),
    "rules": Words("规则", "rules"),
    "smoothing": Words("平滑", "smoothing"),
    "overrides": Words("人工调整", "overrides"),
    "caps": Words("上限", "caps"),
    "ordinary": Words("普通克里格", "ordinary kriging"),
    "inverse_distance": Words("距离反比", "inverse distance"),
    "nearest": Words("最近样品", "nearest sample"),
    "linear": Words("线性", "linear"),
    "log_log": Words("双对数", "log-log"),
    "hole": Words("按钻孔", "by hole"),
    "intrinsic": Words("内蕴", "intrinsic"),
    "code": Words("编录代码", "logged code"),
    "hard": Words("硬边界", "hard"),
    "soft": Words("软边界", "soft"),
    "rich": Words("高品位处", "where it is rich"),
    "poor": Words("低品位处", "where it is poor"),
    "neither": Words("均否", "neither"),
    "(all)": Words("全部", "all"),
    "downhole": Words("沿孔", "down the hole"),
    "major": Words("长轴", "major"),
    "semi-major": Words("中轴", "semi-major"),
    "minor": Words("短轴", "minor"),
    "omnidirectional": Words("全向", "omnidirectional"),
    "nugget": Words("块金", "nugget"),
    "spherical": Words("球状", "spherical"),
    "exponential": Words("指数", "exponential"),
    "gaussian": Words("高斯", "Gaussian"),
    "block size (m)": Words("块段尺寸（m）", "block size (m)"),
    "discretization": Words("块内离散点", "points in a block"),
    "search radii (m)": Words("搜索半径（m）", "search radii (m)"),
    "maximum samples": Words("最多样品", "most samples"),
    "minimum samples": Words("最少样品", "least samples"),
    "well informed": Words("工程密", "well informed"),
    "poorly informed": Words("工程稀", "poorly informed"),
    "cutoff": Words("边界品位（元素单位）", "cut-off (element's unit)"),
    **{
        f"{name}_{kind}": Words(f"{zh}：{kind_zh}", f"{en}: {kind_en}")
        for name, zh, en in (
            ("model", "块段模型", "block model"),
            ("gaussian", "离散高斯模型", "discrete Gaussian"),
            ("affine", "仿射校正", "affine correction"),
            ("composites", "组合样", "composites"),
        )
        for kind, kind_zh, kind_en in (
            ("tonnage_pct", "吨位比例 (%)", "tonnage (%)"),
            ("grade", "平均品位（元素单位）", "mean grade (element's unit)"),
        )
    },
    "accepted": Words("已认可", "accepted"),
    "proposed": Words("拟定", "proposed"),
    "fitted": Words("拟合", "fitted"),
    **NAMES,
    **{name: Words(CLASS_TEXT[name].zh, CLASS_TEXT[name].en) for name in CLASSES},
}


def readable(text: str) -> str:
    """A sentence with element columns as the trade writes them: ``cu_pct`` -> ``Cu %``."""
    return _ELEMENT.sub(lambda m: f"{symbol(m[0])} {_SIGN[grade_unit(m[0])]}", text)


def cell_words(value: str) -> str:
    """One cell of a table: a known machine word in both languages, else :func:`readable`."""
    said = _SAID.get(value)
    if said is not None:
        return f"{said.zh} / {said.en}"
    if value in LOOKED_FOR:  # a component that nothing was assayed for
        return value.capitalize()
    if value in _SIGN:
        return _SIGN[value]
    domain = domain_text(value)
    if domain.zh != value:
        return f"{domain.zh} / {domain.en}"
    return readable(value)


def heading(table: StudyTable, column: str) -> Words:
    """Heading of a column: the study's own, else a class's, an element's, or the plain name."""
    found = table.headings.get(column)
    if found is not None:
        return Words(readable(found.zh), readable(found.en))
    plain = cell_words(column) if column in _SAID else readable(column).replace("_", " ")
    zh, _, en = plain.partition(" / ")
    return Words(zh, en or zh)

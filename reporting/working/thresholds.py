"""How each geochemical threshold is made, for Chinese readers; the English is the method's own."""

from __future__ import annotations

from geo.geochemistry.thresholds import CITATIONS
from reporting.units import Text

_HOW_ZH = {
    "mean_2sd": "取以 10 为底的对数，反复剔除均值 ± 3 倍标准差以外的值后，均值加 2 倍标准差："
    "Hawkes 与 Webb（1962）；迭代做法见 1:20 万化探惯例（未与 DZ/T 0167 核对）",
    "median_2mad_log": "对数值的中位数加 2 倍绝对中位差（MAD × 1.4826）："
    "Reimann、Filzmoser 与 Garrett（2005）",
    "median_2mad": "同上，用原含量不取对数：Reimann 等（2005）",
    "tukey_fence_log": "对数值的上内围栏 Q3 + 1.5（Q3 − Q1）：Tukey（1977）；Reimann 等（2005）",
    "qq_break": "对数值正态 Q–Q 图上两段直线的转折点：依 Sinclair（1974）",
    "p85": "第 85 百分位，异常外带（惯例，未核）",
    "p95": "第 95 百分位，异常中带（惯例，未核）",
    "p98": "第 98 百分位，异常内带：Reimann 等（2005）关于百分位的论述",
    "ca_1": "含量–面积（C–A）图的第一转折点：Cheng、Agterberg 与 Ballantyne（1994）",
    "ca_2": "含量–面积（C–A）图的第二转折点：Cheng 等（1994）",
    "ca_3": "含量–面积（C–A）图的第三转折点：Cheng 等（1994）",
}


def how_made(name: str) -> Text:
    """One threshold's making and source."""
    return Text(_HOW_ZH[name], CITATIONS[name])

"""What the method page says of intervals and of checking, in words that need no training.

How often intervals held the truth was measured on the sample; docs/uncertainty.md has the same
numbers and says how, and a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from reporting.tables import Cell, number
from reporting.units import CLASS_TEXT, Text, Unit
from reporting.views.method import Step
from reporting.views.odds import FRINGE, HELD_FIXED, TOGETHER

CHECKING = (
    Step(
        Text("核验", "Verify"),
        Text(
            "程序把已发布的数字从头再查一遍：原始文件是否还是当初那份，台账有无改动，合计是否相符，"
            "模型有无损坏，抽取的部分重算后是否一致。相当于财务审计中的对账。任何一处不符都会指明。",
            "The program goes over the figures again: are the original files still the same, was "
            "the ledger changed, do sums agree, is a model damaged, does a part taken at random "
            "come out the same. Like an audit of accounts. Whatever disagrees is named.",
        ),
    ),
    Step(
        Text("追溯", "Trace"),
        Text(
            "从一个数字往回走：它由哪些块段相加，块段用了哪些样品，样品出自哪个文件的哪一行；"
            "也可从一行数据往前走，看它影响了哪些数字。",
            "From a figure backwards: the blocks that it adds up, the samples that made a block, "
            "the row of the file that a sample stands in. Or from a row forwards, to every figure "
            "that it touches.",
        ),
    ),
    Step(
        Text("变动归因", "Attribution"),
        Text(
            "两期数字为何不同：每次只换一个因素（新钻孔、矿化域、参数、边界品位、开采等）重算一遍，"
            "差额就记在该因素名下，各因素之和恰为总变动。次序不同，各项大小会不同，所以次序固定并写明。",
            "Why two figures differ: one factor at a time is changed (new holes, domains, "
            "parameters, cut-off, mining and others) and all is computed again; the difference is "
            "that factor's, and the factors add up to the whole change. Another order would give "
            "other parts, so the order is fixed and stated.",
        ),
    ),
)
"""Three words of this site: what is done, without a command."""

INTERVALS = (
    Text(
        "P10–P90：给定钻探数据，程序生成许多种同样可能的矿体图景，各算一次金属量；十分之一低于"
        " P10，十分之一高于 P90。",
        "P10 to P90: given the drilling, the program makes many equally likely pictures of the "
        "deposit and counts the metal of each; one in ten lies below P10, one in ten above P90.",
    ),
    HELD_FIXED,
    TOGETHER,
    FRINGE,
    Text(
        "只模拟主元素（铜）；伴生元素没有区间，也没有概率。",
        "Only the main element (copper) is simulated: by-products have neither interval nor "
        "probability.",
    ),
)
"""What an interval is, and what it leaves out."""

TRIALS = Text(
    "合成矿床的真值已知，故可检验：4 个矿床各 3 期，同一矿床的 3 期并不互相独立。80 % 的区间"
    "（P10–P90）平均应有五分之四含真值。",
    "Of synthetic deposits the truth is known, so that intervals can be tried: four deposits at "
    "three dates each, which are not independent. An 80 % interval (P10 to P90) should hold the "
    "truth in four of five trials.",
)

COUNT = Unit("", "1", 0)
TOGETHER_AS_ONE = Text("三类合在一起（目标的增长用它）", "The three together, as growth uses them")


@dataclass(frozen=True)
class Held:
    """How often the interval of a class, or of the three together, held the truth."""

    name: str
    """A class, or ``together``."""
    held: int
    trials: int

    @property
    def text(self) -> Text:
        """What is counted, in words."""
        return CLASS_TEXT.get(self.name, TOGETHER_AS_ONE)

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """Trials that held the truth, and all."""
        about = {"klass": self.name}
        return (
            number(self.held, COUNT, quantity="intervals-held", about=about),
            number(self.trials, COUNT, quantity="intervals-tried", about=about),
        )


HELD = (
    Held("measured", 7, 12),
    Held("indicated", 12, 12),
    Held("inferred", 0, 12),
    Held("together", 0, 12),
)

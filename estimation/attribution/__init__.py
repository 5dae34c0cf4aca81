"""Attribution: a figure made again from what was kept, and a change split by its causes.

``remake`` puts the inputs of a kept result together again, ``plans`` and ``tables`` mix those of
two results factor by factor, ``models`` krige the mixtures, ``walk`` goes from one to the other.
"""

from estimation.attribution.models import WalkModels
from estimation.attribution.plans import End, Mixtures
from estimation.attribution.remake import Remade, put_together
from estimation.attribution.walk import Advance, Walk, state_with, walk

__all__ = [
    "Advance",
    "End",
    "Mixtures",
    "Remade",
    "Walk",
    "WalkModels",
    "put_together",
    "state_with",
    "walk",
]

"""How much, how sure: variograms, kriging, classes, statements."""

from estimation.belts import Belt, Deposit, read_belt, read_belts
from estimation.engine.krige import Problem, prepare
from estimation.errors import EstimationError
from estimation.models.block_model import ModelRun, make_vintage
from estimation.models.store import ModelStore, StoreBusyError
from estimation.parallel import Crew, Workers
from estimation.plan import Plan
from estimation.proposal import propose
from estimation.results import DepositResult, ResourceStatement
from estimation.validation.cross_validation import CrossValidation, cross_validate
from estimation.validation.witness import Testimony, call_witness
from estimation.variography.experimental import experimental_variogram
from estimation.variography.proposal import propose_variogram

__all__ = [
    "Belt",
    "Crew",
    "CrossValidation",
    "Deposit",
    "DepositResult",
    "EstimationError",
    "ModelRun",
    "ModelStore",
    "Plan",
    "Problem",
    "ResourceStatement",
    "StoreBusyError",
    "Testimony",
    "Workers",
    "call_witness",
    "cross_validate",
    "experimental_variogram",
    "make_vintage",
    "prepare",
    "propose",
    "propose_variogram",
    "read_belt",
    "read_belts",
]

"""Quality control of assays: standards, blanks, duplicates, external checks, failed batches.

``read_qaqc`` and ``check_qaqc_folder`` are the doors; ``control_rows`` and ``find_controls`` tell
control samples among samples; ``held_rows`` names the assays that wait.
"""

from geo.qaqc.batches import BatchFailure, failed_batches, held_flag, held_rows
from geo.qaqc.blanks import BlankSeries
from geo.qaqc.config import Certificate, QaqcFile, QaqcRules, QaqcSource
from geo.qaqc.controls import Controls
from geo.qaqc.duplicates import PairSeries
from geo.qaqc.insertion import Insertion
from geo.qaqc.reading import QaqcReading, check_qaqc_folder, read_qaqc
from geo.qaqc.samples import control_rows, find_controls
from geo.qaqc.standards import StandardSeries

__all__ = [
    "BatchFailure",
    "BlankSeries",
    "Certificate",
    "Controls",
    "Insertion",
    "PairSeries",
    "QaqcFile",
    "QaqcReading",
    "QaqcRules",
    "QaqcSource",
    "StandardSeries",
    "check_qaqc_folder",
    "control_rows",
    "failed_batches",
    "find_controls",
    "held_flag",
    "held_rows",
    "read_qaqc",
]

"""Judging outputs."""

from henkan.evaluation.behaviour import BEHAVIOUR_NAMES, Behaviour, Output
from henkan.evaluation.bootstrap import SAMPLES
from henkan.evaluation.calibration import Calibration, Group, calibrate
from henkan.evaluation.corpus import CORPUS_NAMES
from henkan.evaluation.edits import Confusion, closest, confusions
from henkan.evaluation.figures import Figures, Judge, Metrics, compute_metrics
from henkan.evaluation.lengths import LengthSlice, slice_by_length
from henkan.evaluation.loops import loops
from henkan.evaluation.metrics import error_rate, exact_match
from henkan.evaluation.units import WORDS, Units, units_of
from henkan.evaluation.writing import Writing, writing_of

__all__ = [
    "BEHAVIOUR_NAMES",
    "CORPUS_NAMES",
    "SAMPLES",
    "WORDS",
    "Behaviour",
    "Calibration",
    "Confusion",
    "Figures",
    "Group",
    "Judge",
    "LengthSlice",
    "Metrics",
    "Output",
    "Units",
    "Writing",
    "calibrate",
    "closest",
    "compute_metrics",
    "confusions",
    "error_rate",
    "exact_match",
    "loops",
    "slice_by_length",
    "units_of",
    "writing_of",
]

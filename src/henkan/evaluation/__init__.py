"""Judging outputs."""

from henkan.evaluation.figures import Figures, Judge, Metrics, compute_metrics
from henkan.evaluation.metrics import error_rate, exact_match
from henkan.evaluation.units import Units, units_of

__all__ = ["Figures", "Judge", "Metrics", "Units", "compute_metrics", "error_rate", "exact_match", "units_of"]

"""Judging outputs."""

from henkan.evaluation.metrics import Metrics, compute_metrics, error_rate, exact_match

__all__ = ["Metrics", "compute_metrics", "error_rate", "exact_match"]

"""A trained model on disk: weights, configuration, tokenizers, training record. And its use: text in, text out."""

from henkan.bundle.bundle import Bundle, Limits, check_free
from henkan.bundle.predict import BLANK, Prediction, Score, line_seed, unknown_symbols

__all__ = ["BLANK", "Bundle", "Limits", "Prediction", "Score", "check_free", "line_seed", "unknown_symbols"]

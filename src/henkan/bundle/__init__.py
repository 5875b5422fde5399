"""A trained model on disk: weights, configuration, tokenizers, training record. And its use: text in, text out."""

from typing import TYPE_CHECKING

from henkan.late import late

if TYPE_CHECKING:
    from henkan.bundle.bundle import Bundle, check_free
    from henkan.bundle.engine import Engine, TorchEngine
    from henkan.bundle.ensemble import Ensemble
    from henkan.bundle.limits import Limits
    from henkan.bundle.predict import Score, line_seed, unknown_symbols
    from henkan.bundle.predictor import Predictor
    from henkan.bundle.request import BLANK, Prediction

__all__ = [
    "BLANK",
    "Bundle",
    "Engine",
    "Ensemble",
    "Limits",
    "Prediction",
    "Predictor",
    "Score",
    "TorchEngine",
    "check_free",
    "line_seed",
    "unknown_symbols",
]

__getattr__ = late(__name__)

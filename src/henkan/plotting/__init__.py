"""Figures, as functions from data to a ``matplotlib.figure.Figure``. Nothing global is changed, except by request."""

from henkan.plotting.attention import attention_map
from henkan.plotting.curves import learning_curves
from henkan.plotting.language import L, Language, language, use_language
from henkan.plotting.scores import attention_steps, entropy_histogram, head_grid, saturation_curves

__all__ = [
    "L",
    "Language",
    "attention_map",
    "attention_steps",
    "entropy_histogram",
    "head_grid",
    "language",
    "learning_curves",
    "saturation_curves",
    "use_language",
]

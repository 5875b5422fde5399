"""Figures, as functions from data to a ``matplotlib.figure.Figure``. Nothing global is changed, except by request."""

from henkan.plotting.attention import attention_map
from henkan.plotting.language import L, Language, language, use_language

__all__ = ["L", "Language", "attention_map", "language", "use_language"]

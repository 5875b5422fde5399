"""The language of figures, and a font that has its characters."""

import warnings
from typing import Literal

Language = Literal["en", "ja"]

LATIN, JAPANESE = "DejaVu Sans", "IPAexGothic"
NO_FONT = (
    "Japanese in figures needs a font, so figures keep English labels: "
    'pip install "henkan[plot]" brings the font / '
    '図の日本語にはフォントが必要です。いまは英語で表示します（pip install "henkan[plot]" で入ります）'
)

_asked: Language | None = None
_can_show_japanese = True
_has_warned = False


def use_language(language: Language) -> None:
    """Let figures made from here on show text of this language.

    Japanese needs a font that matplotlib has not got. Without it, labels stay English, and a warning says so once.
    """
    global _asked, _can_show_japanese
    if language not in ("en", "ja"):
        raise ValueError(f"language={language!r} is unknown: choose en or ja")
    _asked = language
    _can_show_japanese = language == "en" or _has_japanese_font()
    try:
        import matplotlib
    except ImportError:
        return  # no figure will be made, and words need no font
    # DejaVu first: it has the marks that the Japanese font lacks, and matplotlib looks up each character in turn.
    has_both = language == "ja" and _can_show_japanese
    matplotlib.rcParams["font.family"] = [LATIN, JAPANESE] if has_both else [LATIN]


def language() -> Language:
    """The language that ``use_language`` last asked for; English before."""
    return _asked or "en"


def asked() -> Language | None:
    """The language that ``use_language`` last asked for; None before, when whoever shows text may choose."""
    return _asked


def L(ja: str, en: str) -> str:  # noqa: N802 - it stands in front of every label: the shorter the better
    """The label in the language of figures: the English one, too, if Japanese cannot be shown."""
    return ja if _asked == "ja" and _can_show_japanese else en


def _has_japanese_font() -> bool:
    """Whether figures can show Japanese; registers the font. True without matplotlib: there are no figures then."""
    global _has_warned
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return True
    try:
        import matplotlib_fontja  # noqa: F401 - registers the font
    except ImportError:
        if not _has_warned:
            warnings.warn(NO_FONT, stacklevel=3)
            _has_warned = True
        return False
    return True

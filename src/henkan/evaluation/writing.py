"""What kind of texts the references are, and so by which figures they are judged."""

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from henkan.data import Tokenizer

Kind = Literal["symbols", "short", "sentences", "unspaced sentences"]

KANA = "\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
THAI_TO_KHMER = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
SPACELESS = re.compile(f"[{KANA}{HAN}{THAI_TO_KHMER}]")
JAPANESE, CHINESE = re.compile(f"[{KANA}]"), re.compile(f"[{HAN}]")

MIN_SPACELESS = 0.5  # of the letters belong to scripts that leave no spaces between words
MIN_KANA = 0.05  # of the letters: no Japanese sentence does without, and Chinese has none
MIN_WORDS, MIN_CHARACTERS = 5, 12  # in the median reference, from which on it is a sentence
MAX_CLOSED = 500  # symbols between separators; a phone set has dozens, the words of a language have thousands


@dataclass(frozen=True)
class Writing:
    """The kind of the references. ``tokenize`` is sacreBLEU's name for how BLEU cuts them; ``description`` says why."""

    kind: Kind
    tokenize: str
    description: str

    @property
    def is_sentences(self) -> bool:
        """Whether they are long enough for BLEU and its like to mean something."""
        return self.kind in ("sentences", "unspaced sentences")

    @property
    def is_spaceless(self) -> bool:
        """Whether they are written in scripts without spaces between words."""
        return self.tokenize in ("char", "zh")


def writing_of(references: Iterable[str], tokenizer: Tokenizer) -> Writing:
    """Judge by all references and by the tokenizer of the model that is to write such texts."""
    texts = list(references)
    if tokenizer.kind == "separator" and len(tokenizer.vocabulary.symbols) <= MAX_CLOSED:
        return Writing("symbols", "none", "symbols of a small set with separators between them, such as phones")
    letters = [character for text in texts for character in text if character.isalpha()]
    spaceless = "".join(filter(SPACELESS.match, letters))
    if not letters or len(spaceless) < MIN_SPACELESS * len(letters):
        return _spaced(texts)
    language, tokenize = _language(spaceless, len(letters))
    median = statistics.median(map(len, texts))
    if median < MIN_CHARACTERS:
        return Writing("short", tokenize, f"short {language} texts (the median has {median:g} characters)")
    description = f"{language} sentences without spaces between words (the median has {median:g} characters)"
    return Writing("unspaced sentences", tokenize, description)


def _spaced(texts: Sequence[str]) -> Writing:
    median = statistics.median([len(text.split()) for text in texts] or [0])
    if median < MIN_WORDS:
        return Writing("short", "13a", f"short texts (the median has {median:g} word{'' if median == 1 else 's'})")
    return Writing("sentences", "13a", f"sentences with spaces between words (the median has {median:g} words)")


def _language(spaceless: str, letters: int) -> tuple[str, str]:
    if len(JAPANESE.findall(spaceless)) >= MIN_KANA * letters:
        return "Japanese", "char"
    if len(CHINESE.findall(spaceless)) > len(spaceless) / 2:
        return "Chinese", "zh"
    return "Thai, Lao, Burmese or Khmer", "char"

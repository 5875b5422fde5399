"""The Japanese inflection task: dictionary forms and what they become, from UniDic. Half of the test is new kanji."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data import Example, Splits, source_fraction
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task
from henkan.tasks.mecab import dictionary_rows

DISTRIBUTION = "unidic-lite"
PARTS_OF_SPEECH = ("動詞,", "形容詞,")  # verbs and adjectives
PART_OF_SPEECH, CLASS, FORM, WRITTEN, DICTIONARY_FORM = 0, 4, 5, 8, 10  # columns
CLASSICAL, SHORTENED = "文語", "送り仮名省略"
# Of the kanji that stand in at most so many dictionary forms, these shares are held out.
MAX_LEMMAS, TEST_KANJI, DEV_KANJI = 20, 0.1, 0.05
KANJI_SALT, LEMMA_SALT = "henkan kanji", "henkan"


@dataclass(frozen=True)
class JapaneseInflectionTask(Task):
    """Inflect a Japanese verb or adjective: "書く" and "動詞;意志推量形" to "書こう".

    Source is the dictionary form as it is written, a tab, and its tags: part of speech and form as UniDic names them,
    for example "動詞;連用形;促音便". Of modern Japanese all 430,458 inflected forms are used; a form that is written or
    said in several ways is right in any of them.

    Forms of one dictionary form stay together. In half of the dictionary forms held out there is a kanji that training
    never shows, see ``split_lemmas``: 180 of the rarer kanji are kept for the test.
    """

    name: ClassVar[str] = "inflection-ja"
    description: ClassVar[str] = "inflect Japanese verbs and adjectives, UniDic: 書く + 動詞;意志推量形 -> 書こう"

    def load(self) -> Splits:
        examples = group_rows(_rows(dictionary_rows(DISTRIBUTION, starting=PARTS_OF_SPEECH)))
        dev, test = split_lemmas(lemma_of(example) for example in examples)
        held_out = dev | test
        return Splits(
            train=[example for example in examples if lemma_of(example) not in held_out],
            dev=[example for example in examples if lemma_of(example) in dev],
            test=[example for example in examples if lemma_of(example) in test],
        )

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Narrow, because little but the ending changes."""
        return {"model": {"d_model": 128, "num_encoder_layers": 2, "num_decoder_layers": 2, "d_ff": 512}}


def lemma_of(example: Example) -> str:
    """The dictionary form of an example, without its tags."""
    return example.source.partition("\t")[0]


def kanji_of(text: str) -> set[str]:
    """The kanji of ``text``: the CJK ideographs, unified and compatibility, of every plane."""
    return {c for c in text if "\u3400" <= c <= "\u9fff" or "\uf900" <= c <= "\ufaff" or c >= "\U00020000"}


def holds_unseen_kanji(examples: Iterable[Example], train: Iterable[Example]) -> list[bool]:
    """Whether the dictionary form of each example holds a kanji that stands in no source of ``train``."""
    seen = kanji_of("".join({lemma_of(example) for example in train}))
    return [not kanji_of(lemma_of(example)) <= seen for example in examples]


def split_lemmas(lemmas: Iterable[str]) -> tuple[set[str], set[str]]:
    """The dictionary forms for development and for the test; in half of each, training knows every kanji.

    Kanji that stand in at most 20 dictionary forms are held out by their hash, a tenth of them for the test and half as
    many for development, and with them the forms that they stand in. As many forms again, by a hash of the form, are
    those whose kanji all stay known.
    """
    lemmas = sorted(set(lemmas))
    spread = Counter(kanji for lemma in lemmas for kanji in kanji_of(lemma))
    place = {kanji: source_fraction(kanji, KANJI_SALT) for kanji, count in spread.items() if count <= MAX_LEMMAS}
    for_test = {kanji for kanji, fraction in place.items() if fraction < TEST_KANJI}
    held_out = {kanji for kanji, fraction in place.items() if fraction < TEST_KANJI + DEV_KANJI}
    test = {lemma for lemma in lemmas if kanji_of(lemma) & for_test}
    dev = {lemma for lemma in lemmas if kanji_of(lemma) & held_out} - test
    rest = sorted(set(lemmas) - test - dev, key=lambda lemma: (source_fraction(lemma, LEMMA_SALT), lemma))
    known = _that_can_be_spared(rest, len(test) + len(dev))
    return dev | set(known[len(test) :]), test | set(known[: len(test)])


def _that_can_be_spared(lemmas: list[str], count: int) -> list[str]:
    """The first ``count`` of ``lemmas`` of which every kanji is left in a lemma that stays."""
    left = Counter(kanji for lemma in lemmas for kanji in kanji_of(lemma))
    spared: list[str] = []
    for lemma in lemmas:
        if len(spared) == count:
            break
        if all(left[kanji] > 1 for kanji in kanji_of(lemma)):
            left.subtract(kanji_of(lemma))
            spared.append(lemma)
    return spared


def _rows(columns: Iterable[list[str]]) -> Iterable[tuple[str, str, int]]:
    """The rows (source, target, 0) of the modern inflections."""
    for row in columns:
        if not row[CLASS].startswith(CLASSICAL) and SHORTENED not in row[FORM] and row[FORM] != "*":
            tags = ";".join([row[PART_OF_SPEECH], *row[FORM].split("-")])
            yield f"{row[DICTIONARY_FORM]}\t{tags}", row[WRITTEN], 0

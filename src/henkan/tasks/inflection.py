"""The inflection task: English words and a form to put them in, from the data of LemmInflect."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data import Example, Splits, split_by_source
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task
from henkan.tasks.packages import package_file

DISTRIBUTION, FILE_NAME = "lemminflect", "infl_lu.csv.gz"
PAST, PAST_PARTICIPLE = "V;PST", "V;V.PTCP;PST"
# The columns of the file after word and part of speech, as UniMorph tags.
TAGS = {
    "noun": ("N;PL",),
    "adj": ("ADJ;CMPR", "ADJ;SPRL"),
    "adv": ("ADV;CMPR", "ADV;SPRL"),
    "verb": (PAST, PAST_PARTICIPLE, "V;V.PTCP;PRS", "V;PRS;3;SG"),
}


@dataclass(frozen=True)
class InflectionTask(Task):
    """Inflect an English word: "run" and "V;V.PTCP;PRS" to "running".

    The source is the word, a tab, and the tags of the form, in the schema of UniMorph: plural (N;PL), comparative and
    superlative (ADJ;CMPR, ADV;SPRL and so on), past (V;PST), participles (V;V.PTCP;PST, V;V.PTCP;PRS) and third person
    (V;PRS;3;SG). Split by a hash of the word, so that a word is held out with all its forms, into 90 % training, 5 %
    development and 5 % test. Where a form has several spellings, any is right.

    The data is that of the package lemminflect (MIT), made from the SPECIALIST Lexicon of the US National Library of
    Medicine. It lists a past participle only where that is not the past; here every verb has one.
    """

    name: ClassVar[str] = "inflection"
    description: ClassVar[str] = "inflect English words, LemmInflect: run, V;V.PTCP;PRS -> running"

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Wide: after five minutes d_model 128 has more words wrong."""
        model = {"d_model": 256, "num_heads": 4, "num_encoder_layers": 3, "num_decoder_layers": 2, "d_ff": 1024}
        return {"model": model, "training": {"learning_rate": 1e-3, "max_minutes": 5.0}}

    def load(self) -> Splits:
        with gzip.open(package_file(DISTRIBUTION, FILE_NAME), "rt", encoding="utf-8") as file:
            examples = group_rows(parse_forms(file))
        return split_by_source(examples, dev=0.05, test=0.05, key=lemma)


def parse_forms(lines: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """The rows (word, tab, tags; form; line number) of lines such as "run,verb,ran,run,running,runs"."""
    for number, line in enumerate(lines, start=1):
        word, part_of_speech, *columns = line.rstrip("\n").split(",")
        forms = dict(zip(TAGS[part_of_speech], columns, strict=False))
        if PAST in forms:
            forms[PAST_PARTICIPLE] = forms.get(PAST_PARTICIPLE) or forms[PAST]
        for tags, spellings in forms.items():
            for form in filter(None, spellings.split("/")):
                yield f"{word}\t{tags}", form, number


def lemma(example: Example) -> str:
    """The word that is inflected: what stands before the tags."""
    return example.source.rpartition("\t")[0]

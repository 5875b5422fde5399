"""Simple ways to do what a model does, learned from the same pairs: what a model has to beat."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import takewhile
from typing import Protocol

from alignment import Pair, Symbols, align
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

MAX_PIECE = 4  # source characters that are looked up together
NEIGHBOURS = 3  # characters on each side that are looked at
START, END = "^", "$"


class Baseline(Protocol):
    """Learned from pairs of a source and a target in symbols."""

    def predict(self, source: str) -> Symbols:
        """The target of a new source."""
        ...


class Lookup:
    """Writes a source piece by piece, the longest known piece first, each as it was written most often in training.

    A piece is a run of up to ``MAX_PIECE`` characters of a training source; what it was written as comes from
    ``align``. A character never seen is left out.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        counts: defaultdict[str, Counter[Symbols]] = defaultdict(Counter)
        for (source, _), parts in zip(pairs, align(pairs), strict=True):
            for start in range(len(source)):
                for end in range(start + 1, min(start + MAX_PIECE, len(source)) + 1):
                    counts[source[start:end]][sum(parts[start:end], ())] += 1
        self.written = _most_frequent(counts)

    def predict(self, source: str) -> Symbols:
        """The pieces one after the other."""
        output: Symbols = ()
        start = 0
        while start < len(source):
            for end in range(min(start + MAX_PIECE, len(source)), start, -1):
                if source[start:end] in self.written:
                    output += self.written[source[start:end]]
                    break
            start = end
        return output


class Neighbours:
    """Writes each character as it was written most often between the same neighbours.

    It looks at ``NEIGHBOURS`` characters on each side, and at fewer, the last ones first, until training has seen the
    character so. What it was written as comes from ``align``. A character never seen is left out.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        counts: defaultdict[str, Counter[Symbols]] = defaultdict(Counter)
        for (source, _), parts in zip(pairs, align(pairs), strict=True):
            for place, part in enumerate(parts):
                for context in self._contexts(source, place):
                    counts[context][part] += 1
        self.written = _most_frequent(counts)

    def predict(self, source: str) -> Symbols:
        """What the characters are written as, one after the other."""
        output: Symbols = ()
        for place in range(len(source)):
            known = (self.written[context] for context in self._contexts(source, place) if context in self.written)
            output += next(known, ())
        return output

    @staticmethod
    def _contexts(source: str, place: int) -> list[str]:
        """The character between brackets with what stands around it, from the widest view to none."""
        before = (START * NEIGHBOURS + source)[place : place + NEIGHBOURS]
        after = (source + END * NEIGHBOURS)[place + 1 : place + 1 + NEIGHBOURS]
        views = []
        for width in range(NEIGHBOURS, 0, -1):
            views += [f"{before[-width:]}[{source[place]}]{after[:width]}"]
            views += [f"{before[NEIGHBOURS - width + 1 :]}[{source[place]}]{after[:width]}"]
        return [*views, f"[{source[place]}]"]


class Nearest:
    """Answers with the target of the training source that is closest in edits, the first of equally close ones."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.targets = dict(reversed(pairs))
        self.sources = list(dict.fromkeys(source for source, _ in pairs))

    def predict(self, source: str) -> Symbols:
        """The target of the nearest source."""
        return self.targets[process.extractOne(source, self.sources, scorer=Levenshtein.distance)[0]]


class Endings:
    """Inflects a word as most training words with the same tags and the longest common ending were inflected.

    How a word was inflected is what was cut off at its end and what was put there: "cry" to "cries" is y to ies.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        counts: defaultdict[str, Counter[Symbols]] = defaultdict(Counter)
        for source, target in pairs:
            word, _, tags = source.rpartition("\t")
            form = "".join(target)
            same = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(word, form, strict=False)))
            for start in range(same + 1):
                counts[f"{word[start:]}\t{tags}"][word[same:], form[same:]] += 1
        self.changes = _most_frequent(counts)

    def predict(self, source: str) -> Symbols:
        """The word with its end changed, or as it is if no word with such an ending was seen."""
        word, _, tags = source.rpartition("\t")
        for start in range(len(word) + 1):
            change = self.changes.get(f"{word[start:]}\t{tags}")
            if change is not None:
                return tuple(word.removesuffix(change[0]) + change[1])
        return tuple(word)


def _most_frequent(counts: dict[str, Counter[Symbols]]) -> dict[str, Symbols]:
    """Of equally frequent ones, the first seen."""
    return {key: found.most_common(1)[0][0] for key, found in counts.items()}


BASELINES: dict[str, type[Lookup] | type[Neighbours] | type[Nearest] | type[Endings]] = {
    "lookup": Lookup,
    "neighbours": Neighbours,
    "nearest": Nearest,
    "endings": Endings,
}
OF_TASKS = {
    "pronunciation": ("lookup", "neighbours"),
    "reading": ("lookup", "neighbours", "nearest"),
    "katakana": ("lookup", "neighbours", "nearest"),
    "inflection": ("endings",),
    "inflection-ja": ("endings",),
}

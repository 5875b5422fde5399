"""Simple ways to do what a model does, learned from the same pairs: what a model has to beat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from henkan.data import Example

MAX_CHUNK = 4  # source characters that are looked up together


class Lookup:
    """Writes a source piece by piece, the longest known piece first, each as it was written most often in training.

    The pieces come from the training pairs: a target is cut in proportion to its source, and of each run of up to
    ``MAX_CHUNK`` source characters the part of the target that lies beside it is counted. Crude, but it learns which
    sound a kanji has, or which kana a syllable becomes, without any model.
    """

    def __init__(self, examples: Iterable[Example]) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for example in examples:
            source, target = example.source, example.references[0]
            scale = len(target) / len(source)
            cuts = [round(place * scale) for place in range(len(source) + 1)]
            for start in range(len(source)):
                for end in range(start + 1, min(start + MAX_CHUNK, len(source)) + 1):
                    counts[source[start:end]][target[cuts[start] : cuts[end]]] += 1
        self.written = {piece: found.most_common(1)[0][0] for piece, found in counts.items()}

    def predict(self, source: str) -> str:
        """The pieces one after the other; a character never seen is left out."""
        output, start = "", 0
        while start < len(source):
            for end in range(min(start + MAX_CHUNK, len(source)), start, -1):
                if source[start:end] in self.written:
                    output += self.written[source[start:end]]
                    break
            start = end
        return output


class Nearest:
    """Answers with the target of the training source that is closest in edits, the first of equally close ones."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.targets = {example.source: example.references[0] for example in examples}

    def predict(self, source: str) -> str:
        """The target of the nearest source."""
        nearest, _, _ = process.extractOne(source, self.targets.keys(), scorer=Levenshtein.distance)
        return self.targets[nearest]


BASELINES = {"lookup": Lookup, "nearest": Nearest}

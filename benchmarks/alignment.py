"""Which part of a target each character of its source was written as, learned from pairs alone."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

Symbols = tuple[str, ...]
Pair = tuple[str, Symbols]
LogProbs = Mapping[str, Mapping[Symbols, float]]
MAX_PART = 6  # symbols for one character: the longest readings of single kanji have five kana
ROUNDS = 4
UNSEEN = -20.0  # log-probability of a part that a character was never written as


def align(pairs: Sequence[Pair], rounds: int = ROUNDS) -> list[list[Symbols]]:
    """For each pair, the target cut into one part for each source character; a part may be empty.

    Cut in proportion at first, then ``rounds`` times anew, each time the likeliest way by how often each character was
    written as each part in the cuts before: expectation maximisation with the best cut in place of all (Viterbi
    training).
    """
    cuts = [_in_proportion(source, target) for source, target in pairs]
    for _ in range(rounds):
        log_probs = _log_probs(pairs, cuts)
        cuts = [_likeliest(source, target, log_probs) for source, target in pairs]
    return cuts


def _in_proportion(source: str, target: Symbols) -> list[Symbols]:
    borders = [round(place * len(target) / len(source)) for place in range(len(source) + 1)]
    return [target[start:end] for start, end in pairwise(borders)]


def _log_probs(pairs: Sequence[Pair], cuts: Sequence[Sequence[Symbols]]) -> LogProbs:
    """How likely each character is written as each part. Half a count is kept for parts not seen."""
    counts: defaultdict[str, Counter[Symbols]] = defaultdict(Counter)
    for (source, _), parts in zip(pairs, cuts, strict=True):
        for character, part in zip(source, parts, strict=True):
            counts[character][part] += 1
    return {
        character: {part: math.log(count / (found.total() + 0.5)) for part, count in found.items()}
        for character, found in counts.items()
    }


def _likeliest(source: str, target: Symbols, log_probs: LogProbs) -> list[Symbols]:
    """The cut with the highest product of probabilities; a part never seen costs more the longer it is."""
    ends = len(target) + 1
    best = [0.0] + [-math.inf] * (ends - 1)  # by how much of the target is written
    starts: list[list[int]] = []
    for character in source:
        known, reached, came_from = log_probs[character], [-math.inf] * ends, [0] * ends
        for start, so_far in enumerate(best):
            if so_far == -math.inf:
                continue
            for end in range(start, min(start + MAX_PART, ends - 1) + 1):
                value = so_far + known.get(target[start:end], UNSEEN * max(1, end - start))
                if value > reached[end]:
                    reached[end], came_from[end] = value, start
        best = reached
        starts.append(came_from)
    if best[-1] == -math.inf:  # longer than its characters can write
        return _in_proportion(source, target)
    parts, end = [], len(target)
    for came_from in reversed(starts):
        parts.append(target[came_from[end] : end])
        end = came_from[end]
    return parts[::-1]

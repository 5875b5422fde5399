"""Learning the pieces of sub-word tokenizers: the same texts give the same pieces, in memory that has a limit.

The unigram model is not learned by the library's own trainer, which adds up in no fixed order, so that two trainings
differ, and which needs a minute for half a million characters of Japanese. Here its pieces are chosen from those of a
larger byte-pair model; see docs/decisions/0014-tokenizers.md.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any

from henkan.data.tokenizers import Kind
from henkan.data.words import WORD

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
    from numpy.typing import NDArray

UNKNOWN_PIECE = "\0"  # the models want one; files of text never hold it
UNKNOWN_SCORE = -100.0
DECIMALS = 4  # of a piece's score
MAX_PIECE = 16  # characters
MAX_CHARACTERS = {"bpe": 20_000_000, "unigram": 4_000_000}  # that are learned from; of all, the characters are counted
SEEDS = 4  # byte pairs to choose from, for each piece of a unigram model
SHRINK = 0.75  # of the pieces stay in each round
ROUNDS = 2  # of counting before pieces are taken away
UNUSED = 0.5  # counts as so many uses: a character must stay possible
BLOCK = 1 << 14  # words whose pieces are Python objects at a time
_STRANGE = re.compile("[\0\ud800-\udfff]")

Scores = dict[str, float]
Words = Mapping[str, int]


def learn_pieces(
    kind: Kind, texts: Iterable[str], vocabulary_size: int, min_count: int = 1, *, byte_fallback: bool = False
) -> dict[str, Any]:
    """The model of a sub-word tokenizer with ``vocabulary_size`` pieces at most, characters included.

    Every character of the texts is a piece. With ``byte_fallback`` only those are that stand there twice, and no more
    of them than half of the pieces: the others are spelt in bytes, so that training shows what bytes are.
    """
    counts, looked_at = _look_at(texts, MAX_CHARACTERS[kind])
    alphabet = _choose_alphabet(counts, vocabulary_size, min_count, byte_fallback=byte_fallback)
    words = _count_words(looked_at, alphabet)
    if kind == "bpe":
        model = _learn_merges(words, alphabet, vocabulary_size, min_count)
        # Without an unknown piece the library counts places wrong behind a character it does not know.
        vocab = {**model["vocab"], UNKNOWN_PIECE: len(model["vocab"])}
        return {"unk_token": UNKNOWN_PIECE, "vocab": vocab, "merges": model["merges"]}
    scores = _learn_scores(words, alphabet, vocabulary_size)
    pieces = sorted((-round(score, DECIMALS), piece) for piece, score in scores.items())
    return {"unk_id": 0, "vocab": [[UNKNOWN_PIECE, UNKNOWN_SCORE], *([piece, -badness] for badness, piece in pieces)]}


def encodable(text: str) -> str:
    """``text`` with signs of the same length in place of what the library cannot take: zeros, lone surrogates."""
    return text if _STRANGE.search(text) is None else _STRANGE.sub("\ufffd", text)


def word_splitter() -> "tokenizers.pre_tokenizers.PreTokenizer":
    """What cuts a text into the words that pieces do not reach over."""
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(WORD), "isolated")


def _look_at(texts: Iterable[str], most: int) -> tuple[Counter[str], list[str]]:
    """How often each character stands in all texts, and so many characters of texts from all over them."""
    counts: Counter[str] = Counter()
    kept: list[tuple[float, str]] = []
    share, size, draw = 1.0, 0, Random(0)
    for text in map(encodable, texts):
        counts.update(text)
        if (drawn := draw.random()) < share:
            kept.append((drawn, text))
            size += len(text)
            while size > most and len(kept) > 1:
                share /= 2
                kept = [one for one in kept if one[0] < share]
                size = sum(len(text) for _, text in kept)
    return counts, [text for _, text in kept]


def _choose_alphabet(
    counts: Mapping[str, int], vocabulary_size: int, min_count: int, *, byte_fallback: bool
) -> list[str]:
    least = max(min_count, 2) if byte_fallback else min_count
    frequent = [character for character, count in counts.items() if count >= least]
    alphabet = sorted(frequent, key=lambda character: (-counts[character], character))
    if byte_fallback:
        return alphabet[: vocabulary_size // 2]
    if len(alphabet) > vocabulary_size:
        raise ValueError(
            f"a vocabulary of {vocabulary_size:,} sub-words has no room for the {len(alphabet):,} different characters "
            f"of the texts: make it larger (--data.source_vocabulary, --data.target_vocabulary), leave rare ones out "
            f"(--data.min_count), or have them spelt in bytes (--data.unseen bytes)"
        )
    return alphabet


def _count_words(texts: Iterable[str], alphabet: Iterable[str]) -> Words:
    """The words of the texts, cut at every character that is not in the alphabet, and how often they stand there."""
    known, splitter = set(alphabet), word_splitter()
    words: Counter[str] = Counter()
    for text in texts:
        for word, _ in splitter.pre_tokenize_str(text):
            words.update([word] if known.issuperset(word) else _known_parts(word, known))
    return words


def _known_parts(word: str, known: set[str]) -> Iterator[str]:
    part = ""
    for character in word:
        if character in known:
            part += character
            continue
        if part:
            yield part
        part = ""
    if part:
        yield part


def _learn_merges(words: Words, alphabet: Sequence[str], size: int, min_count: int) -> dict[str, Any]:
    from tokenizers import Tokenizer, models, trainers

    learner = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=max(2, min_count),
        max_token_length=MAX_PIECE,
        initial_alphabet=list(alphabet),
        special_tokens=[],
        show_progress=False,
    )
    # The library counts words itself, so a word is given as often as it stands in the texts.
    learner.train_from_iterator((word for word, count in words.items() for _ in range(count)), trainer)
    model: dict[str, Any] = json.loads(learner.to_str())["model"]
    return model


def _learn_scores(words: Words, alphabet: Sequence[str], size: int) -> Scores:
    """Pieces and the logarithms of their probabilities (Kudo 2018, with the likeliest way to cut each word)."""
    import numpy as np  # here, because to cut words takes none of it

    room = size - len(alphabet)
    seeds = _learn_merges(words, alphabet, len(alphabet) + SEEDS * room, 1)["vocab"]
    # Pairs were merged about in the order of their frequency; so frequencies are taken to be as those of words.
    total = math.log(max(sum(1 / rank for rank in range(1, len(seeds) + 1)), 1))
    scores = {
        piece: -math.log(rank) - total for rank, piece in enumerate(sorted(seeds, key=seeds.__getitem__), start=1)
    }
    texts, times = list(words), np.fromiter(words.values(), dtype=np.int64, count=len(words))
    while True:
        for _ in range(ROUNDS):
            uses = _count_uses(scores, texts, times)
            total = math.log(max(sum(uses.values()), 1))
            scores = {piece: math.log(max(count, UNUSED)) - total for piece, count in uses.items()}
        longer = [piece for piece in scores if len(piece) > 1 and uses[piece]]
        most = max(room, int(SHRINK * len(longer)))
        if len(longer) > most:
            losses = {piece: uses[piece] * (scores[piece] - _score_without(piece, scores)) for piece in longer}
            longer = sorted(longer, key=lambda piece: (-losses[piece], piece))[:most]
        enough = len(longer) <= room
        scores = {piece: scores[piece] for piece in [*alphabet, *longer]}
        if enough:
            return scores


def _count_uses(scores: Scores, texts: Sequence[str], times: "NDArray[np.int64]") -> dict[str, int]:
    """How often each piece is used where every text is cut in its likeliest way. Whole numbers, so in any order."""
    import numpy as np
    from tokenizers import Tokenizer, models

    cutter = Tokenizer(models.Unigram([(UNKNOWN_PIECE, UNKNOWN_SCORE), *scores.items()], unk_id=0))
    uses = np.zeros(len(scores) + 1, dtype=np.int64)
    for start in range(0, len(texts), BLOCK):
        found = [one.ids for one in cutter.encode_batch_fast(texts[start : start + BLOCK], add_special_tokens=False)]
        repeated = np.repeat(times[start : start + BLOCK], [len(ids) for ids in found])
        pieces = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(repeated))
        uses += np.bincount(pieces, repeated, len(uses)).astype(np.int64)
    return dict(zip(scores, uses[1:].tolist(), strict=True))


def _score_without(piece: str, scores: Scores) -> float:
    """The score of the likeliest way to write ``piece`` with other pieces."""
    best = [0.0, *(-math.inf for _ in piece)]
    for end in range(1, len(piece) + 1):
        for start in range(end):
            if end - start < len(piece):
                score = scores.get(piece[start:end], -math.inf)
                best[end] = max(best[end], best[start] + score)
    return best[-1]

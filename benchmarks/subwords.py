"""How sub-words are learned: is it the same every time, how long does it take, and how short do texts get?

    python examples/catalogue_pairs.py /usr/share/locale/ja/LC_MESSAGES/*.mo > pairs.tsv
    python benchmarks/subwords.py pairs.tsv [SIZE]

Each side of the pairs is learned twice, by henkan and by the trainer of the library alone. Of two unigram models by the
library: do they have the same pieces, and the same scores? Bits per character is what the model itself says about the
texts it was learned from, by their likeliest cutting; lower is better.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from record import save
from tokenizers import Tokenizer, models, trainers

from henkan.data import read_pairs
from henkan.data.learn_subwords import MAX_PIECE, UNKNOWN_PIECE, learn_pieces, word_splitter

Vocab = list[list[Any]]


def by_library(texts: list[str], size: int) -> Vocab:
    """Pieces and scores, by the library's own trainer."""
    learner = Tokenizer(models.Unigram())
    learner.pre_tokenizer = word_splitter()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, max_piece_length=MAX_PIECE, special_tokens=[], show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    return json.loads(learner.to_str())["model"]["vocab"]


def by_henkan(texts: list[str], size: int) -> Vocab:
    """Pieces and scores, by henkan."""
    return learn_pieces("unigram", texts, size)["vocab"][1:]


def figures(vocab: Vocab, texts: list[str]) -> dict[str, float]:
    """How well a unigram model describes the texts."""
    cutter = Tokenizer(models.Unigram([(UNKNOWN_PIECE, -100.0), *map(tuple, vocab)], unk_id=0))
    cutter.pre_tokenizer = word_splitter()
    found = [one.ids for one in cutter.encode_batch(texts, add_special_tokens=False)]
    scores = [0.0, *(score for _, score in vocab)]
    characters = sum(map(len, texts))
    return {
        "pieces": len(vocab),
        "pieces_per_text": round(sum(map(len, found)) / len(texts), 2),
        "bits_per_character": round(-sum(scores[idx] for ids in found for idx in ids) / characters / math.log(2), 4),
    }


def main(path: str, size: int) -> None:
    """Measure both sides of a file."""
    pairs = read_pairs(Path(path)).examples
    sides = {"source": [one.source for one in pairs], "target": [text for one in pairs for text in one.references]}
    results = []
    for name, texts in sides.items():
        entry: dict[str, Any] = {"side": name, "size": size, "texts": len(texts), "characters": sum(map(len, texts))}
        for who, learn in (("henkan", by_henkan), ("library", by_library)):
            start = time.perf_counter()
            one = learn(texts, size)
            seconds = time.perf_counter() - start
            other = learn(texts, size)
            entry[who] = {
                "seconds": round(seconds, 1),
                "same_pieces_twice": {piece for piece, _ in one} == {piece for piece, _ in other},
                "same_scores_twice": one == other,
                **figures(one, texts),
            }
        results.append(entry)
        print(json.dumps(entry, indent=1))
    save("subwords", results)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4_000)

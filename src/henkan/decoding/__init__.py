"""From a trained model to text: greedy, beam search, sampling, and the score of a given target.

Read in this order: `strategies`, `hypothesis`, `rules`, `state`, `greedy`, `sampling`, `beam`, `scoring`,
`generation` (``generate`` is the one front door). What makes a step fast stands aside of that, in `steps` (which
chooses), `fast_step`, `fast_cache`, `product`. The letters of `henkan.nn` go on, with

    N  rows that are still being decoded        K  beams of one sentence

What holds for every strategy, each by a test:

- The cache changes nothing: every step, fast or not, equals the model run over the whole prefix.
- A row's result depends on that row alone: not on its neighbours, its place, the batch size or the padding.
- ``Hypothesis.log_prob`` equals what ``score`` gives the same tokens.
- Padding and the start token are never produced, and nothing follows an end token.
"""

from typing import TYPE_CHECKING

from henkan.late import late

if TYPE_CHECKING:
    from henkan.decoding.generation import decode_ids, generate, greedy_decode
    from henkan.decoding.hypothesis import Hypothesis, merge_equal
    from henkan.decoding.scoring import score
    from henkan.decoding.strategies import BeamSearch, Greedy, Sampling, Strategy, length_penalty

__all__ = [
    "BeamSearch",
    "Greedy",
    "Hypothesis",
    "Sampling",
    "Strategy",
    "decode_ids",
    "generate",
    "greedy_decode",
    "length_penalty",
    "merge_equal",
    "score",
]

__getattr__ = late(__name__)

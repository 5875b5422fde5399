"""What greedy decoding proves of all other outputs: no one can be likelier than a bound."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from henkan.bundle.engine import Rows
from henkan.data import BOS_IDX, PAD_IDX
from henkan.export.translator import GROUP, Found, Translator, ids_of, logits_in

LOGITS = 1 << 23  # that are held at once, of all steps of all rows: 32 MiB, and several times that while compared


def bounded_greedy(translator: Translator, rows: Rows, max_len: int) -> list[Found]:
    """The outputs of all ``rows`` with bounds; none if the logits of one batch would take too much memory."""
    size = LOGITS // (translator.vocabulary_size * max_len)
    if size < GROUP:
        return []
    found: list[Found] = []
    for first in range(0, len(rows), size):
        results = translator.results(rows[first : first + size], max_len, return_logits_vocab=True)
        steps = [logits_in(result) for result in results]
        logits = np.stack([np.asarray(step) for of_row in steps for step in of_row])
        bounds = bound_others(logits, [len(of_row) for of_row in steps])
        found += [
            Found(ids_of(result.hypotheses[0]), result.scores[0], bound)
            for result, bound in zip(results, bounds, strict=True)
        ]
    return found


def bound_others(logits: NDArray[np.float32], lengths: Sequence[int]) -> list[float]:
    """For each row, the log-probability that no sequence but its own can exceed.

    ``logits`` are of shape (steps of all rows, vocabulary), and each row's own sequence takes the largest of each of
    its ``lengths`` steps. Another one leaves it at some step, for what is at most the second likeliest token there, and
    every further token only makes it less likely. Padding and the start token are no outputs: their logits are
    overwritten.
    """
    best = logits.max(axis=1)
    log_totals = best + np.log(np.exp(logits - best[:, None]).sum(axis=1))
    logits[:, [PAD_IDX, BOS_IDX]] = -np.inf
    second = np.partition(logits, -2, axis=1)[:, -2]
    own_steps, other_steps = best - log_totals, second - log_totals
    bounds = []
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        own = slice(end - length, end)
        before = np.cumsum(np.append(0.0, own_steps[own][:-1]))
        bounds.append(float((before + other_steps[own]).max()))
    return bounds

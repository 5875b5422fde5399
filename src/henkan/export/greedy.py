"""Greedy decoding with CTranslate2, and what it tells of all other outputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from henkan.bundle.engine import Rows
from henkan.data import BOS_IDX, PAD_IDX
from henkan.export.translator import GROUP, NEVER, Found, Translator, ids_of

LOGITS = 1 << 25  # that are held at once, of all steps of all rows: 128 MiB


def greedy(translator: Translator, rows: Rows, max_len: int, prefix: Rows, *, bound: bool = False) -> list[Found]:
    """Always the likeliest next token, which is never padding or the start token.

    To forbid these two would change the log-probabilities of all others, so it is done only where one was taken.
    With ``bound`` the others of a row are bounded, where the logits of all steps do not take too much memory.
    """
    found = _bounded(translator, rows, max_len) if bound else []
    found += [one for one, *_ in translator.translate(rows[len(found) :], max_len, prefix[len(found) :])]
    odd = [index for index, one in enumerate(found) if PAD_IDX in one.ids or BOS_IDX in one.ids]
    mended = translator.translate(
        [rows[index] for index in odd], max_len, [prefix[index] for index in odd], suppress_sequences=NEVER
    )
    for index, (one, *_) in zip(odd, mended, strict=True):
        found[index] = one
    unscored = sorted({*odd, *(index for index, ids in enumerate(prefix) if ids)})
    scored = translator.score([rows[index] for index in unscored], [found[index] for index in unscored])
    for index, one in zip(unscored, scored, strict=True):
        found[index] = one
    return found


def _bounded(translator: Translator, rows: Rows, max_len: int) -> list[Found]:
    """The outputs of all ``rows`` with bounds; none if the logits of a full batch would take too much memory."""
    size = LOGITS // (translator.vocabulary_size * max_len)
    if size < min(len(rows), translator.threads * GROUP):
        return []
    found: list[Found] = []
    for first in range(0, len(rows), size):
        results = translator.results(rows[first : first + size], max_len, return_logits_vocab=True)
        steps = [result.logits[0] for result in results]
        logits = np.stack([_numbers(step) for of_row in steps for step in of_row])
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
    every further token only makes it less likely. Padding and the start token are no outputs.
    """
    best = logits.max(axis=1)
    log_totals = best + np.log(np.exp(logits - best[:, None]).sum(axis=1))
    logits[:, [PAD_IDX, BOS_IDX]] = -np.inf
    second = np.partition(logits, -2, axis=1)[:, -2]
    bounds = []
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        own = slice(end - length, end)
        before = np.cumsum(np.append(0.0, (best - log_totals)[own][:-1]))
        bounds.append(float((before + (second - log_totals)[own]).max()))
    return bounds


def _numbers(step: Any) -> NDArray[np.float32]:
    from ctranslate2 import DataType

    return np.asarray(step if step.dtype == DataType.float32 else step.to(DataType.float32))

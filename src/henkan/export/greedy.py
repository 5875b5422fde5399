"""Greedy decoding with CTranslate2, by henkan's rules."""

from henkan.bundle.engine import Rows
from henkan.data import BOS_IDX, PAD_IDX
from henkan.export.translator import NEVER, Found, Translator

MANY = 100  # rows


def greedy(translator: Translator, rows: Rows, max_len: int, prefix: Rows, *, bound: bool = False) -> list[Found]:
    """Always the likeliest next token, which is never padding or the start token.

    To forbid these two would change the log-probabilities of all others, so it is done only where one was taken.
    With ``bound`` the others of many rows without prefixes are bounded, if the logits do not take too much memory.
    """
    found: list[Found] = []
    if bound and len(rows) >= MANY and not any(prefix):
        from henkan.export.bounds import bounded_greedy  # here, because few rows start sooner without numpy

        found = bounded_greedy(translator, rows, max_len)
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

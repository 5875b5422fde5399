"""Beam search with CTranslate2, ranked and ended by henkan's rules.

CTranslate2 has a length penalty and a rule for stopping of its own. Neither is used: it is asked for everything that
ended, and for what was alive at a limit, and the rest is henkan's. What stays different is that the place of a sequence
that has ended is taken at once by the next best one, where henkan leaves it empty for that step.
See docs/decisions/0020-ctranslate2.md.
"""

from collections import defaultdict
from collections.abc import Sequence

from henkan.bundle.engine import Rows
from henkan.decoding import BeamSearch, Hypothesis, length_penalty
from henkan.export.translator import NEVER, Found, Translator

NO_PENALTY = 1e-30  # length ** this is 1, and yet it is not the 0 that lets CTranslate2 stop at the first end
IMPOSSIBLE = 1e9  # a sequence less likely than exp of minus this stands for none
MARGIN, GRID = 2, 4  # the first limit: so many tokens behind the greedy output, rounded up to a multiple


def beam_search(
    translator: Translator, rows: Rows, strategy: BeamSearch, max_len: int, lengths: Sequence[int]
) -> list[list[Hypothesis]]:
    """The best hypotheses of each row, best first. ``lengths`` are those of the greedy outputs.

    A row is decoded to a limit near that length; if something alive there could still come to be among the best, it is
    decoded again to ``max_len``. So stopping early changes no result.
    """
    waiting: dict[int, list[int]] = defaultdict(list)
    for index, length in enumerate(lengths):
        waiting[min(max_len, -(-(length + MARGIN) // GRID) * GRID)].append(index)
    chosen: dict[int, list[Found]] = {}
    for limit in sorted({*waiting, max_len}):  # the last takes up what the others left
        indices = waiting[limit]
        results = _search(translator, [rows[index] for index in indices], strategy, limit)
        for index, found in zip(indices, results, strict=True):
            if limit < max_len and not _is_settled(found, strategy, limit, max_len):
                waiting[max_len].append(index)
            else:
                chosen[index] = _best(found, strategy, limit == max_len)
    return _ranked(translator, rows, [chosen[index] for index in range(len(rows))], strategy)


def _search(translator: Translator, rows: Rows, strategy: BeamSearch, limit: int) -> list[list[Found]]:
    """Whatever ended, and what was alive after ``limit`` tokens."""
    results = translator.translate(
        rows,
        limit,
        beam_size=strategy.width,
        num_hypotheses=strategy.width * limit,
        patience=limit,
        length_penalty=NO_PENALTY,
        suppress_sequences=NEVER,
    )
    return [list({one.ids: one for one in row if one.log_prob > -IMPOSSIBLE}.values()) for row in results]


def _is_settled(found: Sequence[Found], strategy: BeamSearch, limit: int, max_len: int) -> bool:
    """Whether nothing that was alive at ``limit`` can come to be among the ``n_best``.

    Where all the likeliest ended with the last token, what was alive was less likely than they.
    """
    ended = sorted((_score(one, strategy) for one in found if one.ended), reverse=True)
    if len(ended) < strategy.n_best:
        return False
    alive = [one.log_prob for one in found if not one.ended]
    most = max(alive) if alive else min((one.log_prob for one in found if len(one.ids) == limit), default=0.0)
    kindest = max_len if strategy.length_penalty > 0 else limit + 1
    return most / length_penalty(kindest, strategy.length_penalty) <= ended[strategy.n_best - 1]


def _best(found: Sequence[Found], strategy: BeamSearch, is_last: bool) -> list[Found]:
    """The contenders: as many as the beam is wide. What is alive counts only at the last limit."""
    those = [one for one in found if one.ended or is_last]
    return sorted(those, key=lambda one: _score(one, strategy), reverse=True)[: strategy.width]


def _ranked(
    translator: Translator, rows: Rows, chosen: Sequence[Sequence[Found]], strategy: BeamSearch
) -> list[list[Hypothesis]]:
    """The contenders with the log-probabilities that no rule has changed, the ``n_best`` of them, best first."""
    pairs = [(row, one) for row, found in zip(rows, chosen, strict=True) for one in found]
    scored = iter(translator.score([row for row, _ in pairs], [one for _, one in pairs]))
    hypotheses = [[next(scored).hypothesis(strategy.length_penalty) for _ in found] for found in chosen]
    return [sorted(row, key=lambda one: one.score, reverse=True)[: strategy.n_best] for row in hypotheses]


def _score(one: Found, strategy: BeamSearch) -> float:
    return one.log_prob / length_penalty(len(one.ids), strategy.length_penalty)

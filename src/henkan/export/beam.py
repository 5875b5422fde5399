"""Beam search with CTranslate2, ranked and ended by henkan's rules.

CTranslate2 has a length penalty and a rule for stopping of its own. Neither is used: it is asked for everything that
ended, and for what was alive at a limit, and the rest is henkan's. What stays different is that the place of a sequence
that has ended is taken at once by the next best one, where henkan leaves it empty for that step.
See docs/decisions/0020-ctranslate2.md.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from henkan.bundle.engine import Rows
from henkan.decoding import BeamSearch, Hypothesis, length_penalty
from henkan.export.translator import NEVER, Found, Translator

NO_PENALTY = 1e-30  # length ** this is 1, and yet it is not the 0 that lets CTranslate2 stop at the first end
IMPOSSIBLE = 1e9  # a sequence less likely than exp of minus this stands for none
# The first limit is so many tokens behind the greedy output, and each further one so much later; all are multiples.
MARGIN, GROWTH, GRID = 4, 1.5, 4


def beam_search(
    translator: Translator, rows: Rows, strategy: BeamSearch, max_len: int, greedy: Sequence[Found]
) -> list[list[Hypothesis]]:
    """The best hypotheses of each row, best first. ``greedy`` are the rows' greedy outputs.

    A row is decoded to a limit near the length of that; if something alive there could still come to be among the best,
    it is decoded again, to a later limit and at last to ``max_len``. So stopping early changes no result.
    """
    waiting: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(greedy):
        waiting[_limit(len(one.ids) + MARGIN, max_len)].append(index)
    best: dict[int, list[Hypothesis]] = {}
    while waiting:
        limit = min(waiting)
        indices = waiting.pop(limit)
        some = [rows[index] for index in indices]
        results = _search(translator, some, strategy, limit)
        counting = [_sorted(found, strategy, limit == max_len) for found in results]
        ranked = _ranked(translator, some, counting, strategy, [greedy[index] for index in indices])
        for index, found, hypotheses in zip(indices, results, ranked, strict=True):
            if limit == max_len or _is_settled(found, hypotheses, strategy, limit, max_len):
                best[index] = hypotheses
            else:
                waiting[_limit(limit * GROWTH, max_len)].append(index)
    return [best[index] for index in range(len(rows))]


def _limit(length: float, max_len: int) -> int:
    return min(max_len, math.ceil(length / GRID) * GRID)


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


def _is_settled(
    found: Sequence[Found], best: Sequence[Hypothesis], strategy: BeamSearch, limit: int, max_len: int
) -> bool:
    """Whether nothing that was alive at ``limit`` can come to be among the ``best``.

    Where all the likeliest ended with the last token, what was alive was less likely than they.
    """
    if len(best) < strategy.n_best:
        return False
    alive = [one.log_prob for one in found if not one.ended]
    most = max(alive) if alive else min((one.log_prob for one in found if len(one.ids) == limit), default=0.0)
    kindest = max_len if strategy.length_penalty > 0 else limit + 1
    return most / length_penalty(kindest, strategy.length_penalty) <= best[-1].score


def _sorted(found: Sequence[Found], strategy: BeamSearch, is_last: bool) -> list[Found]:
    """What ended, best first; at the last limit what is alive counts as well."""
    return sorted((one for one in found if one.ended or is_last), key=lambda one: _score(one, strategy), reverse=True)


def _ranked(
    translator: Translator,
    rows: Rows,
    found: Sequence[Sequence[Found]],
    strategy: BeamSearch,
    known: Sequence[Found],
) -> list[list[Hypothesis]]:
    """The ``n_best`` of what was found for each row, by the log-probabilities that no rule has changed.

    The rules only ever add to a log-probability, so what is not among the first even with that need not be scored. Nor
    need the one of each row that is ``known``, as most of the best are.
    """
    ranked: list[list[Hypothesis]] = [[] for _ in rows]
    waiting = [list(those) for those in found]
    while any(waiting):
        first = [(index, one) for index, those in enumerate(waiting) for one in those[: strategy.n_best]]
        unknown = [(index, one) for index, one in first if one.ids != known[index].ids]
        scored = translator.score([rows[index] for index, _ in unknown], [one for _, one in unknown])
        both = [(index, known[index]) for index, one in first if one.ids == known[index].ids]
        for index, one in [*both, *zip((index for index, _ in unknown), scored, strict=True)]:
            ranked[index].append(one.hypothesis(strategy.length_penalty))
        for index, those in enumerate(waiting):
            ranked[index] = sorted(ranked[index], key=lambda one: one.score, reverse=True)[: strategy.n_best]
            least = ranked[index][-1].score if len(ranked[index]) == strategy.n_best else -math.inf
            waiting[index] = [one for one in those[strategy.n_best :] if _score(one, strategy) > least]
    return ranked


def _score(one: Found, strategy: BeamSearch) -> float:
    return one.log_prob / length_penalty(len(one.ids), strategy.length_penalty)

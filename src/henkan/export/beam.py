"""Beam search with CTranslate2, ranked and ended by henkan's rules.

CTranslate2 has a length penalty and a rule for stopping of its own. Neither is used: it is asked for the likeliest of
all that ended, and of what was alive at a limit, and the rest is henkan's. What stays different is that the place of a
sequence that has ended is taken at once by the next best one, where henkan leaves it empty for that step.
See docs/decisions/0020-ctranslate2.md.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from henkan.bundle.engine import Rows
from henkan.decoding import BeamSearch, Hypothesis, length_penalty
from henkan.export.translator import NEVER, Found, Translator, found_in

NO_PENALTY = 1e-30  # length ** this is 1, and yet it is not the 0 that lets CTranslate2 stop at the first end
IMPOSSIBLE = 1e9  # a sequence less likely than exp of minus this stands for none
MARGIN, GROWTH = 1, 1.25  # the first limit is so many tokens behind the greedy output, each further one so much later
HELD = 1 << 24  # tokens, at most, of the hypotheses that are shown at once where all are shown
SHOWN = 3  # times the width: so many hypotheses are shown before the last limit


def beam_search(
    translator: Translator, rows: Rows, strategy: BeamSearch, max_len: int, greedy: Sequence[Found]
) -> list[list[Hypothesis]]:
    """The best hypotheses of each row, best first. ``greedy`` are the rows' greedy outputs.

    Where no other sequence can be better, the greedy one is the answer: no beam would lose it. Any other row is decoded
    to a limit near the length of that; if something alive there could still come to be among the best, it is decoded
    again, to a later limit and at last to ``max_len``. So stopping early changes no result.
    """
    best: dict[int, list[Hypothesis]] = {}
    limits: dict[int, int] = {}  # of the rows that are to be decoded
    for index, one in enumerate(greedy):
        if is_certain(one, strategy, max_len):
            best[index] = [one.hypothesis(strategy.length_penalty)]
        else:
            limits[index] = min(max_len, len(one.ids) + MARGIN)
    while limits:
        results = _search(translator, rows, _first_of(limits, strategy, max_len), strategy, max_len)
        counting = [_sorted(result.found, strategy, limits[index] == max_len) for index, result in results.items()]
        some, known = [rows[index] for index in results], [greedy[index] for index in results]
        ranked = _ranked(translator, some, counting, strategy, known)
        for (index, result), hypotheses in zip(results.items(), ranked, strict=True):
            limit = limits.pop(index)
            if limit == max_len or _is_settled(result, hypotheses, strategy, limit, max_len):
                best[index] = hypotheses
            else:
                limits[index] = min(max_len, math.ceil(limit * GROWTH))
    return [best[index] for index in range(len(rows))]


def is_certain(greedy: Found, strategy: BeamSearch, max_len: int) -> bool:
    """Whether no other sequence has as good a score as the greedy output.

    Then no beginning of another is as likely as it, so that a beam of any width would find it.
    """
    best_of_others = _best_score(greedy.others, strategy, max_len)
    return strategy.n_best == 1 and greedy.ended and best_of_others < _score(greedy, strategy)


def _first_of(limits: Mapping[int, int], strategy: BeamSearch, max_len: int) -> dict[int, int]:
    """All of them, but of the last limit, where everything is shown, no more rows than there should be memory for."""
    last = [index for index, limit in limits.items() if limit == max_len]
    later = set(last[max(1, HELD // (strategy.width * max_len**2)) :])
    return {index: limit for index, limit in limits.items() if index not in later}


@dataclass(frozen=True)
class _Result:
    """What a search found for one row. Of what it does not show, nothing is likelier than ``others``."""

    found: list[Found]
    others: float


def _search(
    translator: Translator, rows: Rows, limits: Mapping[int, int], strategy: BeamSearch, max_len: int
) -> dict[int, _Result]:
    """The likeliest of all that ended, and of what was alive at the row's limit; where that is ``max_len``, all.

    All limits are begun at once, so that no thread waits while another ends the last batch of one of them.
    """
    begun: dict[int, list[Any]] = {}
    for limit in sorted(set(limits.values()), reverse=True):
        begun[limit] = translator.results(
            [rows[index] for index in limits if limits[index] == limit],
            limit,
            beam_size=strategy.width,
            num_hypotheses=strategy.width * (limit if limit == max_len else min(SHOWN, limit)),
            patience=limit,
            length_penalty=NO_PENALTY,
            suppress_sequences=NEVER,
            asynchronous=True,
        )
    places = {limit: iter(results) for limit, results in begun.items()}
    return {index: _read(next(places[limit]).result(), strategy, limit == max_len) for index, limit in limits.items()}


def _read(result: Any, strategy: BeamSearch, is_last: bool) -> _Result:
    shown = found_in(result)
    is_cut = not is_last and len(shown) >= SHOWN * strategy.width
    possible = {one.ids: one for one in shown if one.log_prob > -IMPOSSIBLE}
    return _Result(list(possible.values()), min(one.log_prob for one in shown) if is_cut else -math.inf)


def _is_settled(result: _Result, best: Sequence[Hypothesis], strategy: BeamSearch, limit: int, max_len: int) -> bool:
    """Whether nothing that was alive at ``limit``, or is not shown, can come to be among the ``best``.

    Where all the likeliest ended with the last token, what was alive was less likely than they.
    """
    if len(best) < strategy.n_best:
        return False
    alive = [one.log_prob for one in result.found if not one.ended]
    last = [one.log_prob for one in result.found if len(one.ids) == limit]
    unknown = -math.inf if result.others > -math.inf else 0.0
    most = max(result.others, max(alive) if alive else min(last, default=unknown))
    return _best_score(most, strategy, max_len) <= best[-1].score


def _best_score(log_prob: float, strategy: BeamSearch, max_len: int) -> float:
    """The best score that a sequence of this log-probability may have, if it is as long as the penalty likes best."""
    return log_prob / length_penalty(max_len if strategy.length_penalty > 0 else 1, strategy.length_penalty)


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

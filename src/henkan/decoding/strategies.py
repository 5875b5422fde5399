"""How to decode, in numbers: what each strategy is asked for. Here nothing computes, so nothing needs torch.

The work is in `greedy`, `sampling` and `beam`, which a strategy imports when it decodes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from henkan.decoding.hypothesis import Hypothesis
    from henkan.decoding.rules import Rules
    from henkan.decoding.state import State


@dataclass(frozen=True)
class Greedy:
    """Always the likeliest next token. Fast, and blind to what comes after: see ``BeamSearch``."""

    def decode(self, state: "State", rules: "Rules", seeds: Sequence[int] | None = None) -> "list[list[Hypothesis]]":
        """One hypothesis per row. There is no chance in it, so ``seeds`` change nothing."""
        from henkan.decoding.greedy import walk

        return walk(state, rules, lambda log_probs, rows, length: log_probs.argmax(-1))


@dataclass(frozen=True)
class Sampling:
    """Draw each token. Among the allowed tokens three filters are applied, in this order:

    1. ``temperature`` flattens (> 1) or sharpens (< 1) the distribution; towards 0 it becomes greedy.
    2. ``top_k`` keeps the k likeliest tokens; 1 is greedy.
    3. ``top_p`` keeps the fewest likeliest of these that together hold this share of their probability: the token that
       crosses the threshold stays, and so there is always one.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(
                f"temperature={self.temperature} must be above 0: for the likeliest token use Greedy or top_k=1"
            )
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k={self.top_k} keeps no token: it must be at least 1, or None for all")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p} must be above 0 and at most 1: it is a share of probability")

    def decode(self, state: "State", rules: "Rules", seeds: Sequence[int] | None = None) -> "list[list[Hypothesis]]":
        """One hypothesis per row, decided by the row's seed; without seeds torch's global generator gives them."""
        from henkan.decoding.sampling import sample

        return sample(self, state, rules, seeds)


@dataclass(frozen=True)
class BeamSearch:
    """Extend the ``width`` likeliest sequences together; of those that end, return the ``n_best`` best scores.

    A sequence whose end token leaves it among the ``width`` likeliest is set aside and never touched again. The others
    go on until none can still reach the ``n_best`` scores set aside, so stopping early changes no result. What is
    alive at the length limit competes as it stands, with ``ended`` False.

    A score is the log-probability divided by ``length_penalty``. Width 1 is greedy decoding. A beam as wide as there
    are sequences is an exhaustive search, and no other finds better. In between, wider is usually better and sometimes
    worse: what looks better for a step can crowd out what is better in the end.
    """

    width: int = 4
    length_penalty: float = 0.6
    n_best: int = 1

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width={self.width} keeps no hypothesis: it must be at least 1, which is greedy")
        if not 1 <= self.n_best <= self.width:
            raise ValueError(
                f"n_best={self.n_best} must lie between 1 and width={self.width}: widen the beam or ask for fewer"
            )
        if not -50 <= self.length_penalty <= 50:
            raise ValueError(
                f"length_penalty={self.length_penalty} must lie between -50 and 50: 0.6 is usual, 0 is none"
            )

    def decode(self, state: "State", rules: "Rules", seeds: Sequence[int] | None = None) -> "list[list[Hypothesis]]":
        """The best hypotheses of each row, best first. There is no chance in it, so ``seeds`` change nothing."""
        from henkan.decoding.beam import beam_search

        return beam_search(self, state, rules)


Strategy = Greedy | BeamSearch | Sampling


def length_penalty(length: int, alpha: float) -> float:
    """What the log-probability of ``length`` tokens is divided by (Wu et al. 2016, equation 14).

    The tokens that count are those that were scored: the end token if it was produced, the start token never.
    Log-probabilities are negative, so alpha > 0 favours longer hypotheses, alpha < 0 shorter ones, 0 neither. With
    alpha = 0.6, three tokens of probability 0.36 lose to six of probability 0.30; with 0 they would win:

    >>> import math
    >>> for length, probability in (3, 0.36), (6, 0.30):
    ...     penalty, log_prob = length_penalty(length, 0.6), math.log(probability)
    ...     print(f"{length} tokens: {log_prob:.6f} / {penalty:.6f} = {log_prob / penalty:.6f}")
    3 tokens: -1.021651 / 1.188402 = -0.859685
    6 tokens: -1.203973 / 1.438616 = -0.836897
    """
    return ((5 + length) / 6) ** alpha

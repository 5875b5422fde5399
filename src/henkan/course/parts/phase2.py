"""Phase 2: the softmax inside attention, attention from one sequence to another, and why scores are divided."""

from jaxtyping import Float
from torch import Tensor


def softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """The numbers of ``x`` along ``dim`` as probabilities: exp(x) over the sum of all exp(x) (paper, eq. 1).

    The largest number is subtracted first. It cancels in the quotient, and no exponential can overflow.
    """
    exponentials = (x - x.amax(dim=dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)

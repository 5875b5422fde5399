"""Forced decoding: what a model thinks of a target that is given."""

from collections.abc import Sequence

from jaxtyping import Bool, Float, Int
from torch import Tensor

from henkan.decoding.checks import as_models, check_target, place_source
from henkan.decoding.state import evaluating, mean_log_probs
from henkan.nn import Transformer


def score(
    models: Transformer | Sequence[Transformer],
    src: Int[Tensor, "B S"],
    tgt: Int[Tensor, "B T"],
    *,
    src_mask: Bool[Tensor, "..."] | None = None,
) -> tuple[Float[Tensor, " B"], Float[Tensor, "B T-1"]]:
    """The log-probability of each row of ``tgt``, and those of its tokens, of which it is the sum.

    ``tgt`` begins with the start token, which is not scored, and is padded on the right; padding scores 0. With an end
    token the row is scored as a complete sequence, without as a beginning. Several models score by their mean
    probability.
    """
    models = as_models(models)
    check_target(models, src, tgt)
    src, src_mask = place_source(models, src, src_mask)
    tgt = tgt.to(src.device)
    tgt_in, tgt_out = tgt[:, :-1], tgt[:, 1:]
    with evaluating(models):
        log_probs = mean_log_probs([model(src, tgt_in, src_mask) for model in models])
        of_tokens = log_probs.gather(2, tgt_out.unsqueeze(2)).squeeze(2).masked_fill(tgt_out == models[0].pad_idx, 0.0)
    return of_tokens.sum(1), of_tokens

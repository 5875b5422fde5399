"""Figures of a model that is told the right beginning at every step: teacher forcing, as in training."""

import math
from collections.abc import Sequence

from henkan.bundle import Bundle
from henkan.data import Batch, Example, encode_pair
from henkan.decoding import score
from henkan.evaluation import Metrics
from henkan.nn import Transformer

FORCED_NAMES = ("forced_token_accuracy", "forced_perplexity")
LARGEST = 700.0  # nats per token: the exponential of more is no number
BATCH_ROWS, BATCH_TOKENS = 256, 8192


def forced_metrics(bundle: Bundle, examples: Sequence[Example]) -> Metrics:
    """The figures of ``FORCED_NAMES``, over all real target tokens of all pairs, end tokens included.

    Every reference of a source makes a pair, as in training. ``forced_token_accuracy`` is the share of the tokens that
    are the model's first choice after the true ones before them, and ``forced_perplexity`` the exponential of their
    mean negative log-probability, without label smoothing. Tokens are what the tokenizer makes: figures of different
    tokenizers are not comparable.
    """
    pairs = [encode_pair(bundle.codec, one.source, text) for one in examples for text in one.references]
    pairs.sort(key=lambda pair: max(len(pair.src), len(pair.tgt)), reverse=True)
    log_prob, first_choices, tokens = 0.0, 0, 0
    while pairs:
        rows = max(1, min(BATCH_ROWS, BATCH_TOKENS // max(len(pairs[0].src), len(pairs[0].tgt))))
        batch, pairs = Batch.collate(pairs[:rows], bundle.model.pad_idx), pairs[rows:]
        log_probs, _ = score(bundle.model, batch.src, batch.tgt)
        log_prob += float(log_probs.double().sum())
        first_choices += _first_choices(bundle.model, batch)
        tokens += batch.num_target_tokens
    return dict(zip(FORCED_NAMES, (first_choices / tokens, math.exp(min(-log_prob / tokens, LARGEST))), strict=True))


def _first_choices(model: Transformer, batch: Batch) -> int:
    """How many real target tokens have the highest logit."""
    from henkan.training.loop import looking_only  # here, because few evaluations need it

    batch = batch.to(next(model.parameters()).device)
    with looking_only(model):
        chosen = model(batch.src, batch.tgt_in).argmax(dim=-1)
    return int(((chosen == batch.tgt_out) & (batch.tgt_out != batch.pad_idx)).sum())

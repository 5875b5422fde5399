"""The front door of decoding, and the two published functions behind which it stands."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from henkan.decoding.checks import as_models, check_positions, place_source
from henkan.decoding.hypothesis import Hypothesis, check_found
from henkan.decoding.rules import make_rules
from henkan.decoding.state import State, evaluating
from henkan.decoding.strategies import Greedy, Strategy
from henkan.nn import Transformer


def generate(  # noqa: PLR0913 - everything that can be asked of decoding, by name
    models: Transformer | Sequence[Transformer],
    src: Int[Tensor, "B S"],
    *,
    bos_idx: int,
    eos_idx: int,
    max_len: int,
    min_len: int = 0,
    strategy: Strategy = Greedy(),  # noqa: B008 - frozen
    prefix: Sequence[Sequence[int]] | None = None,
    seeds: Sequence[int] | None = None,
    src_mask: Bool[Tensor, "..."] | None = None,
) -> list[list[Hypothesis]]:
    """The hypotheses of each row of ``src``, best first; one, unless a beam was asked for its ``n_best``.

    A hypothesis has at most ``max_len`` tokens, its end token counted, and at least ``min_len``, its end token not
    counted; it begins with the row's ``prefix``. ``seeds``, one per row, decide what ``Sampling`` draws. Several models
    decode as one, by their mean probability. The models are left in the mode, training or not, in which they were.

    Raises ``ValueError``, before anything is decoded, for options that contradict each other or the model.
    """
    models = as_models(models)
    check_positions(models, max_len)
    if seeds is not None and len(seeds) != src.size(0):
        raise ValueError(f"{len(seeds)} seeds for {src.size(0)} rows of src: give one per row")
    src, src_mask = place_source(models, src, src_mask)
    rules = make_rules(
        models[0].tgt_embedding.num_embeddings,
        src.size(0),
        pad_idx=models[0].pad_idx,
        bos_idx=bos_idx,
        eos_idx=eos_idx,
        max_len=max_len,
        min_len=min_len,
        prefix=prefix,
        device=src.device,
    )
    if src.size(0) == 0:
        return []
    with evaluating(models):
        hypotheses = strategy.decode(State.start(models, src, src_mask), rules, seeds)
    check_found(hypotheses)
    return hypotheses


def decode_ids(  # noqa: PLR0913 - the order of the published Transformer.greedy_decode
    model: Transformer,
    src: Int[Tensor, "B S"],
    max_len: int,
    start_token_id: int,
    end_token_id: int,
    strategy: Strategy = Greedy(),  # noqa: B008 - frozen
    *,
    seeds: Sequence[int] | None = None,
    src_mask: Bool[Tensor, "..."] | None = None,
) -> Int[Tensor, "B T"]:
    """The best hypotheses as ids, on the device of ``src``: what ``Transformer.greedy_decode`` returns.

    A row holds the start token, the tokens and, if it ended, the end token; then ``pad_idx`` up to the longest row.
    ``max_len`` counts all of a row, the start token too; where it is more than the model has positions for, these are
    the limit.
    """
    if max_len < 1:
        raise ValueError(f"max_len={max_len} counts the start token and more: it must be at least 1")
    if max_len == 1:
        return torch.full((src.size(0), 1), start_token_id, device=src.device)
    hypotheses = generate(
        model,
        src,
        bos_idx=start_token_id,
        eos_idx=end_token_id,
        max_len=min(max_len - 1, model.max_len),
        strategy=strategy,
        seeds=seeds,
        src_mask=src_mask,
    )
    rows = [[start_token_id, *best.tokens, *([end_token_id] if best.ended else [])] for best, *_ in hypotheses]
    longest = max(map(len, rows), default=1)
    padded = [row + [model.pad_idx] * (longest - len(row)) for row in rows]
    return torch.tensor(padded, dtype=torch.long, device=src.device).view(len(rows), longest)


def greedy_decode(
    model: Transformer,
    src: Int[Tensor, "1 S"],
    src_mask: Bool[Tensor, "..."] | None,
    max_len: int,
    start_symbol: int,
    end_symbol: int,
    device: torch.device | str,
) -> Int[Tensor, "1 n"]:
    """The ids of one source, on ``device``: the start token, then at most ``max_len`` more, the end token included."""
    return decode_ids(model, src, max_len + 1, start_symbol, end_symbol, src_mask=src_mask).to(device)

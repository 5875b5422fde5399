"""What is checked before anything is decoded. Each check raises a ``ValueError`` that names the way out."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from henkan.nn import Transformer, create_padding_mask
from henkan.nn.checks import check_ids


def as_models(models: Transformer | Sequence[Transformer]) -> tuple[Transformer, ...]:
    """One model or several, as a tuple of models that can decode together."""
    if isinstance(models, nn.Module):
        return (models,)
    models = tuple(models)
    if not models:
        raise ValueError("no model to decode with: give one, or a list of at least one")
    for name in ("src_vocab_size", "tgt_vocab_size", "pad_idx"):
        values = [model.config[name] for model in models]
        if len(set(values)) > 1:
            raise ValueError(f"the models of an ensemble must agree in {name}, which is {values}")
    devices = {str(model.tgt_embedding.weight.device) for model in models}
    if len(devices) > 1:
        raise ValueError(f"the models of an ensemble are on several devices ({', '.join(sorted(devices))}): move them")
    return models


def place_source(
    models: Sequence[Transformer], src: Tensor, src_mask: Tensor | None
) -> tuple[Int[Tensor, "B S"], Bool[Tensor, "B 1 1 S"]]:
    """``src`` and its mask, checked and then moved to where the models are. A mask left out hides the padding."""
    check_ids(src, models[0].src_embedding.num_embeddings, "src")
    batch_size, length = src.shape
    if src_mask is None:
        src_mask = create_padding_mask(src, models[0].pad_idx)
    if src_mask.dtype != torch.bool or src_mask.shape not in ((batch_size, 1, 1, length), (1, 1, 1, length)):
        raise ValueError(
            f"src_mask must be a boolean tensor of shape ({batch_size} or 1, 1, 1, {length}), True = may attend, as "
            f"create_padding_mask makes it, not {src_mask.dtype} of shape {tuple(src_mask.shape)}"
        )
    device = models[0].tgt_embedding.weight.device
    return src.to(device), src_mask.to(device).expand(batch_size, 1, 1, length)


def check_target(models: Sequence[Transformer], src: Tensor, tgt: Tensor) -> None:
    """Raise unless ``tgt`` holds targets of ``src``, each from its start token on and padded on the right only."""
    check_ids(tgt, models[0].tgt_embedding.num_embeddings, "tgt")
    if src.size(0) != tgt.size(0):
        raise ValueError(f"src has {src.size(0)} rows and tgt {tgt.size(0)}: they must be pairs")
    if tgt.size(1) < 2:
        raise ValueError("tgt holds the start token alone: give at least one token to score after it")
    real = tgt != models[0].pad_idx
    if bool((real[:, 1:] & ~real[:, :-1]).any()):
        raise ValueError(f"tgt has padding (pad_idx={models[0].pad_idx}) before a token: pad it on the right only")
    check_positions(models, tgt.size(1) - 1)


def check_positions(models: Sequence[Transformer], length: int) -> None:
    """Raise unless every model has a position for each of ``length`` target tokens that it must read."""
    shortest = min(model.max_len for model in models)
    if length > shortest:
        raise ValueError(
            f"{length} target tokens are more than the {shortest} positions of the model: "
            f"lower max_len, or build the model with a larger one"
        )

"""Where a model looks while it writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from henkan.bundle import Bundle
from henkan.data import encode_pair
from henkan.nn import Transformer
from henkan.plotting import attention_map
from henkan.training.checkpoint import replacing

END = "<end>"


@dataclass(frozen=True)
class CrossAttention:
    """The cross-attention of one decoder layer: ``weights`` (T, S), a row for each symbol to be written."""

    weights: Tensor
    layer: int  # from 1
    source_symbols: list[str]
    target_symbols: list[str]


def sharpest_cross_attention(bundle: Bundle, source: str, target: str) -> CrossAttention:
    """What the model looks at while it writes ``target``: the mean of the heads, in the layer that hesitates least."""
    model = bundle.model
    device = next(model.parameters()).device
    pair = encode_pair(bundle.codec, source, target)
    src = torch.tensor([pair.src], device=device)
    tgt_in = torch.tensor([pair.tgt[:-1]], device=device)
    with _watching(model) as seen, torch.no_grad():
        model(src, tgt_in)
    means = [weights[0].mean(dim=0) for weights in seen]  # (1, H, T, S) -> (T, S)
    best = min(range(len(means)), key=lambda layer: float(_entropy(means[layer])))
    return CrossAttention(
        means[best],
        best + 1,
        [*bundle.source_tokenizer.labels(source), END],
        [*bundle.target_tokenizer.labels(target), END],
    )


def draw_attention(bundle: Bundle, source: str, target: str, path: Path) -> Path:
    """Save a picture of ``sharpest_cross_attention`` to ``path``, which appears complete or not at all; return it."""
    seen = sharpest_cross_attention(bundle, source, target)
    layer = f"cross-attention of decoder layer {seen.layer}, mean of the heads"
    title = f"each row: what it writes and where it looks\n({layer})"
    figure = attention_map(seen.weights, seen.source_symbols, seen.target_symbols, title)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


@contextmanager
def _watching(model: Transformer) -> Iterator[list[Tensor]]:
    """The cross-attention weights of each layer, (B, H, T, S), collected while the model is called."""
    seen: list[Tensor] = []

    def look(module: nn.Module, inputs: object, outputs: tuple[Tensor, Tensor]) -> None:
        seen.append(outputs[1])

    attentions = [module for name, module in model.decoder.named_modules() if name.endswith("cross_attention")]
    hooks = [attention.register_forward_hook(look) for attention in attentions]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _entropy(weights: Tensor) -> Tensor:
    """How widely the rows of ``weights`` are spread, on average."""
    return -(weights * weights.clamp(min=1e-12).log()).sum(dim=-1).mean()

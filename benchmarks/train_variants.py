"""What ``train_options.py`` undoes, one thing at a time. Imports wait until a variant's own process asks for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Variant:
    """What is undone: settings of the environment, what is replaced before the model is made, arguments of Adam."""

    environment: dict[str, str] = field(default_factory=dict)
    replace: Callable[[], None] = lambda: None
    adam: dict[str, bool] = field(default_factory=dict)
    smoothing_by_formula: bool = False
    max_norm: float = 0.0
    compiled: bool = False


def dropout_of_torch() -> None:
    import torch.nn.functional as F

    from henkan.nn import Dropout

    Dropout.forward = lambda self, x: F.dropout(x, self.p, self.training)


def dropout_that_compares_bytes() -> None:
    from henkan.nn import Dropout
    from henkan.nn.dropout import random_bytes

    def forward(self: Dropout, x: Any) -> Any:
        dropped = round(256 * self.p)
        return x * (random_bytes(x.shape) >= dropped).to(x.dtype).mul_(256 / (256 - dropped))

    Dropout.forward = forward


def no_dropout() -> None:
    from henkan.nn import Dropout

    Dropout.forward = lambda self, x: x


def zero_written_into_logits() -> None:
    import torch.nn.functional as F

    from henkan.nn.embedding import TiedProjection

    def forward(self: TiedProjection, x: Any) -> Any:
        logits = F.linear(x, self.weight)
        logits[..., self.pad_idx] = 0.0
        return logits

    TiedProjection.forward = forward


def attention_by_products() -> None:
    from henkan.nn import attention

    attention.fused_attention = lambda q, k, v, mask=None, *, dropout=0.0: attention.scaled_dot_product_attention(
        q, k, v, mask, dropout=dropout
    )[0]


def attention_by_torch() -> None:
    import torch.nn.functional as F

    from henkan.nn import attention

    attention.fused_attention = lambda q, k, v, mask=None, *, dropout=0.0: F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, dropout_p=dropout
    )


def projections_in_one_product() -> None:
    """Queries, keys and values of self-attention by one product, keys and values of cross-attention by another."""
    import torch
    import torch.nn.functional as F

    from henkan.nn import attention, decoder, encoder

    def project(module: Any, x: Any, linears: list[Any]) -> Any:
        joined = F.linear(x, torch.cat([a.weight for a in linears]), torch.cat([a.bias for a in linears]))
        return [attention.split_heads(part, module.num_heads) for part in joined.chunk(len(linears), dim=-1)]

    def attend(module: Any, query: Any, memory: Any, mask: Any = None) -> Any:
        linears = [module.query_projection, module.key_projection, module.value_projection]
        if query is memory:
            q, k, v = project(module, query, linears)
        else:
            (q,), (k, v) = project(module, query, linears[:1]), project(module, memory, linears[1:])
        return module.output_projection(attention.merge_heads(attention.fused_attention(q, k, v, mask)))

    encoder.attend = decoder.attend = attend


def formula_loss() -> Any:
    """The loss as autograd takes it apart: the gradient of each part is laid out over the vocabulary."""
    from torch import Tensor, nn

    class FormulaLoss(nn.Module):
        def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
            real = labels != 0
            log_probs = logits.log_softmax(dim=-1)
            own = log_probs.gather(1, labels.unsqueeze(1)).squeeze(1)
            losses = -(0.9 * own + 0.1 * log_probs.mean(dim=-1))
            return losses.where(real, 0.0).sum() / real.sum().clamp(min=1)

    return FormulaLoss()


VARIANTS = {
    "henkan": Variant(),
    "memory given back (glibc's defaults)": Variant({"HENKAN_ALLOCATOR": "system"}),
    "memory kept, no huge pages": Variant({"THP_MEM_ALLOC_ENABLE": "0"}),
    "loss by the formula": Variant(smoothing_by_formula=True),
    "zero written into the logits": Variant(replace=zero_written_into_logits),
    "dropout that compares bytes": Variant(replace=dropout_that_compares_bytes),
    "torch's dropout": Variant(replace=dropout_of_torch),
    "no dropout": Variant(replace=no_dropout),
    "Adam, foreach": Variant(adam={"fused": False, "foreach": True}),
    "gradients clipped": Variant(max_norm=1.0),
    "attention by products": Variant(replace=attention_by_products),
    "attention by torch's kernel": Variant(replace=attention_by_torch),
    "projections in one product": Variant(replace=projections_in_one_product),
    # a compiled model takes it anyway
    "compiled, torch's dropout": Variant(replace=dropout_of_torch, compiled=True),
    "all undone": Variant(
        {"HENKAN_ALLOCATOR": "system"},
        lambda: (dropout_of_torch(), zero_written_into_logits()),
        {"fused": False},
        smoothing_by_formula=True,
    ),
}

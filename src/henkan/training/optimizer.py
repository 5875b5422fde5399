"""Adam as the paper uses it (section 5.3), and which parameters decay."""

from typing import Any

from torch import nn, optim

from henkan.config import TrainingConfig

BETAS = (0.9, 0.98)
EPS = 1e-9


def make_optimizer(model: nn.Module, config: TrainingConfig) -> optim.Optimizer:
    """Adam or AdamW with the paper's constants; the rate starts at 0 and is set before every update."""
    groups = parameter_groups(model, config.weight_decay)
    kind = {"adam": optim.Adam, "adamw": optim.AdamW}[config.optimizer]
    # The fused kernel updates all parameters in one pass over memory.
    return kind(groups, lr=0.0, betas=BETAS, eps=EPS, weight_decay=0.0, fused=True)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two groups that hold every trainable parameter once: matrices decay; biases, norms and embeddings do not."""
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decaying: list[nn.Parameter] = []
    steady: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            decays = parameter.dim() > 1 and id(parameter) not in embeddings
            (decaying if decays else steady).append(parameter)
    return [{"params": decaying, "weight_decay": weight_decay}, {"params": steady, "weight_decay": 0.0}]

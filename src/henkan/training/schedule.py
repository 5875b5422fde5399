"""The learning rate over time (paper, section 5.3)."""

import math
from typing import Any

from torch.optim import Optimizer

from henkan.config import TrainingConfig


def noam_rate(step: int, d_model: int, warmup_steps: int) -> float:
    """The rate of update ``step``, counted from 1: d_model^-0.5 * min(step^-0.5, step * warmup_steps^-1.5) (eq. 3).

    It rises linearly to its peak at ``warmup_steps`` and falls with the root of the step. Without warm-up
    it only falls.
    """
    rise = step * warmup_steps**-1.5 if warmup_steps > 0 else math.inf
    return d_model**-0.5 * min(step**-0.5, rise)


class NoamScheduler:
    """Wraps an optimizer, made with ``lr=0``, and gives every update its rate from ``noam_rate``.

    ``factor`` scales all rates. Use it where an optimizer would be used: ``zero_grad``, ``step``, ``state_dict``.
    """

    def __init__(self, optimizer: Optimizer, d_model: int, warmup_steps: int, *, factor: float = 1.0) -> None:
        if warmup_steps < 0:
            raise ValueError(f"warmup_steps={warmup_steps} must be at least 0: it is a number of updates")
        self.optimizer = optimizer
        self.d_model = d_model
        self.warmup_steps = warmup_steps
        self.factor = factor
        self.num_steps = 0

    def step(self) -> None:
        """Set the rate of this update (the first is step 1) and make it."""
        self.num_steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.get_lr()
        self.optimizer.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        self.optimizer.zero_grad(set_to_none=set_to_none)

    def get_lr(self) -> float:
        """The rate of the latest update; 0 before the first."""
        return self.factor * noam_rate(self.num_steps, self.d_model, self.warmup_steps) if self.num_steps else 0.0

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The parameter groups of the optimizer."""
        return self.optimizer.param_groups

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on: the number of updates and the optimizer's state."""
        return {"num_steps": self.num_steps, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state``: the next update has the rate it would have had."""
        self.num_steps = state["num_steps"]
        self.optimizer.load_state_dict(state["optimizer"])


def rate_at(step: int, progress: float, config: TrainingConfig) -> float:
    """The rate of update ``step``, counted from 1, of a run that is ``progress`` (0 to 1) of the way through.

    Progress may be counted in updates or in time, so the same schedule fits a number of steps and a time budget.
    "inverse_sqrt" and "noam" are one: the rate of the paper's equation 3, scaled so that its peak is the learning rate.
    """
    warmup = min(1.0, step / config.warmup_steps) if config.warmup_steps else 1.0
    remaining = max(0.0, 1.0 - progress)
    inverse_sqrt = math.sqrt(max(config.warmup_steps, 1) / max(step, config.warmup_steps, 1))
    fall = {
        "linear": remaining,
        "cosine": 0.5 * (1 - math.cos(math.pi * remaining)),
        "inverse_sqrt": inverse_sqrt,
        "noam": inverse_sqrt,
        "constant": 1.0,
    }[config.schedule]
    return config.learning_rate * warmup * fall

"""What makes the updates of a training: the plain loop in this process, or Lightning in several."""

from importlib.util import find_spec

import torch

from henkan.config import Processes
from henkan.training import Fit, fit
from henkan.workflow.interrupts import Interrupts
from henkan.workflow.partial import Partial
from henkan.workflow.prepare import Prepared


def check_lightning() -> None:
    """Raise unless Lightning, which is an extra, is installed."""
    if find_spec("lightning") is None:
        raise ValueError('--engine lightning needs Lightning, which is an extra: pip install "henkan[lightning]"')


def make_engine(
    processes: Processes | None, device: torch.device, prepared: Prepared, partial: Partial, interrupts: Interrupts
) -> Fit:
    """What trains: ``fit`` without ``processes``."""
    if processes is None:
        return fit
    from henkan.training.lightning import LightningFit, make_trainer

    trainer = make_trainer(processes, device)
    has_pairs = prepared.place is not None
    return LightningFit(trainer, prepared.place or partial.pairs, partial.checkpoint, interrupts, has_pairs=has_pairs)


def take_part(processes: Processes, device: torch.device) -> bool:
    """Whether this process follows the first one of a training. If so, it has done so, to the end."""
    from henkan.training.lightning import follow, is_follower, make_trainer

    trainer = make_trainer(processes, device)
    if not is_follower(trainer):
        return False
    with Interrupts() as interrupts:
        follow(trainer, interrupts)
    return True

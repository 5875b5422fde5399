"""What makes the updates of a training: the plain loop in this process, or Lightning in several."""

import faulthandler
import os
from dataclasses import replace
from importlib.util import find_spec

import torch

from henkan.config import Processes, TrainingConfig
from henkan.training import Fit, fit
from henkan.workflow.interrupts import Interrupts
from henkan.workflow.partial import Partial
from henkan.workflow.prepare import Prepared
from henkan.workflow.wishes import Overrides

MOST_SIGNALS = 4  # that are taken patiently: a process may wait in vain for others


def check_lightning() -> None:
    """Raise unless Lightning, which is an extra, is installed."""
    if find_spec("lightning") is None:
        raise ValueError('--engine lightning needs Lightning, which is an extra: pip install "henkan[lightning]"')


def check_processes(processes: Processes | None, overrides: Overrides) -> None:
    """Raise if the processes cannot do what is asked for, or others have been started than are to be."""
    if processes is None:
        if int(os.environ.get("WORLD_SIZE", 1)) > 1 and "TORCHELASTIC_RUN_ID" in os.environ:
            raise ValueError("torchrun has started several processes: say --engine lightning and --devices")
        return
    check_lightning()
    from henkan.training.lightning import check_average, check_launched

    check_launched(processes)
    if processes.strategy == "fsdp":
        check_average(replace(TrainingConfig(), average=overrides.get("training", {}).get("average", "none")))


def make_engine(
    processes: Processes | None, device: torch.device, prepared: Prepared, partial: Partial, interrupts: Interrupts
) -> Fit:
    """What trains: ``fit`` without ``processes``."""
    if processes is None:
        return fit
    from henkan.training.lightning import LightningFit, be_quiet, is_follower, make_trainer

    be_quiet()
    trainer = make_trainer(processes, device)
    if is_follower(trainer):
        raise ValueError("this is not the first process of the training: it has to call take_part")
    interrupts.most = MOST_SIGNALS
    has_pairs = prepared.place is not None
    return LightningFit(trainer, prepared.place or partial.pairs, partial.checkpoint, interrupts, has_pairs=has_pairs)


def take_part(processes: Processes, device: torch.device) -> bool:
    """Whether this process follows the first one of a training. If so, it has done so, to the end."""
    from henkan.training.lightning import be_quiet, follow, is_follower, make_trainer

    be_quiet()
    trainer = make_trainer(processes, device)
    if not is_follower(trainer):
        return False
    faulthandler.enable()  # nobody else would say where this process was when it crashed
    with Interrupts() as interrupts:
        interrupts.most = MOST_SIGNALS
        follow(trainer, interrupts)
    return True

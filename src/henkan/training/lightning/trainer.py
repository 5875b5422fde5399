"""The trainer that henkan's own runs use: it shows, saves and restarts nothing by itself."""

import logging
import os
import signal
import socket
import tempfile
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy
from lightning.pytorch.strategies.launchers.subprocess_script import _SubprocessScriptLauncher

from henkan.config import Processes

ACCELERATORS = {"cpu": "cpu", "cuda": "gpu", "mps": "mps"}
READING = timedelta(days=2)  # the others wait while the first process reads the data
WAITING = timedelta(minutes=30)  # for each other, once the training has begun


def make_trainer(processes: Processes, device: torch.device | str = "cpu") -> lightning.Trainer:
    """A trainer for ``LightningFit`` or ``follow``; devices that are not there are a ``ValueError``."""
    check_launched(processes)
    if processes.count > 1 and processes.num_nodes == 1:
        _talk_within_the_machine()
    device = torch.device(device)
    index = [device.index] if device.index is not None and processes.devices == 1 else processes.devices
    strategy: Any = "auto"
    if processes.count > 1 and processes.strategy == "ddp":
        strategy = DDPStrategy(gradient_as_bucket_view=True, timeout=READING)
    elif processes.count > 1:
        strategy = ModelParallelStrategy(processes.count, 1, timeout=READING)
    try:
        trainer = lightning.Trainer(
            accelerator=ACCELERATORS[device.type],
            devices=index,
            num_nodes=processes.num_nodes,
            strategy=strategy,
            plugins=[SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else None,
            default_root_dir=Path(tempfile.gettempdir()) / "henkan-saves-elsewhere",
            max_epochs=-1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
    except (MisconfigurationException, RuntimeError) as error:
        raise ValueError(f"{processes.devices} devices ({device.type}) cannot be used here: {error}") from error
    # A request to end is henkan's to take: Lightning would talk to the other processes in the middle of anything.
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    _start_without_interrupts(trainer.strategy.launcher)
    return trainer


def _talk_within_the_machine() -> None:
    """Let gloo use the loopback interface, unless one is chosen: others come and go, with their connections."""
    if hasattr(socket, "if_nameindex"):
        for name in {"lo", "lo0"} & {name for _, name in socket.if_nameindex()}:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", name)


def _start_without_interrupts(launcher: Any) -> None:
    """Let the processes that ``launcher`` starts never get Ctrl-C: this one gets it, and tells them.

    A child that it ended while it is starting would leave this process waiting for it.
    """
    if not isinstance(launcher, _SubprocessScriptLauncher) or not hasattr(signal, "pthread_sigmask"):
        return
    start = launcher._call_children_scripts

    def start_deaf() -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    launcher._call_children_scripts = start_deaf  # type: ignore[method-assign]


def is_follower(trainer: lightning.Trainer) -> bool:
    """Whether this process is not the first one: it is to ``follow``."""
    return trainer.global_rank > 0


def check_launched(processes: Processes | None) -> None:
    """Raise if a launcher has started another number of processes than the training is to have."""
    count = processes.count if processes else 1
    if "TORCHELASTIC_RUN_ID" in os.environ:
        started, launcher = int(os.environ["WORLD_SIZE"]), "torchrun"
    elif SLURMEnvironment.detect():
        started, launcher = int(os.environ["SLURM_NTASKS"]), "Slurm"
        if "SLURM_STEP_ID" not in os.environ and count > 1:
            raise ValueError("Slurm starts the processes of a job only by srun: srun henkan train ...")
    else:
        return
    if started != count:
        raise ValueError(
            f"{launcher} has started {started} processes, but the training is to have {count}: give --engine lightning "
            f"with --devices (on each machine) and --num-nodes (machines) that multiply to {started}"
        )


def be_quiet() -> None:
    """Let Lightning say nothing but that a process has died."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric.strategies.launchers.subprocess_script").setLevel(logging.INFO)
    warnings.filterwarnings("ignore", module="lightning")


def shorten_waiting() -> None:
    """From here on, a process that the others hear nothing of for ``WAITING`` ends the training."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.distributed_c10d._set_pg_timeout(WAITING)

"""What to say when a process of a training hears nothing of another any more."""

import signal
import subprocess
import time
from typing import Any

import lightning
import torch

WORDS = ("Connection closed by peer", "Connection reset by peer", "Socket Timeout", "Timed out waiting", "NCCL error")
PATIENCE = 2.0  # seconds for a process that has lost its connections to end


def is_lost_connection(error: BaseException) -> bool:
    """Whether ``error`` says that another process is gone."""
    if not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.distributed.DistError) or any(words in str(error) for words in WORDS)


def describe_loss(trainer: lightning.Trainer, error: BaseException) -> str:
    """One sentence: that a process is gone, how it ended as far as is known here, and how to go on."""
    launcher: Any = trainer.strategy.launcher
    ended = _ended(getattr(launcher, "procs", []))
    known = [_how(number, status) for number, status in ended.items()]
    heard = str(error).partition("\n")[0]
    return (
        f"one of the {trainer.world_size} processes ended before the training did "
        f"({'; '.join(known) or 'what it said stands above'}; this one heard: {heard}): "
        f"the same command with --resume goes on from the latest checkpoint"
    )


def _ended(processes: list[subprocess.Popen[Any]]) -> dict[int, int]:
    """Which of the processes that this one started have ended, counted from the first of all, and with what status."""
    give_up = time.monotonic() + PATIENCE
    while processes and all(process.poll() is None for process in processes) and time.monotonic() < give_up:
        time.sleep(0.02)
    statuses = {number: process.poll() for number, process in enumerate(processes, start=2)}
    return {number: status for number, status in statuses.items() if status is not None}


def _how(number: int, status: int) -> str:
    if status >= 0:
        return f"process {number} ended with status {status}, and what it said stands above"
    try:
        name = signal.Signals(-status).name
    except ValueError:  # one that has a number only
        name = f"signal {-status}"
    return f"process {number} was ended by {name}" + (", for want of memory perhaps" if name == "SIGKILL" else "")

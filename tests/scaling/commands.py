"""``henkan train`` as a command, small enough for tests, in as many processes as asked for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from henkan import Bundle
from henkan.training import read_about

SMALL = (
    "--model.d_model=16", "--model.d_ff=32", "--model.num_heads=2",
    "--model.num_encoder_layers=1", "--model.num_decoder_layers=1",
    "--training.max_steps=80", "--training.evaluations=4", "--training.warmup_steps=5", "--training.batch_tokens=120",
    "--training.precision=float32", "--training.checkpoint_seconds=0.001",
)  # fmt: skip
TWO = ("--engine=lightning", "--devices=2")
PATIENCE = 120.0  # seconds; a hang is a failure
NO_EFFECT = "key_projection.bias"

Weights = dict[str, torch.Tensor]


def write_pairs(folder: Path) -> Path:
    """A file of 60 pairs, the lengths of which differ."""
    words = ["ab" * (1 + n % 5) + "cdefgh"[n % 6] for n in range(60)]
    path = folder / "pairs.tsv"
    path.write_text("".join(f"{word}{n}\t{n}{word[::-1]}\n" for n, word in enumerate(words)), encoding="utf-8")
    return path


def command(pairs: Path, out: Path, *options: str, small: Sequence[str] = SMALL) -> list[str]:
    """The command line of a training."""
    return [sys.executable, "-m", "henkan", "train", str(pairs), f"--out={out}", *small, *options]


def start(arguments: list[str], cwd: Path | None = None) -> subprocess.Popen[str]:
    """A process of its own group, so that all that it starts can be ended with it."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    return subprocess.Popen(
        arguments,
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, output and error output, if it ends in time."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, err


def train(pairs: Path, out: Path, *options: str, small: Sequence[str] = SMALL) -> tuple[Weights, str]:
    """The weights that a training ends with, and what it said."""
    status, said, errors = finish(start(command(pairs, out, *options, small=small)))
    assert status == 0, errors
    return weights(out), said


def weights(bundle: Path) -> Weights:
    """The weights of a bundle."""
    return {name: parameter.detach() for name, parameter in Bundle.load(bundle).model.named_parameters()}


def wait_for_step(out: Path, step: int, process: subprocess.Popen[str]) -> None:
    """Return once there is a checkpoint of at least so many updates."""
    checkpoint = Path(f"{out}.partial") / "checkpoint.safetensors"
    give_up = time.monotonic() + PATIENCE
    while not (checkpoint.exists() and read_about(checkpoint)[1].step >= step):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up, "no checkpoint came"
        time.sleep(0.01)


def child_of(process: subprocess.Popen[str]) -> int:
    """The process that ``process`` has started, the second of a training in two."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def far_apart(one: Weights, other: Weights) -> float:
    """The largest difference of two weights that decide anything.

    The bias of the keys adds the same to all scores of a query, which the softmax takes away again: its gradient is
    nothing but rounding, and Adam makes steps of ordinary length from that.
    """
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one if not name.endswith(NO_EFFECT))


def same(one: Weights, other: Weights) -> bool:
    """Whether all weights are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)

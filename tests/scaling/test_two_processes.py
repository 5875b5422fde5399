"""Two real processes train the model that one trains, and what is broken off goes on (T31, T33)."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from .commands import (
    TWO,
    Weights,
    child_of,
    command,
    far_apart,
    finish,
    same,
    start,
    train,
    wait_for_step,
    weights,
    write_pairs,
)

pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds child processes as Linux shows them"),
]
PLAIN = "--model.dropout=0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scaling")


@pytest.fixture(scope="module")
def pairs(folder: Path) -> Path:
    return write_pairs(folder)


@pytest.fixture(scope="module")
def by_one(pairs: Path, folder: Path) -> Weights:
    """What the plain loop makes of the pairs, without dropout."""
    return train(pairs, folder / "plain", PLAIN)[0]


@pytest.fixture(scope="module")
def by_two(pairs: Path, folder: Path) -> Weights:
    """What two processes make of the pairs, with dropout."""
    return train(pairs, folder / "two-with-dropout", *TWO)[0]


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_train_the_model_of_one(  # T31
    pairs: Path, folder: Path, by_one: Weights, strategy: str
) -> None:
    found, said = train(pairs, folder / f"two-{strategy}", PLAIN, *TWO, f"--strategy={strategy}")
    assert far_apart(found, by_one) < 1e-5
    assert f"2 processes share each batch ({strategy})" in said
    assert not Path(f"{folder}/two-{strategy}.partial").exists()


def test_small_batches_in_two_processes_add_up_to_the_update_of_one(pairs: Path, folder: Path) -> None:
    options = (PLAIN, "--training.max_steps=20", "--training.batch_tokens=40", "--training.accumulate=3")
    one = train(pairs, folder / "one-accumulated", *options)[0]
    two = train(pairs, folder / "two-accumulated", *options, *TWO)[0]
    assert far_apart(two, one) < 1e-5


def test_a_training_whose_first_process_was_killed_is_resumed_bit_for_bit(  # T33
    pairs: Path, folder: Path, by_two: Weights
) -> None:
    out = folder / "killed-first"
    process = start(command(pairs, out, *TWO))
    wait_for_step(out, 30, process)
    os.kill(process.pid, signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL  # and its other process ended, too: it held the pipes
    assert same(train(pairs, out, *TWO, "--resume")[0], by_two)


def test_when_the_second_process_is_killed_the_first_says_so_and_can_be_resumed(
    pairs: Path, folder: Path, by_two: Weights
) -> None:
    out = folder / "killed-second"
    process = start(command(pairs, out, *TWO))
    wait_for_step(out, 30, process)
    os.kill(child_of(process), signal.SIGKILL)
    status, _, errors = finish(process)
    assert status == 2
    assert errors.count("henkan train: ") == 1
    assert "one of the 2 processes ended" in errors
    assert "process 2 was ended by SIGKILL, for want of memory perhaps; this one heard: " in errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    assert same(train(pairs, out, *TWO, "--resume")[0], by_two)


@pytest.mark.parametrize(
    ("number", "to"),
    [(signal.SIGINT, "both"), (signal.SIGTERM, "both"), (signal.SIGTERM, "first"), (signal.SIGTERM, "second")],
    ids=str,
)
def test_asked_to_stop_both_processes_end_with_a_bundle_and_a_checkpoint(
    pairs: Path, folder: Path, by_two: Weights, number: signal.Signals, to: str
) -> None:
    out = folder / f"stopped-{number.name}-{to}"
    process = start(command(pairs, out, *TWO))
    wait_for_step(out, 30, process)
    if to == "both":
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid if to == "first" else child_of(process), number)
    status, said, errors = finish(process)
    assert status == 0, errors
    assert "Interrupted" in said
    assert same(train(pairs, out, *TWO, "--resume")[0], by_two)


def test_ctrl_c_while_the_processes_find_each_other_leaves_nothing(pairs: Path, folder: Path) -> None:
    for seconds in (0.0, 0.5, 1.0):
        out = folder / f"stopped-early-{seconds}"
        process = start(command(pairs, out, *TWO))
        while not Path(f"{out}.partial", "pairs", "lines.npy").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        status, _, errors = finish(process)
        assert status != -signal.SIGKILL, errors
        assert "Traceback" not in errors
        assert status == 0 or not Path(f"{out}.partial").exists()


def test_an_error_in_the_first_process_ends_all_with_its_words(pairs: Path, folder: Path) -> None:
    blocked = folder / "blocked"
    program = (
        "import sys\n"
        "import henkan.workflow.evaluate as evaluate\n"
        "from henkan.cli import main\n"
        "def fail(*arguments, **options): raise ValueError('no dev figures today')\n"
        "evaluate.compute_metrics = fail\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    script = folder / "failing.py"
    script.write_text(program, encoding="utf-8")
    _, _, _, *arguments = command(pairs, blocked, *TWO)
    status, _, errors = finish(start([sys.executable, str(script), "train", *arguments[1:]]))
    assert status == 2
    assert "no dev figures today" in errors
    assert "Traceback" not in errors


def test_the_clock_of_the_first_process_decides_for_both(pairs: Path, folder: Path) -> None:
    options = ("--training.max_minutes=0.05", "--training.patience=3")
    _, said = train(pairs, folder / "timed", *TWO, *options)
    assert "The time is used up" in said or "No improvement" in said


def test_each_of_two_processes_has_sixteen_rows_of_a_batch_of_thirty_two(pairs: Path, folder: Path) -> None:  # T31
    options = (PLAIN, "--training.batch_rows=32", "--training.batch_tokens=100000", "--training.max_steps=30")
    one = train(pairs, folder / "rows-of-one", *options)[0]
    two = train(pairs, folder / "rows-of-two", *options, *TWO)[0]
    assert far_apart(two, one) < 1e-5


@pytest.mark.parametrize(
    ("first", "second"),
    [((), TWO), (TWO, ()), (TWO, ("--engine=lightning",)), (("--engine=lightning",), (*TWO, "--strategy=fsdp"))],
    ids=["plain, then two", "two, then plain", "two, then one on Lightning", "one on Lightning, then two with fsdp"],
)
def test_a_checkpoint_goes_on_in_another_engine_and_in_another_number_of_processes(
    pairs: Path, folder: Path, by_one: Weights, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    out = folder / "-".join(["moved", *first, "to", *second])
    process = start(command(pairs, out, PLAIN, *first))
    wait_for_step(out, 30, process)
    os.killpg(process.pid, signal.SIGKILL)
    finish(process)
    found, said = train(pairs, out, PLAIN, *second, "--resume")
    assert far_apart(found, by_one) < 1e-5
    assert "resumed after" in said


def test_a_model_in_pieces_is_saved_in_pieces_and_becomes_an_ordinary_bundle(pairs: Path, folder: Path) -> None:
    straight = lightning_command(pairs, folder / "straight", 30)
    lightning_command(
        pairs,
        folder / "broken-off",
        20,
        "--trainer.callbacks+=lightning.pytorch.callbacks.ModelCheckpoint",
        f"--trainer.callbacks.dirpath={folder / 'pieces'}",
        "--trainer.callbacks.every_n_train_steps=15",
    )
    (checkpoint,) = (folder / "pieces").iterdir()
    assert len(list(checkpoint.glob("*.distcp"))) == 2  # a file for each process
    resumed = lightning_command(pairs, folder / "resumed", 30, f"--ckpt_path={checkpoint}", "--weights_only=false")
    assert far_apart(resumed, straight) < 1e-5


def lightning_command(pairs: Path, bundle: Path, max_steps: int, *options: str) -> Weights:
    """The weights that Lightning's own command ends with after so many updates, in two processes with fsdp."""
    settings = {
        "data.target": pairs, "data.training.max_steps": 30, "data.training.warmup_steps": 5,
        "data.training.batch_tokens": 120, "data.training.evaluations": 1,
        "model.config.d_model": 16, "model.config.d_ff": 32, "model.config.num_heads": 2, "model.config.dropout": 0,
        "trainer.max_steps": max_steps, "trainer.accelerator": "cpu", "trainer.devices": 2,
        "trainer.strategy": "lightning.pytorch.strategies.ModelParallelStrategy",
        "trainer.strategy.data_parallel_size": 2, "trainer.strategy.tensor_parallel_size": 1,
        "trainer.logger": "false", "trainer.enable_progress_bar": "false", "trainer.enable_model_summary": "false",
        "trainer.callbacks+": "henkan.training.lightning.RunCallback",
    }  # fmt: skip
    export = ("--trainer.callbacks+=henkan.training.lightning.BundleExport", f"--trainer.callbacks.folder={bundle}")
    named = [f"--{name}={value}" for name, value in settings.items()]
    saving = () if any("ModelCheckpoint" in option for option in options) else ("--trainer.enable_checkpointing=false",)
    process = start([sys.executable, "-m", "henkan", "lightning", "fit", *named, *export, *saving, *options])
    status, _, errors = finish(process)
    assert status == 0, errors
    return weights(bundle)

"""The options that choose an engine, and what they say to those who lack something."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from henkan.cli import main
from henkan.config import Processes, TrainingConfig
from henkan.training import KeepBest

from .commands import SMALL, train, write_pairs

Fails = Callable[..., str]


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fails:
    """What a command says that ends with status 2."""
    write_pairs(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert not (tmp_path / "runs").exists()
        return captured.err

    return run


@pytest.mark.parametrize("command", [("train", "pairs.tsv", "--engine=lightning"), ("lightning", "fit")], ids=" ".join)
def test_without_lightning_it_is_said_what_to_install(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr("henkan.workflow.engine.find_spec", lambda name: None)
    assert 'pip install "henkan[lightning]"' in fails(*command)


@pytest.mark.parametrize("option", ["--devices=2", "--num-nodes=2", "--strategy=fsdp"])
def test_several_processes_need_an_engine_for_them(fails: Fails, option: str) -> None:
    said = fails("train", "pairs.tsv", option)
    assert option.partition("=")[0] in said
    assert "add --engine lightning" in said


def test_there_is_one_way_at_a_time_to_name_the_precision(fails: Fails) -> None:
    said = fails("train", "pairs.tsv", "--precision=32-true", "--training.precision=bfloat16")
    assert "leave one of them out" in said


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_a_number_of_devices_that_is_none_is_refused(fails: Fails, count: str) -> None:
    assert "devices" in fails("train", "pairs.tsv", "--engine=lightning", f"--devices={count}")


def test_the_names_of_lightning_for_the_precision_are_those_of_henkan(tmp_path: Path) -> None:
    from henkan import Bundle

    train(write_pairs(tmp_path), tmp_path / "out", "--precision=bf16-mixed", "--training.max_steps=2", small=SMALL[:5])
    assert Bundle.load(tmp_path / "out").record["settings"]["training"]["precision"] == "bfloat16"


@pytest.mark.parametrize("average", ["last", "best"])
def test_averages_that_fsdp_cannot_make_are_refused_before_anything_is_read(fails: Fails, average: str) -> None:
    said = fails(
        "train", "missing.tsv", "--engine=lightning", "--devices=2", "--strategy=fsdp", f"--training.average={average}"
    )
    assert f"average={average} keeps whole copies" in said


@pytest.mark.parametrize("options", [(), ("--engine=lightning",), ("--engine=lightning", "--devices=3")], ids=str)
def test_what_torchrun_has_started_must_be_what_is_asked_for(
    fails: Fails, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    monkeypatch.setenv("WORLD_SIZE", "2")
    said = fails("train", "pairs.tsv", *options)
    assert "torchrun has started" in said
    assert "--devices" in said


def test_slurm_without_srun_is_told_so_and_does_not_wait(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SLURM_NTASKS", "2"), ("SLURM_PROCID", "0"), ("SLURM_JOB_NAME", "job")):
        monkeypatch.setenv(name, value)
    assert "only by srun" in fails("train", "pairs.tsv", "--engine=lightning", "--devices=2")


def test_averages_of_whole_copies_are_refused_where_no_process_has_the_whole() -> None:
    pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
    from henkan.training.lightning import LightningFit, make_trainer

    fit = LightningFit(make_trainer(Processes(2, strategy="fsdp")), Path("pairs"), Path("checkpoint"), None)
    with pytest.raises(ValueError, match="average=best keeps whole copies"):
        fit(*_nothing(TrainingConfig(average="best")), evaluate_dev=dict, keep=KeepBest("x"), observer=None)


def _nothing(config: TrainingConfig) -> tuple[object, ...]:
    from henkan.data import EncodedPair, TokenBatches
    from henkan.nn import Transformer

    return Transformer(6, 6, 8, 1, 2, 16), TokenBatches([EncodedPair([4, 2], [1, 4, 2])], 8), config


@pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="names interfaces as Unix does")
@pytest.mark.parametrize(("processes", "chosen", "used"), [
    (Processes(2), None, {"lo", "lo0"}),
    (Processes(2), "eth7", {"eth7"}),
    (Processes(2, num_nodes=2), None, {None}),
    (Processes(1), None, {None}),
])  # fmt: skip
def test_processes_of_one_machine_talk_within_it_so_that_a_lost_network_loses_no_training(
    monkeypatch: pytest.MonkeyPatch, processes: Processes, chosen: str | None, used: set[str | None]
) -> None:
    pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
    from henkan.training.lightning import make_trainer

    monkeypatch.setenv("GLOO_SOCKET_IFNAME", chosen or "to be put back")
    if chosen is None:
        monkeypatch.delenv("GLOO_SOCKET_IFNAME")
    make_trainer(processes)
    assert os.environ.get("GLOO_SOCKET_IFNAME") in used

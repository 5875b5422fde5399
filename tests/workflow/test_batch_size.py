"""``--find-batch-size``: what is tried, what is chosen, and that too little memory is no crash."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from henkan.config import TrainingConfig
from henkan.data import EncodedPair, PairArrays
from henkan.nn import Transformer
from henkan.workflow import batch_size
from henkan.workflow import memory as memory_module
from henkan.workflow.batch_size import Trial, choose_batch_size, describe_trials, try_batch_sizes
from henkan.workflow.memory import free_memory, is_memory_error, keeping
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides

CONFIG = TrainingConfig(precision="float32")
CPU = torch.device("cpu")


def pairs_of(count: int, length: int = 8) -> PairArrays:
    row = [4 + n % 6 for n in range(length - 2)]
    return PairArrays.of([EncodedPair([*row, 2], [1, *row, 2]) for _ in range(count)])


def model() -> Transformer:
    torch.manual_seed(0)
    return Transformer(10, 10, 8, 1, 2, 16, dropout=0.5)


# What is chosen


def test_the_smallest_that_is_nearly_as_fast_as_the_fastest_is_chosen() -> None:
    trials = [Trial(512, 1, 50.0), Trial(1024, 2, 96.0), Trial(2048, 4, 100.0), Trial(4096, 8)]
    assert choose_batch_size(trials) == 1024
    assert choose_batch_size([replace(trials[0], speed=94.0), *trials[1:]]) == 1024
    assert choose_batch_size([replace(trials[0], speed=95.0), *trials[1:]]) == 512


def test_a_time_budget_leaves_out_batches_of_which_too_few_updates_fit() -> None:
    trials = [Trial(512, 1, 1000.0), Trial(1024, 2, 2000.0), Trial(2048, 4, 4000.0), Trial(4096, 8, 5000.0)]
    assert choose_batch_size(trials) == 4096
    assert choose_batch_size(trials, seconds=600.0) == 2048  # 1172 updates; of 4096, it would be 732
    assert choose_batch_size(trials, seconds=1.0) == 512


def test_what_does_not_fit_is_never_chosen() -> None:
    with pytest.raises(ValueError, match=r"not even batches of 512 tokens fit.*--model\.d_model 64"):
        choose_batch_size([Trial(512, 1)])


def test_the_table_has_a_line_for_each_size() -> None:
    lines = describe_trials([Trial(512, 2**20, 1234.5), Trial(1024, 2**21)], 512)
    assert [line.split() for line in lines[1:]] == [
        ["512", "1", "MB", "1,234", "chosen"],
        ["1,024", "2", "MB", "too", "large"],
    ]


# What is tried


def test_sizes_double_until_an_epoch_would_have_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_size, "NO_FASTER", 100)
    trials = try_batch_sizes(model(), pairs_of(5000), CONFIG, None)
    assert [trial.tokens for trial in trials] == [512, 1024, 2048]  # 40,000 tokens make 19 of these, and 9 of 4096
    assert all(trial.speed is not None and trial.speed > 0 for trial in trials)
    assert trials[0].memory < trials[1].memory < trials[2].memory


def test_the_longest_pair_always_fits_into_the_smallest_batch() -> None:
    [first, *_] = try_batch_sizes(model(), pairs_of(20, length=700), CONFIG, None)
    assert first.tokens == 1024


def test_nothing_that_was_learned_is_changed() -> None:
    one = model().eval()
    before, random = [parameter.detach().clone() for parameter in one.parameters()], torch.get_rng_state()
    try_batch_sizes(one, pairs_of(300), CONFIG, None)
    assert all(torch.equal(a, b) for a, b in zip(before, one.parameters(), strict=True))
    assert all(parameter.grad is None for parameter in one.parameters())
    assert torch.equal(random, torch.get_rng_state())
    assert not one.training


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("can't allocate memory")])
def test_a_size_for_which_there_is_no_memory_is_the_last(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    real = batch_size._pass

    def short(model: Transformer, batch: torch.Tensor, *rest: object) -> None:
        if batch.src.numel() > 1100:
            raise error
        real(model, batch, *rest)

    monkeypatch.setattr(batch_size, "_pass", short)
    trials = try_batch_sizes(model(), pairs_of(20_000), CONFIG, None)
    assert [trial.tokens for trial in trials if trial.speed is None] == [2048]
    assert trials[-1].tokens == 2048
    assert choose_batch_size(trials) in (512, 1024)


def test_another_error_is_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(batch_size, "_pass", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        try_batch_sizes(model(), pairs_of(300), CONFIG, None)


def test_on_the_cpu_a_size_that_would_not_fit_is_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs, tried = pairs_of(20_000), []
    memory = try_batch_sizes(model(), pairs_of(300), CONFIG, None)[0].memory
    weights = sum(p.numel() * p.element_size() for p in model().parameters())
    monkeypatch.setattr(batch_size, "free_memory", lambda _: round((3 * memory + 6 * weights) / 0.8))
    real = batch_size._try

    def watched(model: Transformer, pairs: PairArrays, config: TrainingConfig, autocast: None) -> Trial:
        tried.append(config.batch_tokens)
        return real(model, pairs, config, autocast)

    monkeypatch.setattr(batch_size, "_try", watched)
    trials = try_batch_sizes(model(), pairs, CONFIG, None)
    assert tried == [512, 1024]
    assert (trials[-1].tokens, trials[-1].speed) == (2048, None)


LITTLE_MEMORY = """
import resource, sys
sys.path.insert(0, "tests/workflow")
import torch
from test_batch_size import CONFIG, pairs_of
from henkan.nn import Transformer
from henkan.workflow import batch_size

torch.set_num_threads(1)
batch_size.free_memory = lambda _: None
batch_size.NO_FASTER = 100
model = Transformer(10, 10, 64, 2, 4, 256)
batch_size._try(model, pairs_of(100), CONFIG, None)
used = 1024 * next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
trials = batch_size.try_batch_sizes(model, pairs_of(100_000), CONFIG, None)
assert trials[-1].speed is None, trials
print(batch_size.choose_batch_size(trials))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_really_runs_out_of_memory_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", LITTLE_MEMORY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 512


# Memory


def test_what_is_kept_for_the_way_back_is_counted_once() -> None:
    weight, x = torch.nn.Parameter(torch.ones(1000)), torch.ones(1000, requires_grad=True)
    with keeping() as kept:
        (x * weight).exp().sum()
    assert kept.bytes == 2 * 4 * 1000  # x for the product, and the result of exp; the weights are there anyway


def test_a_container_may_have_less_than_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    2000 kB\n")
    monkeypatch.setattr(memory_module, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory_module, "CGROUP", tmp_path)
    assert free_memory(CPU) == 2000 * 1024
    for name, text in (("max", "max"), ("current", "600000"), ("stat", "anon 500000\ninactive_file 100000")):
        (tmp_path / f"memory.{name}").write_text(f"{text}\n")
    assert free_memory(CPU) == 2000 * 1024
    (tmp_path / "memory.max").write_text("1000000\n")
    assert free_memory(CPU) == 500_000
    (tmp_path / "meminfo").unlink()
    (tmp_path / "memory.max").unlink()
    assert free_memory(CPU) is None


def test_errors_of_memory_are_told_from_others() -> None:
    words = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
    assert is_memory_error(RuntimeError(words))
    assert not is_memory_error(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


# In a training


def test_a_training_uses_what_was_found_and_says_so(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {**quick, "training": {key: value for key, value in quick["training"].items() if key != "batch_tokens"}}
    found = [Trial(512, 2**20, 10.0), Trial(1024, 2**21, 20.0), Trial(2048, 2**22)]
    monkeypatch.setattr("henkan.workflow.plan.try_batch_sizes", lambda *_: found)
    lines: list[str] = []
    result = train(str(pairs), overrides=free, out=tmp_path / "out", find_batch_size=True, say=lines.append)
    assert result.bundle.record["settings"]["training"]["batch_tokens"] == 1024
    assert any(line.split()[-1:] == ["chosen"] for line in lines)
    assert "tried out" in result.bundle.record["reasons"]["training.batch_tokens"]
    with pytest.raises(ValueError, match="--find-batch-size chooses batch_tokens: leave one of them out"):
        train(str(pairs), overrides=quick, out=tmp_path / "other", find_batch_size=True)

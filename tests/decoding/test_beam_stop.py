"""Beam search: when it stops."""

import math

import pytest
import torch

from henkan.decoding import BeamSearch, Hypothesis, beam, generate
from henkan.decoding.state import State

from .models import BOS, EOS, SRC, assert_same, letter_model, random_model, spell

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

# The empty text ends at once; the long one is less likely, but by little.
SHORT_OR_LONG = {
    "^": {"$": 0.45, "a": 0.35, "e": 0.2},
    "a": {"b": 1.0},
    "b": {"c": 1.0},
    "c": {"$": 1.0},
    "e": {"$": 1.0},
}


def found_by(strategy: BeamSearch, table: dict[str, dict[str, float]], max_len: int = 6) -> list[str]:
    (hypotheses,) = generate(letter_model(table), SRC[:1], bos_idx=BOS, eos_idx=EOS, max_len=max_len, strategy=strategy)
    return [spell(hypothesis) for hypothesis in hypotheses]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each step that was taken."""
    taken: list[int] = []
    step = State.step

    def counted(self: State, tokens: torch.Tensor) -> tuple[torch.Tensor, State]:
        taken.append(len(tokens))
        return step(self, tokens)

    monkeypatch.setattr(State, "step", counted)
    return taken


def test_a_longer_better_hypothesis_is_found_after_shorter_ones_have_ended():  # T13
    assert found_by(BeamSearch(2, 1.0), SHORT_OR_LONG) == ["abc$"]
    assert found_by(BeamSearch(2, 0.0), SHORT_OR_LONG) == ["$"]
    assert found_by(BeamSearch(3, 1.0, 3), SHORT_OR_LONG) == ["abc$", "$", "e$"]


def test_it_stops_when_nothing_better_can_come(steps: list[int]):
    assert found_by(BeamSearch(2, 0.0), SHORT_OR_LONG) == ["$"]
    assert len(steps) == 1  # a has 0.35, and will not get back to 0.45
    steps.clear()
    assert found_by(BeamSearch(2, -1.0), SHORT_OR_LONG) == ["$"]
    assert len(steps) == 1
    steps.clear()
    assert found_by(BeamSearch(2, 1.0), SHORT_OR_LONG, 6) == ["abc$"]
    assert len(steps) == 4  # log 0.45 = -0.80, but six tokens might make log 0.35 / (11 / 6) = -0.57 of a


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5, -0.6, -3.0])
@pytest.mark.parametrize("n_best", [1, 3])
def test_stopping_early_changes_no_result(n_best: int, alpha: float, steps: list[int], monkeypatch: pytest.MonkeyPatch):
    models = [random_model(seed) for seed in range(3)]

    def decode() -> list[list[Hypothesis]]:
        options = {"bos_idx": BOS, "eos_idx": EOS, "max_len": 9, "strategy": BeamSearch(3, alpha, n_best)}
        return [found for model in models for found in generate(model, SRC, **options)]

    early, few = decode(), sum(steps)
    monkeypatch.setattr(
        beam, "within_reach", lambda _, log_probs, *__: log_probs.masked_fill(log_probs.isfinite(), math.inf)
    )
    late, many = decode(), sum(steps) - few
    assert few < many, "nothing stopped early, so nothing was tried"
    for found, expected in zip(early, late, strict=True):
        assert_same(found, expected)


def test_at_the_limit_what_is_alive_competes_by_its_score():
    endless = {"^": {"a": 0.7, "$": 0.3}, "a": {"a": 0.9, "$": 0.1}}
    (hypotheses,) = generate(
        letter_model(endless), SRC[:1], bos_idx=BOS, eos_idx=EOS, max_len=3, strategy=BeamSearch(3, 0.0, 3)
    )
    assert [(spell(h), h.ended) for h in hypotheses] == [("aaa", False), ("$", True), ("a$", True)]
    assert [math.exp(h.score) for h in hypotheses] == pytest.approx([0.7 * 0.9 * 0.9, 0.3, 0.7 * 0.1])

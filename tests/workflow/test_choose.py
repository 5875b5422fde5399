"""What is chosen from the data, and who may overrule it."""

import pytest

from henkan.config import PRESETS, DataConfig, ModelConfig, TrainingConfig
from henkan.data import EncodedPair
from henkan.workflow import choose
from henkan.workflow.choose import Choice, DataSize, Rule, apply


def size(pairs: int, tokens_per_pair: int = 10, longest: int = 20) -> DataSize:
    return DataSize(pairs, pairs * tokens_per_pair, longest, longest)


@pytest.mark.parametrize(
    ("pairs", "on_accelerator", "preset"),
    [
        (10, False, "small"),
        (1_999, False, "small"),
        (2_000, False, "medium"),
        (9_999, False, "medium"),
        (10_000, False, "wide"),
        (50_000, False, "wide"),
        (49_999, True, "medium"),
        (50_000, True, "large"),
    ],
)
def test_more_data_gets_a_larger_model(pairs: int, on_accelerator: bool, preset: str) -> None:
    config, choices = apply("model", ModelConfig(), choose.model_rules(size(pairs), on_accelerator=on_accelerator))
    for field in choose.SIZE_FIELDS:
        assert getattr(config, field) == getattr(PRESETS[preset], field)
    assert any(preset in choice.reason for choice in choices)
    assert all(choice.reason for choice in choices)


def test_a_wide_model_is_for_short_sequences() -> None:
    config, _ = apply("model", ModelConfig(), choose.model_rules(size(50_000, tokens_per_pair=40, longest=90)))
    assert (config.d_model, config.num_decoder_layers) == (128, 3)


def test_there_is_room_for_the_longest_sequence_and_for_the_longest_output() -> None:
    long = DataSize(pairs=10, tokens=100, longest_source=100, longest_target=900)
    config, _ = apply("model", ModelConfig(), choose.model_rules(long))
    assert config.max_len >= choose.output_limit(long) == 2 * 898 + 10


@pytest.mark.parametrize("pairs", [1, 100, 1_000, 10_000, 1_000_000])
def test_a_batch_is_large_but_not_at_the_price_of_too_few_updates(pairs: int) -> None:
    tokens = apply("training", TrainingConfig(), choose.batch_rules(size(pairs)))[0].batch_tokens
    assert choose.MIN_BATCH_TOKENS <= tokens <= choose.MAX_BATCH_TOKENS
    batches = pairs * 10 / tokens
    assert tokens == choose.MIN_BATCH_TOKENS or batches >= choose.MIN_BATCHES
    assert tokens == choose.MAX_BATCH_TOKENS or batches < 4 * choose.MIN_BATCHES


def test_a_batch_holds_the_longest_pair_unless_that_is_absurd() -> None:
    assert choose.batch_rules(size(10, longest=1_500))[0].values["batch_tokens"] == 2048
    assert choose.batch_rules(size(10, longest=10_000))[0].values["batch_tokens"] == choose.MAX_BATCH_TOKENS


@pytest.mark.parametrize(("batches", "steps"), [(1, 1_000), (25, 1_000), (100, 4_000), (500, 20_000), (9_999, 20_000)])
def test_the_data_is_seen_forty_times_within_limits(batches: int, steps: int) -> None:
    assert choose.step_rules(batches)[0].values["max_steps"] == steps


@pytest.mark.parametrize(("steps", "warmup"), [(1, 1), (100, 10), (4_000, 400), (20_000, 400)])
def test_the_warm_up_is_a_tenth_at_most(steps: int, warmup: int) -> None:
    assert choose.warmup_rules(steps)[0].values["warmup_steps"] == warmup


def test_batches_shrink_until_enough_updates_fit_into_the_time() -> None:
    """By hand: 4096 symbols in half a second are 360 updates in three minutes, 1024 four times as many."""
    assert choose.budget_rules(4096, 0.5, 180.0, longest=20)[0].values == {"batch_tokens": 1024}
    assert choose.budget_rules(4096, 0.1, 180.0, longest=20) == []
    assert choose.budget_rules(4096, 0.5, 180.0, longest=1_500)[0].values == {"batch_tokens": 2048}
    assert choose.budget_rules(1024, 9.9, 1.0, longest=20) == []


def test_large_models_learn_at_a_lower_rate() -> None:
    names = ("small", "wide", "large")
    rates = [choose.rate_rules(PRESETS[name])[0].values["learning_rate"] for name in names]
    assert rates[0] == rates[1] > rates[2]


def test_the_last_rule_wins_and_its_reason_stays() -> None:
    rules = [Rule({"d_model": 64, "d_ff": 256}, "small"), Rule({"d_model": 96}, "as you asked")]
    config, choices = apply("model", ModelConfig(), rules)
    assert (config.d_model, config.d_ff) == (96, 256)
    assert choices == [Choice("model.d_ff", 256, "small"), Choice("model.d_model", 96, "as you asked")]


def test_a_rule_cannot_break_a_configuration() -> None:
    with pytest.raises(ValueError, match="dev_share"):
        apply("data", DataConfig(), [Rule({"dev_share": 2.0}, "by mistake")])


def test_the_size_of_the_data_is_counted() -> None:
    pairs = [EncodedPair([4, 5, 2], [1, 4, 2]), EncodedPair([4, 2], [1, 4, 5, 6, 2])]
    assert DataSize.of(pairs) == DataSize(pairs=2, tokens=3 + 5, longest_source=3, longest_target=5)
    assert choose.output_limit(DataSize.of(pairs)) == 2 * 3 + 10

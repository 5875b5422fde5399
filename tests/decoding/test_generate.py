"""The front door: limits, prefixes, ensembles, and what it refuses."""

import pytest
import torch

from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, generate
from henkan.nn import Transformer

from .models import BOS, EOS, PAD, SRC, SRC_VOCAB, assert_same, random_model

STRATEGIES = [Greedy(), BeamSearch(3, 0.6, 3), BeamSearch(2, -2.0, 2), Sampling(), Sampling(1.5, top_k=3, top_p=0.8)]
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=str)


def decode(model, strategy, src: torch.Tensor = SRC, **options: object) -> list[list[Hypothesis]]:
    options = {"bos_idx": BOS, "eos_idx": EOS, "max_len": 7, **options}
    if isinstance(strategy, Sampling):
        options.setdefault("seeds", range(len(src)))
    return generate(model, src, strategy=strategy, **options)


def assert_all_same(actual: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    assert len(actual) == len(expected)
    for found, other in zip(actual, expected, strict=True):
        assert_same(found, other)


@every_strategy
@pytest.mark.parametrize(("min_len", "max_len"), [(0, 1), (0, 7), (3, 7), (7, 7), (1, 1)])
def test_lengths_stay_within_their_limits_and_the_end_is_told(strategy, min_len: int, max_len: int):  # T42
    hypotheses = [
        h
        for seed in range(3)
        for found in decode(random_model(seed), strategy, min_len=min_len, max_len=max_len)
        for h in found
    ]
    for hypothesis in hypotheses:
        assert min_len <= len(hypothesis.tokens) <= max_len
        assert hypothesis.ended == (len(hypothesis.tokens) < max_len)  # a full one has no room for an end token
        assert set(hypothesis.tokens).isdisjoint({PAD, BOS, EOS})
    if (min_len, max_len) == (0, 7):
        assert {h.ended for h in hypotheses} == {True, False}


@every_strategy
def test_a_forced_prefix_is_where_every_hypothesis_begins(strategy):  # T44
    prefixes = [[], [6, 6], [3], [4, 4, 4, 4, 4, 4, 4], [5, 6, 5], []]
    decoded = decode(random_model(1), strategy, prefix=prefixes)
    for prefix, found in zip(prefixes, decoded, strict=True):
        assert all(list(h.tokens[: len(prefix)]) == prefix for h in found)
    assert decoded[3][0].tokens == (4, 4, 4, 4, 4, 4, 4)
    assert not decoded[3][0].ended
    free = decode(random_model(1), strategy)
    assert_all_same([decoded[0], decoded[5]], [free[0], free[5]])


def test_after_its_prefix_a_row_goes_on_as_by_hand():  # T44
    model, prefixes = random_model(1), [[3], [6, 5], [4, 3, 6], [], [5], [6]]
    for src, prefix, (found,) in zip(SRC, prefixes, decode(model, Greedy(), prefix=prefixes), strict=True):
        tokens = [BOS, *prefix]
        while len(tokens) < 1 + 7 and tokens[-1] != EOS:
            with torch.no_grad():
                logits = model(src[None], torch.tensor([tokens]))[0, -1]
            tokens.append(max((token for token in range(7) if token not in (PAD, BOS)), key=lambda t: float(logits[t])))
        assert [BOS, *found.tokens, *([EOS] if found.ended else [])] == tokens


def test_a_prefix_that_greedy_would_take_changes_nothing():
    model = random_model(5)
    free = decode(model, Greedy())
    forced = decode(model, Greedy(), prefix=[list(found[0].tokens[:2]) for found in free])
    assert_all_same(forced, free)


class TestEnsembles:
    @every_strategy
    def test_a_model_with_itself_is_the_model(self, strategy):  # T45
        model = random_model(1)
        assert_all_same(decode([model, model, model], strategy), decode(model, strategy))
        assert_all_same(decode([model], strategy), decode(model, strategy))

    def test_two_models_decode_by_the_mean_of_their_probabilities(self):
        models = [random_model(1), random_model(2)]
        (hypothesis,) = decode(models, Greedy(), SRC[:1])[0]
        tokens: list[int] = [BOS]
        while len(tokens) < 1 + 7 and tokens[-1] != EOS:
            with torch.no_grad():
                mean = sum(model(SRC[:1], torch.tensor([tokens]))[0, -1].softmax(-1) for model in models) / 2
            mean[[PAD, BOS]] = 0.0
            tokens.append(int(mean.argmax()))
        assert [BOS, *hypothesis.tokens, *([EOS] if hypothesis.ended else [])] == tokens
        separate = [decode(model, Greedy(), SRC[:1])[0][0].tokens for model in models]
        assert hypothesis.log_prob != pytest.approx(decode(models[0], Greedy(), SRC[:1])[0][0].log_prob), separate

    def test_models_that_do_not_fit_together_are_refused(self):
        with pytest.raises(ValueError, match=r"agree in tgt_vocab_size.*\[7, 8\]"):
            decode([random_model(), random_model(vocab_size=8)], Greedy())
        with pytest.raises(ValueError, match="no model"):
            decode([], Greedy())


class TestModes:
    @every_strategy
    def test_decoding_in_the_middle_of_training_is_decoding_after_it(self, strategy):  # T36
        model = random_model(dropout=0.5)
        expected = decode(model, strategy)
        model.train()
        assert_all_same(decode(model, strategy), expected)
        assert all(module.training for module in model.modules())

    def test_training_goes_on_after_an_error(self, monkeypatch: pytest.MonkeyPatch):
        def fail(*arguments: object) -> None:
            raise RuntimeError("out of memory")

        model = random_model().train()
        monkeypatch.setattr(Transformer, "decode_step", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            decode(model, Greedy())
        assert model.training
        assert torch.is_grad_enabled()


@every_strategy
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_models_of_less_precision_decode_too(strategy, dtype: torch.dtype):
    model = random_model(1).to(dtype)
    decoded = decode([model, random_model(2)] if dtype == torch.float32 else model, strategy)  # or one of each
    assert all(0 <= len(h.tokens) <= 7 and h.log_prob < 0 for found in decoded for h in found)


@every_strategy
def test_no_sources_have_no_hypotheses(strategy):
    assert decode(random_model(), strategy, SRC[:0]) == []


def test_a_source_mask_replaces_the_padding_of_the_source():
    model = random_model(1)
    first_two = torch.tensor([1, 1, 0, 0, 0], dtype=torch.bool).view(1, 1, 1, 5)
    src = SRC[[0, 4]]
    for strategy in STRATEGIES:
        assert_all_same(decode(model, strategy, src, src_mask=first_two), decode(model, strategy, src[:, :2]))


def test_a_model_that_starts_with_its_end_token_decodes():
    found = [h for row in decode(random_model(1), BeamSearch(2), bos_idx=EOS) for h in row]
    assert all(EOS not in h.tokens for h in found)


def test_a_diverged_model_is_named_and_not_decoded():
    model = random_model()
    with torch.no_grad():
        model.output_projection.bias.fill_(torch.nan)
    for strategy in STRATEGIES:
        with pytest.raises(ValueError, match=r"row 0: .*NaN.*learning rate"):
            decode(model, strategy)


class TestRefused:
    """One clear ValueError each. That of a prefix and of a length is in test_rules."""

    @pytest.mark.usefixtures("unchecked_shapes")
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"max_len": 0}, "max_len=0"),
            ({"max_len": 25}, "25 target tokens.*24 positions"),
            ({"min_len": 8}, "min_len=8.*max_len=7"),
            ({"prefix": [[3] * 8] * 6}, "8 tokens.*max_len=7"),
            ({"prefix": [[3]]}, "1 rows for 6 rows"),
            ({"seeds": [1, 2]}, "2 seeds for 6 rows"),
            ({"bos_idx": 7}, "bos_idx=7"),
            ({"src_mask": torch.ones(6, 5, dtype=torch.bool)}, r"src_mask.*\(6 or 1, 1, 1, 5\).*\(6, 5\)"),
            ({"src_mask": torch.ones(6, 1, 1, 5)}, "src_mask.*boolean.*torch.float"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_options(self, options: dict[str, object], words: str):
        with pytest.raises(ValueError, match=words):
            decode(random_model(), Greedy(), **options)

    def test_the_longest_target_that_fits(self):
        assert decode(random_model(), Greedy(), max_len=24)

    @pytest.mark.usefixtures("unchecked_shapes")
    @pytest.mark.parametrize(
        ("src", "words"),
        [
            (torch.tensor([[SRC_VOCAB]]), r"src contains id 9.*0\.\.8"),
            (torch.tensor([[-1]]), "src contains id -1"),
            (torch.tensor([3, 4]), r"src must be .*\(2,\)"),
            (torch.tensor([[3.0]]), "src must be a torch.long"),
            (torch.zeros(2, 0, dtype=torch.long), "src is empty"),
            (torch.full((1, 25), 3), "25 tokens is longer than max_len=24"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_sources(self, src: torch.Tensor, words: str):
        with pytest.raises(ValueError, match=words):
            decode(random_model(), Greedy(), src)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"width": 0}, "width=0"),
            ({"width": 2, "n_best": 3}, "n_best=3.*width=2"),
            ({"n_best": 0}, "n_best=0"),
            ({"length_penalty": float("nan")}, "length_penalty=nan"),
            ({"length_penalty": 51.0}, "length_penalty=51.0"),
        ],
    )
    def test_beams(self, options: dict[str, float], words: str):
        with pytest.raises(ValueError, match=words):
            BeamSearch(**options)

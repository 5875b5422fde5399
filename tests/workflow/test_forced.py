"""Teacher-forced figures: without smoothing, per real token, and called by names of their own."""

import math

import pytest
import torch
from bundles import SOURCES, random_bundle

from henkan.data import BOS_IDX, EOS_IDX, Example
from henkan.workflow.evaluate import evaluate_examples
from henkan.workflow.forced import FORCED_NAMES, forced_metrics

EXAMPLES = [Example("abc", ("AB", "CAFE")), Example("日本語", ("にほんご",)), Example("h", ("F",))]


def test_perplexity_and_accuracy_by_hand() -> None:
    bundle = random_bundle()
    losses, hits = [], []
    for example in EXAMPLES:
        for text in example.references:
            src = torch.tensor([[*bundle.source_tokenizer.encode(example.source), EOS_IDX]])
            tgt = torch.tensor([[BOS_IDX, *bundle.target_tokenizer.encode(text), EOS_IDX]])
            with torch.no_grad():
                logits = bundle.model(src, tgt[:, :-1])[0]
            losses += torch.nn.functional.cross_entropy(logits, tgt[0, 1:], reduction="none").tolist()
            hits += (logits.argmax(dim=-1) == tgt[0, 1:]).tolist()
    assert len(losses) == 3 + 5 + 5 + 2  # characters and ends: no padding among them
    found = forced_metrics(bundle, EXAMPLES)
    assert found["forced_perplexity"] == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-5)
    assert found["forced_token_accuracy"] == sum(hits) / len(hits)


def test_what_is_measured_together_changes_nothing() -> None:
    bundle = random_bundle()
    scored = [(forced_metrics(bundle, [one])["forced_perplexity"], one) for one in EXAMPLES[1:]]
    tokens = [sum(len(text) + 1 for text in one.references) for _, one in scored]
    total = sum(count * math.log(value) for count, (value, _) in zip(tokens, scored, strict=True))
    together = forced_metrics(bundle, EXAMPLES[1:])["forced_perplexity"]
    assert together == pytest.approx(math.exp(total / sum(tokens)), rel=1e-5)


def test_they_are_computed_when_they_are_named_and_share_no_name_with_others() -> None:
    bundle = random_bundle()
    examples = [Example(source, ("AB",)) for source in SOURCES]
    assert not set(evaluate_examples(bundle, examples).metrics) & set(FORCED_NAMES)
    named = evaluate_examples(bundle, examples, names=["forced_perplexity", "exact_match"]).metrics
    assert list(named) == ["n", "forced_perplexity", "exact_match"]
    every = evaluate_examples(bundle, examples, names=["all"]).metrics
    assert [name for name in every if "accuracy" in name or "perplexity" in name] == list(FORCED_NAMES)
    with pytest.raises(ValueError, match="no figure 'perplexity': did you mean forced_perplexity"):
        evaluate_examples(bundle, examples, names=["perplexity"])

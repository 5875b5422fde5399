"""A learner's parts take the place of the library's, everywhere and for as long as they are asked to."""

import functools
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from learner_parts import OwnAttention, own_attention
from syllabus import WRITTEN
from torch import Tensor, nn

import henkan
import henkan.nn.attention
import henkan.nn.decoder
import henkan.nn.encoder
from henkan.course.complete import complete
from henkan.course.copy_training import train
from henkan.course.exercise import load_exercise
from henkan.course.swap import CHECKS, import_everything, latest, swapped
from henkan.nn import MultiHeadAttention, PositionalEncoding, Transformer, scaled_dot_product_attention
from henkan.nn.attention import attend

EXERCISES = [load_exercise(exercise_id) for exercise_id in WRITTEN]
every_exercise = pytest.mark.parametrize("exercise_id", WRITTEN)
pytestmark = pytest.mark.usefixtures("unchecked_shapes")


ATTENTION = {"phase2/multi_head_attention": (OwnAttention,)}


def namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every module of henkan but the checks."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "henkan" and not name.startswith(CHECKS):
            yield name, vars(module)


def places_of(part: object) -> set[str]:
    """Where modules hold ``part``."""
    return {f"{name}.{key}" for name, space in namespaces() for key, value in space.items() if value is part}


def stand_in(reference: Any) -> Any:
    """Something else of the same kind."""
    return type("StandIn", (reference,), {}) if inspect.isclass(reference) else functools.partial(lambda: None)


@every_exercise
def test_every_module_gets_the_learners_part_and_then_its_own_back(exercise_id: str) -> None:
    import_everything()
    exercise = load_exercise(exercise_id)
    parts = exercise.parts
    before = {reference: places_of(reference) for reference in parts}
    assert all(before.values())
    with swapped({exercise_id: [stand_in(reference) for reference in exercise.parts]}) as replacements:
        assert {replacement.reference for replacement in replacements} == set(parts)
        for replacement in replacements:
            assert not places_of(replacement.reference)
            assert places_of(replacement.part) == before[replacement.reference]
    assert {reference: places_of(reference) for reference in parts} == before


def test_names_imported_elsewhere_and_the_lazy_ones_of_henkan_are_reached() -> None:
    with swapped(ATTENTION):
        swapped_class = henkan.nn.attention.MultiHeadAttention
        assert swapped_class is not MultiHeadAttention
        assert issubclass(swapped_class, OwnAttention)
        for module in (henkan, henkan.nn, henkan.nn.encoder, henkan.nn.decoder):
            assert module.MultiHeadAttention is swapped_class
    assert henkan.nn.encoder.MultiHeadAttention is henkan.MultiHeadAttention is henkan.nn.attention.MultiHeadAttention


def test_the_library_has_its_own_back_after_an_error_too() -> None:
    before = {name: dict(space) for name, space in namespaces()}
    with pytest.raises(KeyboardInterrupt), swapped(ATTENTION):
        raise KeyboardInterrupt
    after = {name: dict(space) for name, space in namespaces() if name in before}
    assert all(after[name][key] is value for name, space in before.items() for key, value in space.items())


def test_the_checks_are_not_made_of_what_they_judge() -> None:
    checks = sys.modules[f"{CHECKS}.phase2.multi_head_attention"]
    with swapped(ATTENTION):
        assert checks.MultiHeadAttention is MultiHeadAttention


def test_a_learners_part_uses_the_learners_other_parts() -> None:
    seen = []

    def spy(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, dropout: float = 0.0) -> Any:
        seen.append(q.shape)
        return own_attention(q, k, v)

    x = torch.randn(2, 5, 6)
    with swapped({"phase2/masked_sdpa": (spy,), **ATTENTION}):
        henkan.nn.MultiHeadAttention(6, 3)(x, x, x)
    assert seen == [(2, 3, 5, 2)]


class TestFunctions:
    def test_of_two_exercises_on_one_part_the_later_one_counts(self) -> None:
        assert latest(["phase2/masked_sdpa", "phase2/sdpa"]) == {
            "henkan.nn.attention.scaled_dot_product_attention": "phase2/masked_sdpa"
        }

    def test_an_argument_that_comes_in_a_later_exercise_is_answered_by_the_library(self) -> None:
        q, k, v = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 4)
        mask = torch.ones(3, 5, dtype=torch.bool).tril()
        called = []

        def counted(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
            called.append(1)
            return own_attention(q, k, v)

        with swapped({"phase2/sdpa": (counted,)}):
            attention = henkan.nn.scaled_dot_product_attention
            attention(q, k, v), attention(q, k, v, None, dropout=0.0), attention(q=q, k=k, v=v)
            assert len(called) == 3
            torch.testing.assert_close(attention(q, k, v, mask), scaled_dot_product_attention(q, k, v, mask))
            assert not torch.equal(attention(q, k, v, dropout=0.9)[0], attention(q, k, v)[0])
            assert len(called) == 4

    def test_a_function_that_is_asked_for_everything_is_put_in_as_it_is(self) -> None:
        assert complete(own_attention, scaled_dot_product_attention) is own_attention


class TestClasses:
    def test_the_librarys_methods_work_with_the_learners_parameters(self) -> None:
        attention = complete(OwnAttention, MultiHeadAttention)(6, 3).eval()
        query, memory = torch.randn(2, 4, 6), torch.randn(2, 5, 6)
        expected = attention(query, memory, memory)[0]
        torch.testing.assert_close(attention.attend(query, attention.project_memory(memory)), expected)
        torch.testing.assert_close(attend(attention, query, memory), expected)

    def test_it_is_an_instance_of_both(self) -> None:
        attention = complete(OwnAttention, MultiHeadAttention)(6, 3)
        assert isinstance(attention, OwnAttention)
        assert isinstance(attention, MultiHeadAttention)

    def test_super_means_what_it_meant_where_the_class_was_written(self) -> None:
        class Doubled(nn.Embedding):
            def forward(self, ids: Tensor) -> Tensor:
                return 2 * super().forward(ids)

        class Library(nn.Embedding):
            def forward(self, ids: Tensor) -> Tensor:
                raise AssertionError("the learner's super() is torch's, not this")

        embedding = complete(Doubled, Library)(5, 3)
        ids = torch.tensor([1, 4])
        torch.testing.assert_close(embedding(ids), 2 * embedding.weight[ids])

    def test_a_class_derived_from_the_librarys_keeps_its_super(self) -> None:
        class Halved(PositionalEncoding):
            def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
                super().__init__(d_model, max_len, dropout)
                self.encoding /= 2

        encoding = complete(Halved, PositionalEncoding)(6, max_len=4, dropout=0.0)
        expected = PositionalEncoding(6, max_len=4, dropout=0.0)(torch.zeros(1, 4, 6)) / 2
        torch.testing.assert_close(encoding(torch.zeros(1, 4, 6)), expected)

    def test_a_model_goes_through_the_learners_forward_in_training_and_decodes_with_its_weights(self) -> None:
        src, tgt = torch.randint(3, 9, (2, 5)), torch.randint(3, 9, (2, 4))
        with swapped(ATTENTION):
            model = Transformer(9, 9, d_model=8, num_layers=2, num_heads=2, d_ff=16, max_len=8)
            before = OwnAttention.calls
            logits = model(src, tgt)
            assert OwnAttention.calls - before == 6  # two in the encoder's layers, four in the decoder's
            logits.sum().backward()
            assert all(parameter.grad is not None for parameter in model.encoder.parameters())
            model.eval()
            torch.testing.assert_close(model.decode_step(tgt, model.start_cache(src))[0], model(src, tgt)[:, -1])


def test_a_file_that_builds_on_the_librarys_own_version_of_its_part_gets_that() -> None:
    calls = []

    def wrapped(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, dropout: float = 0.0) -> Any:
        calls.append(1)
        return scaled_dot_product_attention(q, k, v, mask, dropout=dropout)

    x = torch.randn(2, 3, 4)
    with swapped({"phase2/masked_sdpa": (wrapped,)}):
        henkan.nn.scaled_dot_product_attention(x, x, x)
    assert len(calls) == 1


def test_the_short_training_counts_the_calls_of_every_part() -> None:
    def wrapped(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, dropout: float = 0.0) -> Any:
        return scaled_dot_product_attention(q, k, v, mask, dropout=dropout)

    result = train({"phase2/masked_sdpa": (wrapped,), **ATTENTION}, steps=2)
    forwards = 2 + 7  # the updates, and a token of the fresh sequences each
    assert result.calls["henkan.nn.attention.MultiHeadAttention"] == 3 * forwards
    assert result.calls["henkan.nn.attention.scaled_dot_product_attention"] == 3 * forwards

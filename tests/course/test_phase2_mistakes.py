"""The mistakes of phase 2 as learners write them, several at a time among them, are met by the right sentence."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.course.exercise import Part, load_exercise
from henkan.course.finding import Report
from henkan.course.ladder import climb
from henkan.course.recognise import probe_in_stages
from henkan.nn.attention import MultiHeadAttention, merge_heads, scaled_dot_product_attention, split_heads

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

Result = tuple[Tensor, Tensor]
Mask = Tensor | None


def run(exercise_id: str, *parts: Part) -> Report:
    return climb(load_exercise(exercise_id), parts)


def mistake_in(exercise_id: str, *parts: Part) -> str | None:
    failure = run(exercise_id, *parts).failure
    assert failure is not None
    return failure.mistake


def message_for(exercise_id: str, *parts: Part) -> str:
    failure = run(exercise_id, *parts).failure
    assert failure is not None
    return failure.message


def naive_softmax(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum()


def softmax_of_columns(x: Tensor, dim: int = -1) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(0, keepdim=True)


def softmax_without_keepdim(x: Tensor, dim: int = -1) -> Tensor:
    exponentials = torch.exp(x - x.max())
    return exponentials / exponentials.sum(dim)


class TestSoftmax:
    def test_no_shift_hides_neither_a_wrong_sum_nor_a_wrong_axis(self) -> None:
        assert mistake_in("phase2/softmax", naive_softmax) == "one_sum_for_all"
        assert mistake_in("phase2/softmax", softmax_of_columns) == "wrong_dim"

    def test_a_forgotten_keepdim_is_an_error_that_says_so(self) -> None:
        failure = run("phase2/softmax", softmax_without_keepdim).failure
        assert failure is not None
        assert failure.message == "raised"
        assert "must match the size" in failure.values["error"]


def textbook_mask(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    """As in many tutorials: scaled after the product, -1e9, no dropout."""
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    weights = F.softmax(scores, dim=-1)
    return torch.matmul(weights, v), weights


def inverted_textbook_mask(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 1, -1e9)
    weights = F.softmax(scores, dim=-1)
    return torch.matmul(weights, v), weights


def multiplied_after(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    weights = F.softmax(q @ k.mT / q.size(-1) ** 0.5, dim=-1)
    weights = weights if mask is None else weights.masked_fill(mask.logical_not(), 0)
    return F.dropout(weights, dropout) @ v, weights


def renormalised(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    """Right as a formula, until a hidden key takes the whole softmax."""
    weights = F.softmax(q @ k.mT / q.size(-1) ** 0.5, dim=-1)
    if mask is not None:
        weights = weights * mask
        weights = weights / weights.sum(dim=-1, keepdim=True)
    return F.dropout(weights, dropout) @ v, weights


def scaled_after_the_product(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = q @ k.mT / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return F.dropout(weights, dropout) @ v, weights


def writes_into_the_scores(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    q /= math.sqrt(q.size(-1))
    return scaled_dot_product_attention(q * math.sqrt(q.size(-1)), k, v, mask, dropout=dropout)


def drops_what_it_returns(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    _, weights = scaled_dot_product_attention(q, k, v, mask)
    weights = F.dropout(weights, dropout)
    return weights @ v, weights


def forgets_dropout(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    return scaled_dot_product_attention(q, k, v, mask)


class TestMask:
    def test_the_first_thing_that_is_wrong_is_named_whatever_else_is(self) -> None:
        assert mistake_in("phase2/masked_sdpa", textbook_mask) == "blind_row_is_uniform"
        assert mistake_in("phase2/masked_sdpa", inverted_textbook_mask) == "mask_inverted"
        assert mistake_in("phase2/masked_sdpa", multiplied_after) == "mask_after_softmax"

    @pytest.mark.parametrize(
        ("attention", "message"),
        [
            (renormalised, "hidden_key_takes_part"),
            (scaled_after_the_product, "product_overflows"),
            (writes_into_the_scores, "input_changed"),
            (drops_what_it_returns, "returned_weights_dropped"),
            (forgets_dropout, "dropout_missing"),
        ],
        ids=lambda value: getattr(value, "__name__", value),
    )
    def test_what_has_no_name_has_a_sentence(self, attention: Part, message: str) -> None:
        assert message_for("phase2/masked_sdpa", attention) == message


def merge_by_view(x: Tensor) -> Tensor:
    return x.transpose(1, 2).view(x.size(0), x.size(2), -1)


def test_view_after_transpose_gets_a_sentence_about_memory() -> None:
    assert message_for("phase2/split_merge_heads", split_heads, merge_by_view) == "needs_contiguous"


class Learner(MultiHeadAttention):
    """The class as it is given: only ``forward`` is the learner's."""


class Copied(Learner):
    """The line of the queries, copied three times and mended twice."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        q = split_heads(self.query_projection(query), self.num_heads)
        k = split_heads(self.query_projection(key), self.num_heads)
        v = split_heads(self.value_projection(value), self.num_heads)
        mixed, weights = scaled_dot_product_attention(q, k, v, mask)
        return self.output_projection(merge_heads(mixed)), weights


class Averaged(Learner):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        output, weights = super().forward(query, key, value, mask)
        return output, weights.mean(dim=1)


class NoDropout(Learner):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        q, k, v = (
            split_heads(project(x), self.num_heads)
            for project, x in (
                (self.query_projection, query),
                (self.key_projection, key),
                (self.value_projection, value),
            )
        )
        mixed, weights = scaled_dot_product_attention(q, k, v, mask)
        return self.output_projection(merge_heads(mixed)), weights


class HeadsOfFullWidth(Learner):
    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.1) -> None:
        super().__init__(d_model, num_heads, dropout)
        self.query_projection = nn.Linear(d_model, d_model * num_heads)


class OutputAlone(Learner):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Tensor:
        return super().forward(query, key, value, mask)[0]


def output_alone(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v)


@pytest.mark.parametrize(
    ("exercise_id", "part"), [("phase2/sdpa", output_alone), ("phase2/multi_head_attention", OutputAlone)]
)
def test_an_output_without_weights_is_not_taken_apart_row_by_row(exercise_id: str, part: Part) -> None:
    failure = run(exercise_id, part).failure
    assert failure is not None
    assert failure.message == "wrong_results"
    assert failure.values["yours"] == "Tensor"


class TestMultiHeadAttention:
    def test_a_shared_projection_is_named_though_dropout_is_missing_too(self) -> None:
        assert mistake_in("phase2/multi_head_attention", Copied) == "shared_qk_projection"

    def test_weights_averaged_over_heads_have_the_wrong_shape(self) -> None:
        assert message_for("phase2/multi_head_attention", Averaged) == "shape_differs"

    def test_forgotten_dropout_has_a_sentence(self) -> None:
        assert message_for("phase2/multi_head_attention", NoDropout) == "dropout_missing"

    def test_heads_that_are_not_narrower_have_too_many_parameters(self) -> None:
        failure = run("phase2/multi_head_attention", HeadsOfFullWidth).failure
        assert failure is not None
        assert failure.check in ("shapes", "parameters")


def test_stages_end_at_the_first_that_differs() -> None:
    def stage_one(part: float) -> list[float]:
        return [abs(part)]

    def stage_two(part: float) -> list[float]:
        return [part]

    assert probe_in_stages([2.0], [2.0], stage_one, stage_two) == [[2.0], [2.0]]
    assert probe_in_stages([-2.0], [2.0], stage_one, stage_two) == [[2.0], [-2.0]]
    assert probe_in_stages([3.0], [2.0], stage_one, stage_two) == [[3.0]]

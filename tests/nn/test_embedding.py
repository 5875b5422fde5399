"""Token embeddings, and the matrix that may be shared with the output."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from henkan.nn import TokenEmbedding, Transformer, count_parameters

from .small import random_ids


def tied_transformer(tie_embeddings: str) -> Transformer:
    return Transformer(11, 11, 8, 1, 2, 16, max_len=12, dropout=0.0, tie_embeddings=tie_embeddings)


def shared_matrices(model: Transformer, tie_embeddings: str) -> list[nn.Parameter]:
    matrices = [model.tgt_embedding.weight, model.output_projection.weight]
    return matrices if tie_embeddings == "target" else [*matrices, model.src_embedding.weight]


def padded_ids() -> torch.Tensor:
    return F.pad(random_ids(4, 5), (0, 2))


class TestTokenEmbedding:
    def test_a_token_is_its_row_times_the_root_of_the_width(self) -> None:  # T24
        embedding = TokenEmbedding(11, 16)
        ids = random_ids(2, 5)
        torch.testing.assert_close(embedding(ids), 4.0 * embedding.weight[ids])

    def test_it_is_a_one_hot_row_times_the_matrix(self) -> None:
        embedding = TokenEmbedding(11, 8)
        ids = random_ids(2, 5)
        one_hot = F.one_hot(ids, 11).float()
        torch.testing.assert_close(embedding(ids), math.sqrt(8) * one_hot @ embedding.weight)

    def test_it_starts_with_a_spread_of_one_over_the_root_of_the_width(self) -> None:
        embedding = TokenEmbedding(1000, 512)
        assert embedding.weight[1:].std().item() == pytest.approx(0.044194, rel=0.01)

    def test_scaled_embeddings_and_positions_start_at_the_same_order_of_size(self) -> None:
        model = Transformer(1000, 10, d_model=64, num_layers=0, max_len=100)
        tokens = model.src_embedding(random_ids(1, 100, 1000))
        assert tokens.square().mean().sqrt().item() == pytest.approx(1.0, rel=0.05)
        assert model.positional_encoding.encoding.square().mean().sqrt().item() == pytest.approx(0.707107, rel=1e-4)

    @pytest.mark.parametrize("pad_idx", [0, 4])
    def test_the_padding_row_is_zero_and_gets_no_gradient(self, pad_idx: int) -> None:  # T24
        embedding = TokenEmbedding(11, 8, pad_idx)
        assert not embedding(torch.full((1, 3), pad_idx)).any()
        embedding(torch.tensor([[pad_idx, 3]])).sum().backward()
        assert not embedding.weight.grad[pad_idx].any()
        assert embedding.weight.grad[3].all()


@pytest.mark.parametrize("tie_embeddings", ["target", "all"])
class TestTiedEmbeddings:
    def test_the_matrix_is_one_storage_and_counted_once(self, tie_embeddings: str) -> None:
        model = tied_transformer(tie_embeddings)
        assert len({matrix.data_ptr() for matrix in shared_matrices(model, tie_embeddings)}) == 1
        untied = Transformer(11, 11, 8, 1, 2, 16, max_len=12)
        spared = 11 * 8 + 11 if tie_embeddings == "target" else 2 * 11 * 8 + 11  # no output bias either
        assert count_parameters(untied) - count_parameters(model) == spared

    @pytest.mark.parametrize("change", ["deepcopy", "to", "half_and_back", "load_state_dict"])
    def test_it_stays_one_storage_when_the_model_is_copied_moved_or_loaded(  # T24
        self, tie_embeddings: str, change: str
    ) -> None:
        model = tied_transformer(tie_embeddings)
        if change == "deepcopy":
            changed = copy.deepcopy(model)
        elif change == "to":
            changed = copy.deepcopy(model).to(torch.float64)
        elif change == "half_and_back":
            changed = copy.deepcopy(model).half().float()
        else:
            changed = tied_transformer(tie_embeddings)
            changed.load_state_dict(model.state_dict())
        matrices = shared_matrices(changed, tie_embeddings)
        assert len({matrix.data_ptr() for matrix in matrices}) == 1
        assert matrices[0].data_ptr() != model.tgt_embedding.weight.data_ptr()
        torch.testing.assert_close(matrices[0].float(), model.tgt_embedding.weight, rtol=0, atol=1e-3)

    def test_its_gradient_sums_all_its_uses(self, tie_embeddings: str) -> None:
        tied, untied = tied_transformer(tie_embeddings), Transformer(11, 11, 8, 1, 2, 16, max_len=12, dropout=0.0)
        matrix = tied.tgt_embedding.weight
        parts = {name: value for name, value in tied.state_dict().items() if name in untied.state_dict()}
        untied.load_state_dict({**untied.state_dict(), **parts})
        nn.init.zeros_(untied.output_projection.bias)
        src, tgt, labels = padded_ids(), padded_ids(), padded_ids()
        for model in (tied, untied):
            F.cross_entropy(model(src, tgt).flatten(0, 1), labels.flatten(), ignore_index=0).backward()
        expected = sum(copy.grad for copy in shared_matrices(untied, tie_embeddings))
        torch.testing.assert_close(matrix.grad[1:], expected[1:], rtol=1e-4, atol=1e-6)

    def test_its_padding_row_is_still_zero_after_training(self, tie_embeddings: str) -> None:  # T24
        model = tied_transformer(tie_embeddings)
        before = model.tgt_embedding.weight.detach().clone()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.0)
        for _ in range(4):
            logits = model(padded_ids(), padded_ids())
            F.cross_entropy(
                logits.flatten(0, 1), padded_ids().flatten(), ignore_index=0, label_smoothing=0.1
            ).backward()
            optimizer.step()
            optimizer.zero_grad()
        assert not model.tgt_embedding.weight[0].any()
        assert (model.tgt_embedding.weight[1:] != before[1:]).all()

    def test_the_logits_are_the_dot_products_with_the_embeddings(self, tie_embeddings: str) -> None:
        model = tied_transformer(tie_embeddings)
        x = torch.randn(2, 3, 8)
        torch.testing.assert_close(model.output_projection(x), x @ model.tgt_embedding.weight.T)


def test_the_padding_rows_of_an_untied_model_are_still_zero_after_training() -> None:  # T24
    model = Transformer(11, 11, 8, 1, 2, 16, max_len=12)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(4):
        logits = model(padded_ids(), padded_ids())
        F.cross_entropy(logits.flatten(0, 1), padded_ids().flatten(), ignore_index=0).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert not model.src_embedding.weight[0].any()
    assert not model.tgt_embedding.weight[0].any()

"""The whole model: what no logit may depend on, where it starts, and what it counts."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from henkan.nn import MultiHeadAttention, Transformer, count_parameters, create_masks

from .small import SRC_VOCAB, TGT_VOCAB, assert_equal, few_examples, random_ids, small_transformer

SRC = torch.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10]])
TGT = torch.tensor([[3, 4, 5, 0], [6, 7, 8, 9]])

# (d_model, num_layers, num_heads, d_ff): the sizes of the notes
PRESETS = {"small": (64, 2, 4, 256), "medium": (128, 3, 4, 512), "large": (256, 4, 8, 1024)}


class TestWhatNoLogitDependsOn:
    @few_examples
    @given(changed=st.integers(0, 5), token=st.integers(1, TGT_VOCAB - 1))
    def test_future_tokens_never_change_past_logits(self, model: Transformer, changed: int, token: int) -> None:  # T1
        tgt = random_ids(2, 6, TGT_VOCAB)
        other = tgt.clone()
        other[:, changed] = torch.where(tgt[:, changed] == token, 1 + token % (TGT_VOCAB - 1), token)
        logits, other_logits = model(SRC, tgt), model(SRC, other)
        assert_equal(other_logits[:, :changed], logits[:, :changed], 1e-12)
        assert ((other_logits - logits)[:, changed:].abs().amax(dim=-1) > 1e-9).all()  # the rest of the future sees it

    @few_examples
    @given(amount=st.integers(1, 6))
    def test_more_source_padding_changes_nothing(self, model: Transformer, amount: int) -> None:  # T2
        padded = F.pad(SRC, (0, amount))
        assert_equal(model.encode(padded)[:, :5], model.encode(SRC), 1e-12)
        assert_equal(model(padded, TGT), model(SRC, TGT), 1e-12)

    def test_what_stands_at_hidden_source_positions_changes_nothing(self, model: Transformer) -> None:  # T2, T3
        src_mask, _ = create_masks(SRC, TGT)
        other = SRC.clone()
        other[0, 3:] = torch.tensor([9, 10])
        assert_equal(model(other, TGT, src_mask), model(SRC, TGT, src_mask), 1e-12)
        assert not torch.allclose(model(other, TGT)[0], model(SRC, TGT)[0])

    def test_more_target_padding_changes_nothing(self, model: Transformer) -> None:  # T4
        real = TGT != 0
        assert_equal(model(SRC, F.pad(TGT, (0, 3)))[:, :4][real], model(SRC, TGT)[real], 1e-12)
        assert_equal(model(SRC[:1], TGT[:1, :3]), model(SRC[:1], TGT[:1])[:, :3], 1e-12)

    @few_examples
    @given(rows=st.lists(st.integers(0, 3), min_size=1, max_size=6))
    def test_a_row_does_not_depend_on_its_neighbours(self, model: Transformer, rows: list[int]) -> None:  # T10
        src, tgt = F.pad(random_ids(4, 5), (0, 1)), random_ids(4, 6, TGT_VOCAB)  # B, S and T in reach of each other
        assert_equal(model(src[rows], tgt[rows]), model(src, tgt)[rows], 1e-12)

    @pytest.mark.parametrize("num_tokens", [4, 5])  # T = 5 = S, where a wrong mask would fit
    def test_cross_attention_hides_source_padding_and_no_target_position(  # T3
        self, model: Transformer, num_tokens: int
    ) -> None:
        weights = []
        model.decoder.layers[0].cross_attention.register_forward_hook(lambda *call: weights.append(call[2][1]))
        model(SRC, random_ids(2, num_tokens, TGT_VOCAB))
        seen = weights[0] > 0
        assert torch.equal(seen, (SRC != 0)[:, None, None, :].expand(2, 2, num_tokens, 5))

    def test_padding_is_another_id_if_pad_idx_says_so(self, float64: None) -> None:
        model = small_transformer(pad_idx=5)
        src, tgt = torch.tensor([[3, 4, 0]]), torch.tensor([[6, 0, 7]])  # 0 is an ordinary token here
        padded_src, padded_tgt = F.pad(src, (0, 2), value=5), F.pad(tgt, (1, 1), value=5)
        memory = model.encode(src)
        assert_equal(model.encode(padded_src)[:, :3], memory, 1e-12)
        assert_equal(model(padded_src, tgt), model(src, tgt), 1e-12)
        assert_equal(model.decode_step(tgt, model.start_cache(padded_src))[0], model(src, tgt)[:, -1], 1e-12)
        assert_equal(
            model.decode(padded_tgt, memory),
            model.decode(padded_tgt, memory, tgt_mask=create_masks(src, padded_tgt, 5)[1]),
            0.0,
        )
        assert not torch.allclose(model(src, tgt), model(src[:, :2], tgt))

    def test_the_embedding_of_padding_is_zero_whatever_its_id(self) -> None:
        fresh = Transformer(SRC_VOCAB, TGT_VOCAB, 8, 1, 2, 16, pad_idx=5)
        for embedding in (fresh.src_embedding, fresh.tgt_embedding):
            assert (~embedding.weight.any(dim=1)).nonzero().tolist() == [[5]]

    @few_examples
    @given(amount=st.integers(1, 4))
    def test_a_left_padded_target_is_the_same_target_at_later_positions(self, model: Transformer, amount: int) -> None:
        # T4: positions are columns; the padding in front is hidden and its own logits, which see nothing, are finite.
        tgt = random_ids(2, 3, TGT_VOCAB)
        logits = model(SRC, F.pad(tgt, (amount, 0)))
        src_mask, tgt_mask = create_masks(SRC, tgt)
        later = model.positional_encoding(model.tgt_embedding(tgt), offset=amount)
        shifted = model.output_projection(model.decoder(later, model.encode(SRC), src_mask, tgt_mask))
        assert_equal(logits[:, amount:], shifted, 1e-12)
        assert logits.isfinite().all()
        assert not torch.allclose(shifted, model(SRC, tgt))


class TestMasks:
    def test_masks_left_out_are_those_of_create_masks(self, model: Transformer) -> None:
        assert_equal(model(SRC, TGT), model(SRC, TGT, *create_masks(SRC, TGT)), 0.0)

    def test_a_mask_that_is_given_is_used_as_it_is(self, model: Transformer) -> None:
        everything = torch.ones(1, 1, 1, 5, dtype=torch.bool), torch.ones(1, 1, 4, 4, dtype=torch.bool)
        logits = model(SRC, TGT, *everything)
        later = TGT.clone()
        later[:, 3] = 11
        assert not torch.allclose(model(SRC, later, *everything)[:, 0], logits[:, 0])  # not even the future is hidden
        memory = model.encode(SRC, everything[0])
        assert_equal(model.output_projection(model.decode(TGT, memory, *everything)), logits)

    @pytest.mark.parametrize("watched", [False, True], ids=["fused", "readable"])
    def test_a_row_of_nothing_but_padding_leaves_every_gradient_finite(  # T7
        self, model: Transformer, watched: bool
    ) -> None:
        if watched:
            for module in model.modules():
                if isinstance(module, MultiHeadAttention):
                    module.register_forward_hook(lambda *_: None)
        src, tgt = SRC.clone(), TGT.clone()
        src[0], tgt[0] = 0, 0
        logits = model(src, tgt)
        logits.square().sum().backward()
        assert logits.isfinite().all()
        assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
        assert_equal(logits[1], model(SRC, TGT)[1])


class TestEncodeAndDecode:
    def test_forward_is_decode_after_encode_then_projected(self, model: Transformer) -> None:
        src_mask, tgt_mask = create_masks(SRC, TGT)
        memory = model.encode(SRC)
        vectors = model.decode(TGT, memory, src_mask, tgt_mask)
        assert memory.shape == (2, 5, 8)
        assert vectors.shape == (2, 4, 8)
        assert model(SRC, TGT).shape == (2, 4, TGT_VOCAB)
        assert_equal(model.output_projection(vectors), model(SRC, TGT))
        assert_equal(model.decode(TGT, memory, src_mask), vectors)

    def test_decode_without_a_source_mask_sees_all_of_the_memory(self, model: Transformer) -> None:
        memory = model.encode(SRC)
        everything = torch.ones(1, 1, 1, 5, dtype=torch.bool)
        assert_equal(model.decode(TGT, memory), model.decode(TGT, memory, everything))
        assert not torch.allclose(model.decode(TGT, memory)[0], model.decode(TGT, memory, create_masks(SRC, TGT)[0])[0])

    def test_the_two_sides_may_differ_in_depth(self) -> None:
        model = Transformer(5, 5, 8, 3, 2, 16, num_encoder_layers=1, num_decoder_layers=2)
        assert (len(model.encoder.layers), len(model.decoder.layers)) == (1, 2)
        model = Transformer(5, 5, 8, 3, 2, 16, num_encoder_layers=1)
        assert (len(model.encoder.layers), len(model.decoder.layers)) == (1, 3)

    def test_logits_are_not_normalised(self, model: Transformer) -> None:
        assert (model(SRC, TGT).logsumexp(dim=-1).abs() > 1e-3).all()

    def test_evaluation_is_deterministic_and_training_drops(self) -> None:
        model = Transformer(SRC_VOCAB, TGT_VOCAB, 8, 1, 2, 16, dropout=0.5)
        assert not torch.equal(model(SRC, TGT), model(SRC, TGT))
        model.eval()
        assert torch.equal(model(SRC, TGT), model(SRC, TGT))

    @pytest.mark.parametrize("option", ["attention_dropout", "activation_dropout"])
    def test_dropout_inside_the_layers_is_off_unless_asked_for(self, option: str) -> None:
        plain = Transformer(SRC_VOCAB, TGT_VOCAB, 8, 1, 2, 16, dropout=0.0)
        assert torch.equal(plain(SRC, TGT), plain(SRC, TGT))
        asked = Transformer(SRC_VOCAB, TGT_VOCAB, 8, 1, 2, 16, dropout=0.0, **{option: 0.5})
        assert not torch.equal(asked(SRC, TGT), asked(SRC, TGT))


class TestStart:
    @pytest.mark.parametrize("preset", PRESETS)
    @pytest.mark.parametrize("vocab_size", [14, 102, 1000])
    @pytest.mark.parametrize("norm_first", [False, True])
    def test_the_first_loss_is_near_the_log_of_the_vocabulary(  # T25
        self, preset: str, vocab_size: int, norm_first: bool
    ) -> None:
        d_model, num_layers, num_heads, d_ff = PRESETS[preset]
        model = Transformer(vocab_size, vocab_size, d_model, num_layers, num_heads, d_ff, 32, norm_first=norm_first)
        src, tgt, labels = (random_ids(8, 8, vocab_size) for _ in range(3))
        with torch.no_grad():
            loss = F.cross_entropy(model(src, tgt).flatten(0, 1), labels.flatten())
        assert loss.item() == pytest.approx(math.log(vocab_size), rel=0.1)

    def test_matrices_start_as_xavier_has_them_and_biases_at_zero(self) -> None:
        model = Transformer(50, 50, 128, 1, 4, 512, max_len=8)
        for stack in (model.encoder, model.decoder):
            for name, parameter in stack.named_parameters():
                if parameter.dim() == 2:
                    bound = math.sqrt(6 / sum(parameter.shape))
                    assert 0.98 * bound < parameter.abs().max() <= bound, name
                    assert parameter.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.02), name
                elif "bias" in name:
                    assert not parameter.any(), name
        assert model.output_projection.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert not model.output_projection.bias.any()

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    @pytest.mark.parametrize("watched", [False, True], ids=["fused", "readable"])
    def test_large_activations_stay_finite_in_half_precision(self, dtype: torch.dtype, watched: bool) -> None:  # T17
        model = Transformer(SRC_VOCAB, TGT_VOCAB, 16, 2, 2, 32, max_len=8, dropout=0.0)
        with torch.no_grad():
            for module in (m for m in model.modules() if isinstance(m, MultiHeadAttention)):
                module.query_projection.weight.mul_(40)
                module.key_projection.weight.mul_(40)
                if watched:
                    module.register_forward_hook(lambda *_: None)
        src = SRC.clone()
        src[0] = 0
        assert model.to(dtype)(src, TGT).isfinite().all()


class TestCounts:
    @pytest.mark.parametrize(
        ("vocab_size", "d_model", "num_layers", "d_ff", "expected"),
        [(15, 64, 2, 256, 236_367), (100, 128, 3, 512, 1_427_044)],
    )
    def test_the_parameters_of_the_notes_models(
        self, vocab_size: int, d_model: int, num_layers: int, d_ff: int, expected: int
    ) -> None:
        model = Transformer(vocab_size, vocab_size, d_model, num_layers, 4, d_ff)
        assert count_parameters(model) == expected
        parts = (model.src_embedding, model.tgt_embedding, model.encoder, model.decoder, model.output_projection)
        assert sum(map(count_parameters, parts)) == expected

    def test_the_base_model_of_the_paper(self) -> None:
        with torch.device("meta"):
            model = Transformer(37_000, 37_000, tie_embeddings="all")
        assert count_parameters(model.encoder) + count_parameters(model.decoder) == 44_138_496
        assert count_parameters(model) == 63_082_496
        assert count_parameters(model) == pytest.approx(65e6, rel=0.03)  # table 3

    def test_the_big_model_of_the_paper(self) -> None:
        with torch.device("meta"):
            model = Transformer(37_000, 37_000, 1024, 6, 16, 4096, dropout=0.3, tie_embeddings="all")
        assert count_parameters(model) == pytest.approx(213e6, rel=0.01)  # table 3

    def test_only_trainable_parameters_count(self) -> None:
        model = small_transformer()
        everything, frozen = count_parameters(model), count_parameters(model.encoder)
        model.encoder.requires_grad_(False)
        assert count_parameters(model) == everything - frozen


class TestConfiguration:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"num_encoder_layers": 1, "norm_first": True, "activation": "gelu"},
            {"pad_idx": 3, "attention_dropout": 0.1, "activation_dropout": 0.2},
        ],
    )
    def test_the_configuration_and_the_weights_rebuild_the_model(self, options: dict[str, object]) -> None:
        model = small_transformer(**options)
        rebuilt = Transformer(**model.config).eval()
        rebuilt.load_state_dict(model.state_dict())
        assert torch.equal(rebuilt(SRC, TGT), model(SRC, TGT))
        assert rebuilt.config == model.config
        assert {name: model.config[name] for name in options} == options

    def test_a_copy_is_independent(self) -> None:
        model = small_transformer()
        logits, twin = model(SRC, TGT), copy.deepcopy(model)
        with torch.no_grad():
            for parameter in twin.parameters():
                parameter.zero_()
        assert torch.equal(model(SRC, TGT), logits)

    def test_training_reaches_every_parameter(self, model: Transformer) -> None:
        labels: Tensor = random_ids(2, 4, TGT_VOCAB)
        F.cross_entropy(model(SRC, TGT).flatten(0, 1), labels.flatten()).backward()
        for name, parameter in model.named_parameters():
            if "key_projection.bias" not in name:  # the same score for every key cancels in the softmax
                assert parameter.grad.any(), name

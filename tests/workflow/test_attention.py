"""Where a model looks while it writes."""

import pytest
import torch
from bundles import copying_bundle, random_bundle

from henkan.workflow.attention import END, sharpest_cross_attention


def test_every_written_symbol_has_its_look_at_the_source() -> None:
    seen = sharpest_cross_attention(random_bundle(target_kind="separator"), "ab c", "AA CH")
    assert seen.source_symbols == ["a", "b", " ", "c", END]
    assert seen.target_symbols == ["AA", "CH", END]
    assert seen.weights.shape == (3, 5)
    assert torch.allclose(seen.weights.sum(dim=1), torch.ones(3))


def test_a_copied_character_is_shown_as_itself() -> None:
    seen = sharpest_cross_attention(copying_bundle(), "a鬱b", "A鬱")
    assert seen.source_symbols == ["a", "鬱", "b", END]
    assert seen.target_symbols == ["A", "鬱", END]
    assert seen.weights.shape == (3, 4)


def test_the_layer_that_hesitates_least_is_shown() -> None:
    bundle = random_bundle(num_layers=3)
    with torch.no_grad():
        for number, layer in enumerate(bundle.model.decoder.layers, start=1):
            # Larger queries make sharper weights.
            layer.cross_attention.query_projection.weight.mul_(20.0 if number == 2 else 0.0)
    assert sharpest_cross_attention(bundle, "abc", "AB").layer == 2


@pytest.mark.parametrize("text", ["abc", ""])
def test_looking_leaves_no_hook_behind(text: str) -> None:
    bundle = random_bundle()
    sharpest_cross_attention(bundle, text, text)
    assert not bundle.model.decoder.layers[0].cross_attention.is_watched()

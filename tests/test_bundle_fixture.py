"""A bundle that an earlier version wrote: it loads, and says and scores what it said and scored then."""

import json
from pathlib import Path
from typing import Any

import pytest

from henkan.bundle import Bundle
from henkan.decoding import BeamSearch, Greedy, Sampling, Strategy

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "bundle-v1-expected.json").read_text("utf-8"))
STRATEGIES: dict[str, tuple[Strategy, int]] = {
    "greedy": (Greedy(), 0),
    "beam": (BeamSearch(4, 0.6, 3), 0),
    "sampling": (Sampling(1.2, top_k=20, top_p=0.95), 5),
}


@pytest.fixture
def bundle() -> Bundle:
    return Bundle.load(FIXTURES / "bundle-v1")


def test_every_way_to_decode_is_held() -> None:
    assert set(EXPECTED["strategies"]) == set(STRATEGIES)
    assert len(EXPECTED["sources"]) >= 12


@pytest.mark.parametrize("name", STRATEGIES)
def test_an_old_bundle_says_what_it_said(bundle: Bundle, name: str) -> None:
    strategy, seed = STRATEGIES[name]
    found = bundle.predict(EXPECTED["sources"], strategy, seed=seed)
    expected = EXPECTED["strategies"][name]
    assert [[one.text for one in row] for row in found] == [[one["text"] for one in row] for row in expected]
    for row, expected_row in zip(found, expected, strict=True):
        assert [one.ended for one in row] == [one["ended"] for one in expected_row]
        for field in ("log_prob", "score"):
            assert [getattr(one, field) for one in row] == pytest.approx(
                [one[field] for one in expected_row], rel=0, abs=1e-5
            )


def test_an_old_bundle_scores_what_it_scored(bundle: Bundle) -> None:
    scores = bundle.score([(pair["source"], pair["target"]) for pair in EXPECTED["pairs"]])
    assert [score.num_tokens for score in scores] == [pair["num_tokens"] for pair in EXPECTED["pairs"]]
    assert [score.log_prob for score in scores] == pytest.approx(
        [pair["log_prob"] for pair in EXPECTED["pairs"]], rel=0, abs=1e-5
    )


def test_the_parts_of_an_old_bundle_are_where_they_were(bundle: Bundle) -> None:
    assert (bundle.source_tokenizer.kind, bundle.target_tokenizer.kind) == ("characters", "separator")
    assert (bundle.limits.source, bundle.limits.output) == (18, 16)
    assert bundle.record["settings"]["model"]["d_model"] == bundle.model.config["d_model"] == 32


def test_an_old_bundle_can_be_written_again(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "again")
    again = Bundle.load(tmp_path / "again")
    assert again.predict(EXPECTED["sources"]) == bundle.predict(EXPECTED["sources"])
    assert (again.limits, again.data, again.record) == (bundle.limits, bundle.data, bundle.record)

"""Which engine is chosen, and what is said about it."""

from pathlib import Path

import pytest
from bundles import random_bundle

from henkan.bundle import Bundle
from henkan.decoding import BeamSearch, Greedy, Sampling, Strategy
from henkan.export import ExportedPredictor
from henkan.export.folder import Quantization
from henkan.workflow import engines
from henkan.workflow.engines import choose_engine, load_predictor
from henkan.workflow.export import export_bundle
from henkan.workflow.predict import Options
from henkan.workflow.predict_input import what_decides
from henkan.workflow.report import silent

pytest.importorskip("ctranslate2")


@pytest.fixture
def saved(tmp_path: Path) -> str:
    random_bundle().save(tmp_path / "bundle")
    return str(tmp_path / "bundle")


def export(bundle: str, quantization: Quantization = "float32") -> None:
    export_bundle(bundle, silent, quantization=quantization)


def test_auto_takes_ctranslate2_only_with_a_current_export_in_float32(saved: str) -> None:
    assert choose_engine("auto", [saved], "cpu", Greedy()) == ("torch", "cpu", [])
    export(saved)
    assert choose_engine("auto", [saved], "cpu", Greedy()) == ("ctranslate2", "cpu", [])
    assert isinstance(load_predictor([saved], "cpu", "ctranslate2"), ExportedPredictor)
    export(saved, "int8")
    assert choose_engine("auto", [saved], "cpu", Greedy()) == ("torch", "cpu", [])
    assert choose_engine("ctranslate2", [saved], "cpu", Greedy()).engine == "ctranslate2"
    assert choose_engine("torch", [saved], "cpu", Greedy()).engine == "torch"


def test_auto_says_that_an_export_is_out_of_date_and_does_not_use_it(saved: str, tmp_path: Path) -> None:
    export(saved)
    (tmp_path / "bundle" / "ctranslate2").rename(tmp_path / "kept")
    random_bundle(seed=4).save(saved, overwrite=True)
    (tmp_path / "kept").rename(tmp_path / "bundle" / "ctranslate2")
    engine, _, (note,) = choose_engine("auto", [saved], "cpu", Greedy())
    assert engine == "torch"
    assert "is of other weights and not used" in note
    assert f"henkan export {saved}" in note


@pytest.mark.parametrize(
    ("strategy", "prefixes", "device", "several", "reason"),
    [
        (Sampling(), False, "cpu", False, "a seed of its own"),
        (BeamSearch(4), True, "cpu", False, "right behind their prefix"),
        (Greedy(), False, "cuda", False, "on the processor only, not on cuda"),
        (Greedy(), False, "cpu", True, "several bundles together"),
    ],
)
def test_what_ctranslate2_cannot_do_is_refused_if_it_was_asked_for_and_left_to_torch_otherwise(
    strategy: Strategy, prefixes: bool, device: str, several: bool, reason: str, saved: str
) -> None:
    export(saved)
    bundles = [saved, saved] if several else [saved]
    assert choose_engine("auto", bundles, device, strategy, has_prefixes=prefixes).engine == "torch"
    with pytest.raises(ValueError, match=f"{reason}.*--engine torch"):
        choose_engine("ctranslate2", bundles, device, strategy, has_prefixes=prefixes)


def test_auto_leaves_beams_to_torch_and_ctranslate2_takes_them_if_asked_for(saved: str) -> None:
    export(saved)
    assert choose_engine("auto", [saved], "cpu", BeamSearch(4)).engine == "torch"
    assert choose_engine("auto", [saved], "cpu", BeamSearch(1)).engine == "ctranslate2"
    assert choose_engine("ctranslate2", [saved], "cpu", BeamSearch(4)).engine == "ctranslate2"


def test_without_ctranslate2_auto_is_torch(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    export(saved)
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    assert choose_engine("auto", [saved], "cpu", Greedy()) == ("torch", "cpu", [])
    assert isinstance(load_predictor([saved], "cpu"), Bundle)


def test_the_engine_and_its_export_are_part_of_what_decides_outputs(saved: str) -> None:
    export(saved)
    bundle, options = Bundle.load(saved), Options()
    own = what_decides([saved], bundle, options, "cpu")
    exact = what_decides([saved], bundle, options, "cpu", "ctranslate2")
    export(saved, "int8")
    rounded = what_decides([saved], bundle, options, "cpu", "ctranslate2")
    assert "--engine" not in own  # so that what was begun before there were engines is gone on with
    assert exact != rounded
    assert {**exact, "--engine": None} == {**rounded, "--engine": None} == {**own, "--engine": None}

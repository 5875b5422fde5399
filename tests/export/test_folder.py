"""An export appears whole or not at all, says what it is of, and is not used for other weights."""

from pathlib import Path

import pytest
from bundles import SOURCES, copying_bundle, random_bundle

from henkan.bundle import Bundle
from henkan.decoding import BeamSearch
from henkan.export import ExportedPredictor, export_folder, folder, new_export, read_about, weights_digest

pytest.importorskip("ctranslate2")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    random_bundle().save(tmp_path / "bundle")
    return tmp_path / "bundle"


def export(bundle: Path, quantization: folder.Quantization = "float32", out: Path | None = None) -> Path:
    place = export_folder(bundle) if out is None else out
    with new_export(Bundle.load(bundle), weights_digest(bundle), place, quantization):
        pass
    return place


def files(path: Path) -> set[str]:
    return {str(one.relative_to(path)) for one in path.rglob("*")}


def test_an_export_answers_like_its_bundle(saved: Path) -> None:
    export(saved)
    exported, bundle = ExportedPredictor.load(saved), Bundle.load(saved)
    wishes = [{}, {"max_len": 3}, {"prefixes": ["A", "", "B", *[""] * 7]}, {"dictionary": {"abc": "XYZ"}}]
    for wish in wishes:
        ours, theirs = (one.predict([*SOURCES[:9], " "], **wish) for one in (bundle, exported))  # type: ignore[arg-type]
        assert [[one.text for one in row] for row in ours] == [[one.text for one in row] for row in theirs]
        for (a,), (b,) in zip(ours, theirs, strict=True):
            assert (a.log_prob, a.score) == pytest.approx((b.log_prob, b.score), abs=1e-3)
            assert a.ended == b.ended
    assert len(exported.predict(["abc"], BeamSearch(4, n_best=3))[0]) == 3


def test_characters_are_copied_as_by_the_bundle(tmp_path: Path) -> None:
    copying_bundle().save(tmp_path / "bundle")
    export(tmp_path / "bundle")
    exported = ExportedPredictor.load(tmp_path / "bundle")
    sources = ["h", "ahb", "xay", "鬱"]
    assert [row[0].text for row in exported.predict(sources)] == [
        row[0].text for row in copying_bundle().predict(sources)
    ]


def test_a_source_longer_than_the_positions_is_named_by_its_line(saved: Path) -> None:
    export(saved)
    with pytest.raises(ValueError, match="line 2: the source has 40 symbols, but this model has positions for 39"):
        ExportedPredictor.load(saved).predict(["a", "a" * 40])


def test_nothing_changes_if_the_export_fails(saved: Path) -> None:
    before = files(saved)
    with (
        pytest.raises(RuntimeError, match="stopped"),
        new_export(Bundle.load(saved), weights_digest(saved), export_folder(saved), "float32"),
    ):
        raise RuntimeError("stopped")
    assert files(saved) == before
    export(saved)
    whole = (export_folder(saved) / "model.bin").read_bytes()
    with (
        pytest.raises(RuntimeError, match="stopped"),
        new_export(Bundle.load(saved), weights_digest(saved), export_folder(saved), "int8"),
    ):
        raise RuntimeError("stopped")
    assert (export_folder(saved) / "model.bin").read_bytes() == whole


def test_an_export_is_replaced_and_anything_else_is_not(saved: Path, tmp_path: Path) -> None:
    export(saved)
    export(saved, "int8")
    about = read_about(export_folder(saved))
    assert about is not None
    assert about.quantization == "int8"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("text", encoding="utf-8")
    for name in ("mine", "file", "bundle"):
        before = files(tmp_path)
        with pytest.raises(ValueError, match="is no export, so it is not replaced: choose another --out"):
            export(saved, out=tmp_path / name)
        assert files(tmp_path) == before
    with pytest.raises(ValueError, match="cannot be made"):
        export(saved, out=tmp_path / "file" / "below")


def test_an_export_of_other_weights_is_refused(saved: Path) -> None:
    with pytest.raises(ValueError, match=r"has no export for CTranslate2: henkan export .*bundle --to ctranslate2"):
        ExportedPredictor.load(saved)
    place = export(saved)
    kept = saved.parent / "kept"
    place.rename(kept)
    random_bundle(seed=4).save(saved, overwrite=True)
    kept.rename(place)
    with pytest.raises(ValueError, match="was exported from other weights than"):
        ExportedPredictor.load(saved)
    export(saved)
    ExportedPredictor.load(saved)


def test_a_bundle_that_is_replaced_takes_its_export_along(saved: Path) -> None:
    export(saved)
    random_bundle(seed=4).save(saved, overwrite=True)
    assert not export_folder(saved).exists()


@pytest.mark.parametrize("damage", ["cut", "empty", "gone"])
def test_a_damaged_export_is_an_error_that_names_it(saved: Path, damage: str) -> None:
    model = export(saved) / "model.bin"
    whole = model.read_bytes()
    model.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
    if damage == "gone":
        model.unlink()
    with pytest.raises(ValueError, match=r"CTranslate2 cannot read .*ctranslate2 .*export the bundle again"):
        ExportedPredictor.load(saved)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weights": 1}', "\0"])
def test_a_folder_that_does_not_say_what_it_is_is_no_export(saved: Path, text: str) -> None:
    (export(saved) / "henkan.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="has no export for CTranslate2"):
        ExportedPredictor.load(saved)


def test_without_ctranslate2_the_error_says_what_to_install(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(saved)
    monkeypatch.setattr(folder, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'henkan\[ctranslate2\]'"):
        ExportedPredictor.load(saved)

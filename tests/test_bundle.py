"""A bundle on disk: what goes in comes out, complete or not at all."""

import json
import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from bundles import SOURCES, random_bundle, texts

from henkan.bundle import Bundle, Limits, bundle, folder
from henkan.data import Tokenizer
from henkan.nn import Transformer

NAMES = ["model.safetensors", "config.json", "source_tokenizer.json", "target_tokenizer.json", "training.json"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A bundle on disk."""
    random_bundle().save(tmp_path / "runs" / "one")
    return tmp_path / "runs" / "one"


def everything_in(path: Path) -> dict[str, bytes]:
    """The content of every file below ``path``, hidden ones included."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


# What is saved


def test_a_bundle_is_five_files(saved: Path) -> None:
    assert set(everything_in(saved)) == set(NAMES)


@pytest.mark.parametrize("target_kind", ["characters", "separator"])
def test_a_loaded_bundle_is_the_one_that_was_saved(tmp_path: Path, target_kind: str) -> None:
    before = random_bundle(target_kind=target_kind)
    before.save(tmp_path / "one")
    after = Bundle.load(tmp_path / "one")
    assert after.predict(SOURCES) == before.predict(SOURCES)
    assert (after.source_tokenizer, after.target_tokenizer) == (before.source_tokenizer, before.target_tokenizer)
    assert (after.limits, after.data, after.record) == (before.limits, before.data, before.record)
    assert not after.model.training


def test_tied_matrices_are_one_after_loading(tmp_path: Path) -> None:  # T24
    tokenizer = Tokenizer.train("characters", ["abcde"])
    model = Transformer(9, 9, d_model=8, num_layers=1, num_heads=2, d_ff=8, tie_embeddings="all")
    Bundle(model, tokenizer, tokenizer, Limits(5, 5)).save(tmp_path / "one")
    loaded = Bundle.load(tmp_path / "one").model
    assert loaded.src_embedding.weight.data_ptr() == loaded.tgt_embedding.weight.data_ptr()


def test_whoever_may_read_one_file_may_read_them_all(saved: Path) -> None:
    assert len({stat.S_IMODE((saved / name).stat().st_mode) for name in NAMES}) == 1


def test_the_record_can_be_replaced_alone(saved: Path) -> None:
    model = (saved / "model.safetensors").read_bytes()
    Bundle.load(saved).with_record(test={"exact_match": 0.5}).save_record(saved)
    assert Bundle.load(saved).record == {"steps": 3, "test": {"exact_match": 0.5}}
    assert set(everything_in(saved)) == set(NAMES)
    assert (saved / "model.safetensors").read_bytes() == model


# What is replaced, and what never


def test_an_existing_bundle_is_refused_with_the_way_out(saved: Path) -> None:
    before = everything_in(saved)
    with pytest.raises(ValueError, match=r"exists: .*--out.*--overwrite"):
        random_bundle(seed=1).save(saved)
    assert everything_in(saved) == before


def test_overwrite_replaces_a_bundle(saved: Path) -> None:
    random_bundle(seed=1).save(saved, overwrite=True)
    assert texts(Bundle.load(saved), SOURCES) == texts(random_bundle(seed=1), SOURCES)
    assert [path.name for path in saved.parent.iterdir()] == ["one"]


def test_overwrite_through_a_link_replaces_what_it_points_to(saved: Path) -> None:
    link = saved.parent / "latest"
    link.symlink_to(saved)
    random_bundle(seed=1).save(link, overwrite=True)
    assert link.is_symlink()
    assert texts(Bundle.load(saved), SOURCES) == texts(random_bundle(seed=1), SOURCES)


@pytest.mark.parametrize("kind", ["folder with a file", "empty folder", "file", "broken link"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_a_bundle_is_never_replaced(tmp_path: Path, kind: str, overwrite: bool) -> None:
    path = tmp_path / "precious"
    if kind == "file":
        path.write_text("thesis", encoding="utf-8")
    elif kind == "broken link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.mkdir()
    if kind == "folder with a file":
        (path / "config.json").write_text("{}", encoding="utf-8")
    before = everything_in(tmp_path)
    with pytest.raises(ValueError, match="is not a bundle, so it is not replaced"):
        random_bundle().save(path, overwrite=overwrite)
    assert everything_in(tmp_path) == before


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="is a file"):
        bundle.check_free(tmp_path / "file" / "deep" / "one")


# What happens when saving goes wrong


def fail_at_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    write = bundle._write_json

    def fail(path: Path, data: dict[str, object]) -> None:
        if path.name == "training.json":
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(bundle, "_write_json", fail)


def test_nothing_is_left_of_a_bundle_that_could_not_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at_the_record(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        random_bundle().save(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_the_old_bundle_stays_when_the_new_one_cannot_be_written(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything_in(saved.parent)
    fail_at_the_record(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        random_bundle(seed=1).save(saved, overwrite=True)
    assert everything_in(saved.parent) == before


def test_the_old_bundle_comes_back_when_the_new_one_cannot_take_its_place(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything_in(saved.parent)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name.endswith(".tmp"):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(KeyboardInterrupt):
        random_bundle(seed=1).save(saved, overwrite=True)
    assert everything_in(saved.parent) == before


def test_a_bundle_that_a_kill_left_aside_is_named(saved: Path) -> None:
    saved.rename(folder.set_aside(saved))
    with pytest.raises(ValueError, match=rf"mv \S+/\.one\.old {saved} restores it"):
        Bundle.load(saved)


KILLED = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from bundles import random_bundle
def wait(descriptor):
    print("saving", flush=True)
    time.sleep(600)
os.fsync = wait
random_bundle(seed=1).save(sys.argv[2], overwrite=True)
"""


@pytest.mark.slow
def test_a_process_killed_while_saving_leaves_the_old_bundle(saved: Path) -> None:  # T40
    before = everything_in(saved)
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(saved)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "saving\n"
        os.kill(process.pid, signal.SIGKILL)
    assert everything_in(saved) == before
    random_bundle(seed=1).save(saved, overwrite=True)  # what it left behind is in nobody's way
    assert texts(Bundle.load(saved), SOURCES) == texts(random_bundle(seed=1), SOURCES)


# What is not a bundle


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], Path]:
    """Change the text of one file of a bundle."""

    def apply(path: Path) -> Path:
        (path / name).write_text(change((path / name).read_text("utf-8")), encoding="utf-8")
        return path

    return apply


def cut(name: str, share: float) -> Callable[[Path], Path]:
    """Keep the beginning of one file of a bundle."""

    def apply(path: Path) -> Path:
        data = (path / name).read_bytes()
        (path / name).write_bytes(data[: int(share * len(data))])
        return path

    return apply


def without(name: str) -> Callable[[Path], Path]:
    """Delete one file of a bundle."""

    def apply(path: Path) -> Path:
        (path / name).unlink()
        return path

    return apply


def with_another_model(path: Path) -> Path:
    """Bring in the weights of another bundle."""
    random_bundle(d_ff=8).save(path.with_name("other"))
    shutil.copy(path.with_name("other") / "model.safetensors", path)
    return path


def empty_folder(path: Path) -> Path:
    """A folder with nothing in it."""
    path.with_name("empty").mkdir()
    return path.with_name("empty")


def without_limits(text: str) -> str:
    """A configuration that lacks a part."""
    return json.dumps({name: value for name, value in json.loads(text).items() if name != "limits"})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda path: path.with_name("nothing"), "there is no bundle", id="missing"),
        pytest.param(lambda path: path / "config.json", "is not a bundle but a file", id="file"),
        pytest.param(empty_folder, "is not a bundle", id="empty folder"),
        pytest.param(lambda path: path.parent, "is not a bundle", id="another folder"),
        pytest.param(
            edit("config.json", lambda text: text.replace("bundle-1", "bundle-2")),
            "not a bundle of this version.*henkan-bundle-2",
            id="another version",
        ),
        *(pytest.param(without(name), "not a complete bundle|is not a bundle", id=f"no {name}") for name in NAMES),
        *(pytest.param(cut(name, 0.5), "cannot be read", id=f"half of {name}") for name in NAMES),
        pytest.param(cut("model.safetensors", 0.999), "cannot be read", id="short model"),
        pytest.param(cut("model.safetensors", 0.0), "cannot be read", id="empty model"),
        pytest.param(
            edit("source_tokenizer.json", lambda _: '{"kind": "characters", "symbols": ["a"]}'),
            "mixes files of different bundles",
            id="another tokenizer",
        ),
        pytest.param(with_another_model, "mixes files of different bundles", id="another model"),
        pytest.param(edit("config.json", lambda _: "[]"), "is not a part of a bundle", id="a list"),
        pytest.param(edit("config.json", without_limits), "is damaged", id="no limits"),
    ],
)
def test_what_is_not_a_whole_bundle_is_one_clear_line(saved: Path, spoil: Callable[[Path], Path], said: str) -> None:
    path = spoil(saved)
    with pytest.raises(ValueError, match=said) as caught:
        Bundle.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Payload:
    """What a hostile file would have executed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", NAMES)
def test_loading_executes_nothing(saved: Path, tmp_path: Path, name: str) -> None:
    (saved / name).write_bytes(pickle.dumps(Payload(tmp_path / "executed")))
    with pytest.raises(ValueError, match="cannot be read"):
        Bundle.load(saved)
    assert not (tmp_path / "executed").exists()


def test_a_model_can_be_moved_to_a_device_on_loading(saved: Path) -> None:
    assert next(Bundle.load(saved, torch.device("meta")).model.parameters()).device.type == "meta"

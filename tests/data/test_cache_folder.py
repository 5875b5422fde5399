"""What was computed once is kept, complete or not at all, and not for ever."""

import os
import stat
from pathlib import Path

import pytest

from henkan.data import cache_folder
from henkan.data.cache_folder import CacheFolder, default_root


def fill(text: str, size: int = 1) -> object:
    return lambda folder: (folder / "data").write_text(text * size, encoding="utf-8")


def test_an_entry_is_found_under_its_key_alone(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path / "deep" / "cache")
    assert cache.entry({"a": 1}) is None
    place = cache.store({"a": 1}, fill("x"))
    assert place is not None
    assert cache.entry({"a": 1}) == place
    assert cache.entry({"a": 2}) is None
    assert (place / "data").read_text() == "x"


def test_what_was_broken_off_is_not_believed(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)

    def broken(folder: Path) -> None:
        (folder / "data").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.store({"a": 1}, broken)
    assert cache.entry({"a": 1}) is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_costs_the_entry_and_nothing_else(tmp_path: Path) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    assert CacheFolder(tmp_path).store({"a": 1}, full) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_may_not_be_written_costs_the_entry_and_nothing_else(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert CacheFolder(tmp_path / "cache").store({"a": 1}, fill("x")) is None


def test_another_process_may_have_been_faster(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)

    def slow(folder: Path) -> None:
        (folder / "data").write_text("second")
        folder.rename(folder.with_name("aside"))  # out of the way of the faster one, which has the same name here
        cache.store({"a": 1}, fill("first"))
        folder.with_name("aside").rename(folder)

    place = cache.store({"a": 1}, slow)
    assert place is not None
    assert (place / "data").read_text() == "first"
    assert list(tmp_path.iterdir()) == [place]


def test_entries_used_longest_ago_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_folder, "MAX_BYTES", 350)
    cache = CacheFolder(tmp_path)
    for number in range(3):
        place = cache.store({"n": number}, fill("x", 100))
        assert place is not None
        os.utime(place, (number, number))
    cache.entry({"n": 0})  # used again
    cache.store({"n": 3}, fill("x", 100))
    assert [cache.entry({"n": number}) is not None for number in range(4)] == [True, False, True, True]


def test_what_had_to_make_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = CacheFolder(tmp_path).store({"a": 1}, fill("x", 100))
    monkeypatch.setattr(cache_folder, "MAX_BYTES", 50)
    cache = CacheFolder(tmp_path)
    second = cache.store({"a": 2}, fill("x", 100))
    assert cache.removed == [first]
    assert list(tmp_path.iterdir()) == [second], "too large by itself, but it is in use"


def test_what_a_killed_process_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    for name in (".old.1.tmp", ".new.2.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_text("half")
    os.utime(tmp_path / ".old.1.tmp", (0, 0))
    CacheFolder(tmp_path).store({"a": 1}, fill("x"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == [".new.2.tmp"]


def test_a_damaged_entry_can_be_replaced(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)
    cache.store({"a": 1}, fill("damaged"))
    cache.remove({"a": 1})
    assert cache.entry({"a": 1}) is None
    place = cache.store({"a": 1}, fill("whole"))
    assert place is not None
    assert (place / "data").read_text() == "whole"


def test_the_place_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_root() == tmp_path / "henkan"
    monkeypatch.setenv("HENKAN_CACHE", str(tmp_path / "own"))
    assert default_root() == tmp_path / "own"

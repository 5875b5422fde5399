"""When a file cannot be written, or only half of the record is left, the learner has what they had."""

from pathlib import Path

import pytest
from learner import RIGHT, SDPA, new_workspace, write

from henkan.course.exercise import ORDER
from henkan.course.state import FILE
from henkan.course.stubs import stub
from henkan.course.text import LANGUAGES, Language
from henkan.course.workspace import create

CANNOT_BE_WRITTEN = "begun \ud800"  # as on a full disk, the file is there when writing fails


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("henkan.course.workspace.stub", lambda exercise_id, language: CANNOT_BE_WRITTEN)
    return monkeypatch


def test_a_reset_that_fails_leaves_the_work_where_it_was(tmp_path: Path, full_disk: pytest.MonkeyPatch) -> None:
    with full_disk.context() as other_times:
        other_times.setattr("henkan.course.workspace.stub", stub)  # there was room then
        workspace = new_workspace(tmp_path)
    path = write(workspace, RIGHT)
    with pytest.raises(UnicodeEncodeError):
        workspace.reset(SDPA, "en")
    assert path.read_text(encoding="utf-8") == RIGHT
    assert [other.name for other in path.parent.iterdir() if other.name.startswith("sdpa")] == ["sdpa.py"]


def test_an_init_that_fails_leaves_no_half_a_file_for_the_next_to_pass_over(
    tmp_path: Path, full_disk: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnicodeEncodeError):
        create(tmp_path, "en")
    full_disk.undo()
    assert create(tmp_path, "en").new == ORDER


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_a_record_still_says_which_language(language: Language, tmp_path: Path) -> None:
    path = new_workspace(tmp_path, language).root / FILE
    path.write_text(path.read_text(encoding="utf-8")[:60], encoding="utf-8")
    created = create(tmp_path, None)
    assert created.damaged is not None
    assert created.workspace.state.language == language

"""What the user asked for."""

import pytest

from henkan.workflow.wishes import Wishes, check_overrides


def test_the_user_wins_over_the_recipe() -> None:
    wishes = Wishes({"model": {"d_model": 32}}, {"model": {"d_model": 64, "dropout": 0.3}}, "copy")
    assert wishes.get("model", "d_model") == 32
    assert wishes.get("model", "dropout") == 0.3
    assert wishes.get("training", "seed") is None
    assert [rule.reason for rule in wishes.rules("model")] == ["the recipe of the task copy", "as you asked"]
    assert wishes.rules("training") == []


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"modle": {}}, "no section 'modle'"),
        ({"model": {"dmodel": 3}}, "did you mean d_model"),
        ({"training": {"zzz": 3}}, "it has seed"),
        ({"training": {"max_steps": 0}}, "max_steps=0 must be at least 1"),
        ({"data": {"dev_share": 0.7}}, "dev_share=0.7"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(overrides: dict[str, dict[str, object]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_overrides(overrides)


def test_the_options_of_a_task_are_left_to_the_task() -> None:
    check_overrides({"task": {"anything": 1}})

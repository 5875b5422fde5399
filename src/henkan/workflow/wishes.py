"""What the user asked for, and what a task recommends: settings that win over the rules of ``choose``."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from henkan.config import DataConfig, ModelConfig, TrainingConfig
from henkan.workflow.choose import AS_ASKED, Rule

Section = Mapping[str, Any]
Overrides = Mapping[str, Section]
SECTIONS: dict[str, type[DataConfig] | type[ModelConfig] | type[TrainingConfig]] = {
    "data": DataConfig,
    "model": ModelConfig,
    "training": TrainingConfig,
}


@dataclass(frozen=True)
class Wishes:
    """Settings by section. What the user asked for (``overrides``) wins over the task's ``recipe``."""

    overrides: Overrides = field(default_factory=dict)
    recipe: Overrides = field(default_factory=dict)
    task: str = ""

    def rules(self, section: str) -> list[Rule]:
        """What is wished for one section, the strongest last."""
        wished = (
            Rule(self.recipe.get(section, {}), f"the recipe of the task {self.task}"),
            Rule(self.overrides.get(section, {}), AS_ASKED),
        )
        return [rule for rule in wished if rule.values]

    def get(self, section: str, name: str) -> Any:
        """The value wished for one field, None without one."""
        return self.overrides.get(section, {}).get(name, self.recipe.get(section, {}).get(name))


def check_overrides(overrides: Overrides) -> None:
    """Raise for a section, a name or a value that no configuration has; "task" is left to the task."""
    for section, values in overrides.items():
        if section == "task":
            continue
        if section not in SECTIONS:
            raise ValueError(f"there is no section {section!r}: settings are in task, {', '.join(SECTIONS)}")
        known = [item.name for item in fields(SECTIONS[section])]
        for name in values:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known)}"
                raise ValueError(f"{section} has no setting {name!r}: {hint}")
        replace(SECTIONS[section](), **values)

"""How good the built-in tasks get, by their recipes or without: one training each, measured on what was held out.

    python benchmarks/recipes.py reading --minutes 10
    python benchmarks/recipes.py reading --minutes 10 --plain    the same pairs as a file, and no recipe
    python benchmarks/recipes.py reading --baselines             no training, but what a model has to beat

With --plain the training pairs of the task are written to a file and trained on as anybody's pairs would be: everything
is chosen from the data. Dev and test are those of the task.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from baselines import BASELINES, OF_TASKS
from record import save

from henkan.bundle import Bundle
from henkan.data import Example, Splits, Tokenizer
from henkan.evaluation import compute_metrics
from henkan.tasks import TASKS, Task
from henkan.workflow.evaluate import evaluate_examples
from henkan.workflow.train import train

MAX_BASELINE = 2_000  # test examples for a baseline that looks through all of training for each


def write_pairs(path: Path, examples: list[Example]) -> Path:
    """The pairs as a file: columns, with tags in the third if there are any."""
    lines = []
    for example in examples:
        source, tab, tags = example.source.partition("\t")
        lines += [f"{source}\t{reference}{tab}{tags}\n" for reference in example.references]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def train_plain(task: Task, splits: Splits, overrides: dict[str, Any], folder: Path) -> Bundle:
    """The bundle of somebody who has these pairs in a file and asks for nothing but the time."""
    parts = (("train", splits.train), ("dev", splits.dev), ("test", splits.test))
    files = {name: str(write_pairs(folder / f"{name}.tsv", list(part))) for name, part in parts}
    data = {"dev": files["dev"], "test": files["test"]}
    bundle = train(files["train"], overrides={**overrides, "data": data}, out=folder / "out", test=False, say=print)
    return bundle.bundle


def measure(name: str, minutes: float | None, seed: int, *, plain: bool) -> dict[str, Any]:
    """One training, and its figures on the test split of the task."""
    task = TASKS[name]()
    splits = task.load()
    overrides = {"training": {"seed": seed, **({"max_minutes": minutes} if minutes else {})}}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if plain:
            bundle = train_plain(task, splits, overrides, Path(folder))
        else:
            bundle = train(name, overrides=overrides, out=Path(folder) / "out", test=False, say=print).bundle
        seconds = time.perf_counter() - begun
        metrics = evaluate_examples(bundle, splits.test).metrics
    print(metrics, flush=True)
    return {
        "task": name,
        "settings": "chosen from the data" if plain else "the recipe of the task",
        "seed": seed,
        "seconds": round(seconds),
        "updates": bundle.record["steps"],
        "chosen": {part: _without_folders(bundle.record["settings"][part]) for part in ("data", "model", "training")},
        "test": {figure: round(value, 4) for figure, value in metrics.items()},
    }


def _without_folders(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings, with the names of files alone: they stood in a folder that is gone."""
    return {name: Path(value).name if name in ("dev", "test") and value else value for name, value in settings.items()}


def measure_baselines(name: str) -> list[dict[str, Any]]:
    """What the simple ways reach on the same test split."""
    task = TASKS[name]()
    splits = task.load()
    tokenizer = Tokenizer.train(task.target_kind, (text for e in splits.train for text in e.references))
    pairs = [(e.source, tuple(tokenizer.split(text))) for e in splits.train for text in e.references]
    results = []
    for way in OF_TASKS[name]:
        begun = time.perf_counter()
        baseline = BASELINES[way](pairs)
        examples = splits.test[:MAX_BASELINE] if way == "nearest" else splits.test
        outputs = [tokenizer.join(baseline.predict(example.source)) for example in examples]
        figures = compute_metrics(outputs, examples, tokenizer, symbol_name=task.symbol_name)
        seconds = round(time.perf_counter() - begun)
        test = {figure: round(value, 4) for figure, value in figures.items()}
        results.append({"task": name, "baseline": way, "seconds": seconds, "test": test})
        print(results[-1], flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=TASKS)
    parser.add_argument("--minutes", type=float, help="of training; without it as long as the recipe says")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="the training pairs as a file, all chosen from them")
    parser.add_argument("--baselines", action="store_true", help="only what a model has to beat")
    given = parser.parse_args()
    if given.baselines:
        if given.name not in OF_TASKS:
            parser.error(f"{given.name} has no baseline: those with one are {', '.join(OF_TASKS)}")
        save(f"baselines-{given.name}", measure_baselines(given.name))
    else:
        label = f"{given.name}{'-plain' if given.plain else ''}"
        save(f"recipe-{label}", [measure(given.name, given.minutes, given.seed, plain=given.plain)])


if __name__ == "__main__":
    main()

"""The loop that somebody who knows CTranslate2 would write: whole lines in, whole lines out, nothing else imported.

    python benchmarks/ctranslate2_loop.py BUNDLE EXPORT LINES OUT BEAM THREADS ROWS

Characters are looked up in the bundle's own tables; lines are sorted by length, and each of ``THREADS`` threads decodes
``ROWS`` at a time. This is what ``engines.py`` holds henkan's command against. It keeps none of henkan's promises:
scores, the length penalty, the rule for stopping, notes and going on after a kill are not there.
"""

import json
import sys
from pathlib import Path

import ctranslate2

END, UNKNOWN, FIRST = 2, 3, 4  # ids of the special symbols, and of the first other one


def main(bundle: str, export: str, lines: str, out: str, beam: int, threads: int, rows: int) -> None:
    """Read, decode, write."""
    source, target = (json.loads((Path(bundle) / f"{side}_tokenizer.json").read_text("utf-8")) for side in SIDES)
    if source["kind"] != "characters" or target["kind"] not in ("characters", "separator"):
        raise SystemExit("this loop knows characters, and targets with separators, alone: choose such a bundle")
    names = {symbol: f"<source {idx}>" for idx, symbol in enumerate(source["symbols"], start=FIRST)}
    symbols = {f"<{idx}>": symbol for idx, symbol in enumerate(target["symbols"], start=FIRST)}
    texts = Path(lines).read_text("utf-8").split("\n")[:-1]
    order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
    asked = [
        [*(names.get(character, f"<source {UNKNOWN}>") for character in texts[index]), f"<source {END}>"]
        for index in order
    ]
    translator = ctranslate2.Translator(export, device="cpu", inter_threads=threads, intra_threads=1)
    found = translator.translate_batch(asked, beam_size=beam, max_batch_size=rows)
    outputs = [""] * len(texts)
    for index, result in zip(order, found, strict=True):
        outputs[index] = target.get("separator", "").join(symbols.get(name, "") for name in result.hypotheses[0])
    Path(out).write_text("".join(f"{output}\n" for output in outputs), "utf-8")


SIDES = ("source", "target")

if __name__ == "__main__":
    main(*sys.argv[1:5], *map(int, sys.argv[5:8]))

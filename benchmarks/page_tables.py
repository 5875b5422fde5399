"""The tables of docs/performance.md and its Japanese sibling, made from result files.

    python benchmarks/page_tables.py

A comment such as ``<!-- table training 2026-11-30-bench.json small -->`` says what stands between it and the next
``<!-- end -->``. A test holds page and files equal.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs" / "performance.md", "ja": ROOT / "docs" / "performance.ja.md"}
PLACE = re.compile(r"(<!-- table (\S+) (\S+)(?: (\S+))? -->\n)(?:\|.*\n)*(<!-- end -->)")
Row = dict[str, Any]
Table = list[tuple[str, ...]]  # the headings first

JAPANESE = {
    "implementation": "実装", "target tokens/s": "目標トークン/秒", "ratio": "比", "lowest .. highest": "最小 .. 最大",
    "share of the floor": "限界に対する割合", "peak memory": "最大メモリ", "one row": "1 行", "32 rows": "32 行",
    "one row, beam 4": "1 行, ビーム幅 4", "32 rows, beam 4": "32 行, ビーム幅 4", "data": "データ",
    "forward": "順伝播", "loss": "損失", "backward": "逆伝播", "optimizer": "オプティマイザ", "step": "合計",
    "floor": "限界",
    "first output": "最初の出力まで", "undone": "元に戻したもの", "command": "コマンド", "seconds": "秒",
    "engine": "エンジン", "greedy": "貪欲法", "beam 4": "ビーム幅 4", "contestant": "参加者", "pairs/s": "ペア/秒",
    "measured": "測定", "formula": "式",
}  # fmt: skip


def results(name: str) -> list[Row]:
    """The results in the file ``name``."""
    found: list[Row] = json.loads((ROOT / "benchmarks" / "results" / name).read_text("utf-8"))["results"]
    return found


def training(rows: Sequence[Row], shape: str) -> Table:
    """Who trains how fast at one shape."""
    table: Table = [
        ("implementation", "target tokens/s", "ratio", "lowest .. highest", "share of the floor", "peak memory")
    ]
    for row in rows:
        if (row["work"], row.get("shape")) == ("train", shape) and "left_out" not in row:
            table.append((
                _title(row), f"{row['tokens_per_second']:,.0f}", f"{row['ratio']:.2f}", _range(row["ratio_range"]),
                f"{row['share_of_bound']:.0%}", f"{row['peak_mib']:,} MiB",
            ))  # fmt: skip
    return table


def decoding(rows: Sequence[Row], shape: str) -> Table:
    """Output tokens per second and the ratio, for one and for 32 rows, greedy and with a beam."""
    cases = [(1, 1, "one row"), (32, 1, "32 rows"), (1, 4, "one row, beam 4"), (32, 4, "32 rows, beam 4")]
    found: dict[str, dict[tuple[int, int], str]] = {}
    for row in rows:
        if (row["work"], row.get("shape")) == ("decode", shape):
            cell = "-" if "left_out" in row else f"{row['tokens_per_second']:,.0f} ({row['ratio']:.2f})"
            found.setdefault(_title(row), {})[row["batch"], row["beam"]] = cell
    table: Table = [("implementation", *(name for *_, name in cases))]
    for title, cells in found.items():
        if set(cells.values()) != {"-"}:
            table.append((title, *(cells.get((batch, beam), "-") for batch, beam, _ in cases)))
    return table


def phases(rows: Sequence[Row], shape: str) -> Table:
    """Milliseconds of the parts of a training step."""
    parts = ("data", "forward", "loss", "backward", "optimizer", "step")
    table: Table = [("", *parts)]
    for row in rows:
        if (row["work"], row.get("shape")) == ("phases", shape):
            table.append((row["entrant"], *(f"{row[part]:,.1f} ms" for part in parts)))
    return table


def options(rows: Sequence[Row], _: str) -> Table:
    """How much longer it takes when one thing is undone."""
    named = [(row.get("work") or row["shape"], row.get("way") or row["variant"], row) for row in rows]
    works = list(dict.fromkeys(work for work, *_ in named))
    ratios = {(work, way): f"{row['time_ratio']:.2f} [{_range(row['time_ratio_range'])}]" for work, way, row in named}
    ways = list(dict.fromkeys(way for _, way, _ in named))
    return [("undone", *works), *((way, *(ratios.get((work, way), "-") for work in works)) for way in ways)]


def start_up(rows: Sequence[Row], _: str) -> Table:
    """Seconds until a command has ended."""
    return [("command", "seconds", "lowest .. highest"), *(
        (f"`{row['command']}`", f"{row['seconds']:.2f}", _range(row["least_and_most"])) for row in rows
    )]  # fmt: skip


def engines(rows: Sequence[Row], _: str) -> Table:
    """Whole commands and the loop tuned by hand: lines a second, and the ratio in the same round."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        ratio = row.get("times_as_fast_as_the_loop")
        beside = "" if ratio is None else f" ({ratio:.2f})"
        found.setdefault(row["engine"], {})[row["strategy"]] = f"{row['lines_per_second']:,}{beside}"
    strategies = list(dict.fromkeys(row["strategy"] for row in rows))
    return [("engine", *strategies), *((name, *(of[each] for each in strategies)) for name, of in found.items())]


def quality(rows: Sequence[Row], _: str) -> Table:
    """Pairs per second, and seconds of training until each word error rate."""
    curves = [row for row in rows if "seconds_to" in row]
    table: Table = [("contestant", "pairs/s", *curves[0]["seconds_to"])]
    for row in curves:
        times = ("-" if value is None else f"{value:.0f} s" for value in row["seconds_to"].values())
        table.append((f"`{row['contestant']}`", f"{row['pairs_per_second']:,.0f}", *times))
    return table


def compiled(rows: Sequence[Row], _: str) -> Table:
    """A compiled decoding step beside henkan's own, for one row and for several."""
    numbers = sorted({row["rows"] for row in rows})
    cells = {
        (row["way"], row["rows"]): (
            f"{row['ratio']:.2f} [{_range(row['ratio_range'])}]",
            f"{row['first_seconds']:.1f} s",
        )
        for row in rows
    }
    table: Table = [("step", *(heading for rows in numbers for heading in (_rows(rows), "first output")))]
    for way in dict.fromkeys(row["way"] for row in rows):
        table.append((way, *(cell for number in numbers for cell in cells[way, number])))
    return table


def memory(rows: Sequence[Row], _: str) -> Table:
    """Measured and expected peaks."""
    table: Table = [("", "measured", "formula")]
    for row in rows:
        if row["axis"] == "memory":
            sizes = (f"{row[name] / 2**20:,.0f} MiB" for name in ("peak_bytes", "formula_bytes"))
            table.append((f"{row['work']}, {row['name']}", *sizes))
    return table


def _title(row: Row) -> str:
    workers = f", {row['workers']} x 1" if row.get("workers", 1) > 1 else ""
    return f"{row['entrant']}, {row['precision']}{workers}"


def _rows(number: int) -> str:
    return "one row" if number == 1 else f"{number} rows"


def _range(values: Sequence[float]) -> str:
    low, high = values
    return f"{low:.2f} .. {high:.2f}"


TABLES: dict[str, Callable[[Sequence[Row], str], Table]] = {
    "training": training, "decoding": decoding, "phases": phases, "options": options,
    "start_up": start_up, "memory": memory, "compiled": compiled, "engines": engines, "quality": quality,
}  # fmt: skip


def markdown(table: Table, language: str) -> Iterator[str]:
    """The lines of a table; headings and fixed words in the language of the page."""
    head, *body = table
    words = JAPANESE if language == "ja" else {}
    yield f"| {' | '.join(words.get(word, word) for word in head)} |"
    yield f"| {' | '.join(['---', *['---:'] * (len(head) - 1)])} |"
    for cells in body:
        yield f"| {' | '.join([words.get(cells[0], cells[0]), *cells[1:]])} |"


def filled(text: str, language: str) -> str:
    """The page with its tables made anew."""

    def fill(place: re.Match[str]) -> str:
        lines = markdown(TABLES[place[2]](results(place[3]), place[4] or ""), language)
        return place[1] + "".join(f"{line}\n" for line in lines) + place[5]

    return PLACE.sub(fill, text)


if __name__ == "__main__":
    for language, page in PAGES.items():
        page.write_text(filled(page.read_text("utf-8"), language), "utf-8")

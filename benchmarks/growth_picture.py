"""The picture of `growth.py`: a panel for each axis, what was measured and the law; and memory against its formula."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FixedLocator, LogLocator, NullFormatter, NullLocator

from henkan.plotting import L
from henkan.plotting.style import LINES, MEDIUM, SMALL, Array, new_figure

COLUMNS = 3
DEPARTS = 0.25
MIB = 2**20
RESULTS = Path(__file__).parent / "results"
TITLES = {  # in Japanese: of a panel, and of what grows in it
    "training: batch": ("学習：バッチ", "バッチの行数"),
    "training: length": ("学習：長さ", "入力と出力の長さ（4 行のバッチ）"),
    "training: vocabulary": ("学習：語彙", "語彙の大きさ"),
    "training: layers": ("学習：層の数", "エンコーダーの層の数（デコーダーも同数）"),
    "training: width": ("学習：幅", "d_model（d_ff はその 4 倍）"),
    "decoding: batch": ("デコード：バッチ", "バッチの行数"),
    "decoding: length": ("デコード：長さ", "出力トークンの数（1 行）"),
    "data: pairs": ("データ：組の数", "ファイルの中の組の数"),
}
WORDS = {
    "a step": "更新 1 回の時間",
    "an output token": "出力 1 トークンの時間",
    "the whole output": "出力全体の時間",
    "reading and encoding": "ファイルを読んで番号にする時間",
    "with cache": "キャッシュあり",
    "without cache": "キャッシュなし",
    "training": "学習",
    "decoding": "デコード",
}


def draw(content: dict[str, Any], path: Path) -> None:
    """Write the picture of a result to ``path``."""
    curves: dict[str, list[dict[str, Any]]] = {}
    for result in content["results"]:
        curves.setdefault(result["axis"], []).append(result)
    memory = curves.pop("memory", [])
    count = len(curves) + bool(memory)
    rows = -(-count // COLUMNS)
    figure = new_figure(width=5.2 * min(count, COLUMNS), height=4.1 * rows)
    panels = figure.subplots(rows, min(count, COLUMNS), squeeze=False).flatten()
    for axes, (name, results) in zip(panels, curves.items(), strict=False):
        _draw_axis(axes, name, results)
    if memory:
        _draw_memory(panels[len(curves)], memory)
    for axes in panels[count:]:
        axes.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    print(f"drawn to {path}")


def _draw_axis(axes: Axes, name: str, results: list[dict[str, Any]]) -> None:
    for number, result in enumerate(results):
        _draw_curve(axes, result, color=LINES[1 + number], dashes=("-", "--")[number])
    far = [point for result in results for point in result["points"] if abs(point["departs"]) > DEPARTS]
    if far:
        axes.plot(_column(far, "x"), _column(far, "seconds"), "o", markersize=11, markerfacecolor="none",
                  markeredgecolor="black", label=L("法則との差が 25 % を超える", "over 25 % from the law"))  # fmt: skip
    if name == "data: pairs":
        _cite(axes)
    title = L(TITLES[name][0], f"{name} ({results[0]['expected']})")
    axes.set_title(title, fontsize=MEDIUM)
    axes.set_xlabel(L(TITLES[name][1], results[0]["x"]), fontsize=MEDIUM)
    axes.set_ylabel(L(WORDS[results[0]["y"]], f"time of {results[0]['y']}"), fontsize=MEDIUM)
    _log_axes(axes, _column(results[0]["points"], "x"))
    axes.legend(fontsize=SMALL, loc="upper right" if name == "decoding: batch" else "upper left")  # where it falls


def _draw_curve(axes: Axes, result: dict[str, Any], color: str, dashes: str) -> None:
    points = result["points"]
    x, seconds = _column(points, "x"), _column(points, "seconds")
    below = [point["seconds"] - point["range"][0] for point in points]
    above = [point["range"][1] - point["seconds"] for point in points]
    axes.errorbar(x, seconds, yerr=[below, above], fmt="none", capsize=3, color=color)
    measured = L("実測（最小から最大まで）", "measured (min to max)")
    label = f"{L(WORDS[result['curve']], result['curve'])}: {measured}" if result["curve"] else measured
    axes.plot(x, seconds, "o", markersize=5, color=color, label=label)
    axes.plot(*_law_line(result), color=color, linestyle=dashes, linewidth=1.2, label=_law(result))


def _law_line(result: dict[str, Any]) -> tuple[Array, Array]:
    """The law between the points, too: work is a polynomial of the size that grows, of degree two at most."""
    points = result["points"]
    x = np.array(_column(points, "x"), dtype=np.float64)
    dense = np.geomspace(x[0], x[-1], 100)
    calls, work, outputs = (
        np.polyval(np.polyfit(x / x[-1], _column(points, key), min(2, len(x) - 1)), dense / x[-1])
        for key in ("calls", "work", "outputs")
    )
    return dense, (calls * result["overhead_seconds"] + work * result["cost_seconds"]) / outputs


def _law(result: dict[str, Any]) -> str:
    """The constants of the law in words; one that is zero is left out."""
    overhead, cost, is_data = result["overhead_seconds"], result["cost_seconds"], result["work"] == "pair"
    words = []
    if overhead > 0:
        once = EngFormatter("s", places=0)(overhead)
        words.append(L(f"1 回に {once}", f"{once} a {'file' if is_data else 'step'}"))
    if cost > 0:
        speed = float(f"{1 / cost:.2g}")
        words.append(L(f"毎秒 {speed:,.0f} 組", f"{speed:,.0f} pairs/s") if is_data else EngFormatter("FLOP/s")(speed))
    return L("法則：", "law: ") + " + ".join(words)


def _cite(axes: Axes) -> None:
    """What `data_scale.py` measured with more pairs on another machine, the newest result of it."""
    found = sorted(RESULTS.glob("*-data_scale.json"))
    if found:
        rows = json.loads(found[-1].read_text("utf-8"))["results"]
        seconds = [row["first_start"]["data_seconds"] for row in rows]
        label = L("別の計算機（data_scale.py）", "another machine (data_scale.py)")
        axes.plot(_column(rows, "pairs"), seconds, "s", color="grey", markerfacecolor="none", label=label)


def _draw_memory(axes: Axes, results: list[dict[str, Any]]) -> None:
    """A bar for each case, the largest on top, and the formula across it."""
    results = sorted(results, key=lambda result: (result["work"] == "training", result["peak_bytes"]))
    names = [f"{L(WORDS[result['work']], result['work'])}: {result['name']}" for result in results]
    places = range(len(results))
    colors = [LINES[1 + (result["work"] == "decoding")] for result in results]
    axes.barh(places, [result["peak_bytes"] / MIB for result in results], color=colors, alpha=0.8, height=0.7,
              label=L("実測", "measured"))  # fmt: skip
    axes.plot([result["formula_bytes"] / MIB for result in results], places, "|", color="black", markersize=13,
              markeredgewidth=2, label=L("式による見積もり", "formula"))  # fmt: skip
    axes.set_xscale("log")
    axes.set_yticks(places, names, fontsize=SMALL)
    axes.set_title(L("最大メモリー", "peak memory of a process"), fontsize=MEDIUM)
    axes.set_xlabel("MiB", fontsize=MEDIUM)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.grid(alpha=0.3, axis="x")
    axes.legend(fontsize=SMALL, loc="lower right")


def _log_axes(axes: Axes, ticks: list[int]) -> None:
    axes.set(xscale="log", yscale="log")
    if ticks[-1] < 100 * ticks[0] or all(two == 2 * one for one, two in pairwise(ticks)):
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value < 1e6 else f"{value / 1e6:,.0f} M")
    low, high = axes.get_ylim()
    if high < 100 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    room = 0.07 * len(axes.get_legend_handles_labels()[1])  # for the legend, which stands above the points
    axes.set_ylim(low, high * (high / low) ** room)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g} s" if value >= 1 else EngFormatter("s")(value))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelsize=SMALL)
    axes.grid(alpha=0.3)


def _column(rows: list[dict[str, Any]], key: str) -> list[Any]:
    return [row[key] for row in rows]

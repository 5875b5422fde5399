"""Charts as SVG: well-formed, true to their numbers, and harmless whatever their labels say."""

from xml.etree import ElementTree

import pytest

from henkan.plotting.svg import Axis, Series, bar_chart, heat_map, line_chart

EVIL = "</svg><script>&\"'"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0, 680, [0, 200, 400, 600]), (0, 0.0324, [0, 0.01, 0.02, 0.03])],
)
def test_ticks_are_round_numbers_within_the_axis(low: float, high: float, ticks: list[float]) -> None:
    assert Axis("x", low, high).ticks() == pytest.approx(ticks)


def test_points_lie_where_their_numbers_say() -> None:
    x, y = Axis("x", 0, 10), Axis("y", 0, 1)
    chart = parsed(line_chart([Series("a", [(0, 0.0), (10, 1.0)], is_dots=True)], x, y, "title"))
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in chart.iter("circle")]
    axis = next(line for line in chart.iter("line") if line.get("class") == "axis")
    assert dots[0] == (float(axis.get("x1", "")), float(axis.get("y1", "")))
    assert dots[1][0] == float(axis.get("x2", ""))
    assert dots[1][1] < dots[0][1]


def test_bars_are_as_high_as_their_values() -> None:
    chart = parsed(bar_chart(["a", "b"], [0.2, 0.4], "x", Axis("y", 0, 1), "title"))
    heights = [float(bar.get("height", "")) for bar in chart.iter("rect")]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.01)


def test_ink_is_weight_and_what_is_next_to_nothing_is_left_out() -> None:
    chart = parsed(heat_map([[0.9, 0.1], [0.0, 1.0]], ["r", "s"], ["c", "d"], "title"))
    cells = [rect for rect in chart.iter("rect") if rect.get("class") == "cell"]
    assert [cell.get("fill-opacity") for cell in cells] == ["0.90", "0.10", "1.00"]
    places = [(float(cell.get("x", "")), float(cell.get("y", ""))) for cell in cells]
    assert places[0][1] == places[1][1] < places[2][1]
    assert places[0][0] < places[1][0] == places[2][0]


def test_labels_cannot_leave_their_text() -> None:
    axis = Axis(EVIL, 0, 1)
    for text in (
        line_chart([Series(EVIL, [(0, 1)]), Series(EVIL, [])], axis, axis, EVIL, diagonal=True),
        bar_chart([EVIL], [0.5], EVIL, axis, EVIL),
        heat_map([[1.0]], [EVIL], [EVIL], EVIL),
    ):
        chart = parsed(text)
        assert not list(chart.iter("script"))
        assert EVIL in [element.text for element in chart.iter()]

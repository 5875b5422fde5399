"""The frame of a report: one HTML page that loads nothing, runs nothing and escapes all text of users."""

import html
from collections.abc import Sequence
from typing import Literal

Language = Literal["ja", "en"]

# Neither scripts nor requests, whatever a text in the data says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

STYLE = """
:root{--ink:#1d2430;--soft:#5b6575;--rule:#dde2ea;--paper:#fff;--ground:#f5f6f9;--first:#2a6f97;--second:#b5493a;
--wrong:#b5303a;--fine:#22734a}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a0a9b8;--rule:#343b48;--paper:#1b2029;--ground:#12161d;
--first:#6cb4dc;--second:#e58a7a;--wrong:#f0848b;--fine:#6cc795}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.6;font-size:16px;
font-family:system-ui,-apple-system,"Segoe UI","Hiragino Sans","Noto Sans JP","Noto Sans CJK JP","Yu Gothic UI",
Meiryo,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.7rem;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:0 0 12px}
h3{font-size:1rem;margin:20px 0 6px}
p{margin:6px 0 12px}.soft{color:var(--soft);font-size:.9rem;overflow-wrap:anywhere}
section{background:var(--paper);border:1px solid var(--rule);border-radius:12px;padding:20px 24px;margin:18px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;margin:20px 0}
.card{background:var(--paper);border:1px solid var(--rule);border-radius:12px;padding:14px 18px}
.card b{display:block;font-size:1.75rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.3}
.card span{color:var(--soft);font-size:.88rem}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:20px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:2px solid var(--rule);
padding:6px 10px 6px 0;white-space:nowrap}
td{border-bottom:1px solid var(--rule);padding:6px 10px 6px 0;vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.name{white-space:nowrap}
bdi{white-space:pre-wrap;unicode-bidi:isolate}
code{font-size:.86rem;overflow-wrap:anywhere}
.wrong{color:var(--wrong)}.fine{color:var(--fine)}
svg{max-width:100%;height:auto;display:block}.scroll svg{max-width:none}
svg text{fill:var(--soft);font-size:12px}svg .label,svg .value{font-size:13px}svg .value{fill:var(--ink)}
.grid{stroke:var(--rule)}.axis{stroke:var(--soft)}.frame{fill:none;stroke:var(--rule)}
.line{fill:none;stroke-width:2.2}.line0{stroke:var(--first)}.line1{stroke:var(--second);stroke-dasharray:6 4}
.dot0,.bar,.cell{fill:var(--first)}.dot1{fill:var(--second)}
.ideal{stroke:var(--soft);stroke-dasharray:3 5;fill:none}
details{margin:10px 0}summary{cursor:pointer;color:var(--soft)}
@media print{body{background:#fff}section,.card{break-inside:avoid}}
"""


def page(language: Language, title: str, body: Sequence[str]) -> str:
    """The whole page."""
    head = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(visible(title))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    return head + "\n".join(body) + "\n</main>\n</body>\n</html>\n"


def data(text: str) -> str:
    """A text of users as HTML: escaped, its spaces kept, its direction its own."""
    return f"<bdi>{html.escape(visible(text))}</bdi>"


def visible(text: str) -> str:
    """``text`` with a picture for each control character, which HTML must not hold: ␉ for a tab."""
    return "".join(chr(0x2400 + ord(one)) if ord(one) < 0x20 else "␡" if ord(one) == 0x7F else one for one in text)


def section(title: str, *parts: str) -> str:
    """A part of the page under its title, which is no text of users."""
    return f"<section>\n<h2>{html.escape(title)}</h2>\n" + "\n".join(part for part in parts if part) + "\n</section>"


def paragraph(text: str, style: str = "soft") -> str:
    """A paragraph of plain text."""
    return f'<p class="{style}">{html.escape(text)}</p>'


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), *, has_names: bool = False
) -> str:
    """A table of cells that are HTML; ``numbers`` are the columns to set flush right.

    ``has_names``: the first column holds names that must not be broken.
    """

    def line(cells: Sequence[str], tag: str) -> str:
        style = [' class="n"' if place in numbers else "" for place in range(len(cells))]
        if has_names:
            style[0] = ' class="name"'
        inner = "".join(f"<{tag}{style[place]}>{cell}</{tag}>" for place, cell in enumerate(cells))
        return f"<tr>{inner}</tr>"

    body = "\n".join(line(row, "td") for row in rows)
    head = line([html.escape(cell) for cell in header], "th")
    return f'<div class="scroll"><table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody></table></div>'


def folded(summary: str, inner: str, *, is_open: bool = False) -> str:
    """What a reader can fold away, or open."""
    return f"<details{' open' if is_open else ''}><summary>{html.escape(summary)}</summary>\n{inner}\n</details>"

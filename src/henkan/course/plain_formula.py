r"""Formulas of the ledger on a terminal: LaTeX as a line of Unicode, ``\frac{QK^\top}{\sqrt{d_k}}`` as QKᵀ / √dₖ.

Only what the ledger uses is understood; anything else is a ``ValueError``, so no backslash reaches a reader.
"""

import re

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
NAMES = {
    "alpha": "α", "beta": "β", "eta": "η", "lambda": "λ", "sigma": "σ", "theta": "θ", "pi": "π", "partial": "∂",
    "sum": "Σ", "infty": "∞", "ldots": "…", "prime": "′", "top": "ᵀ", "to": " → ", "colon": ": ",
    "cdot": " · ", "times": " × ", "leftarrow": " ← ", "neq": " ≠ ", "approx": " ≈ ",
    "quad": "  ", "qquad": "   ", ",": " ", ";": " ", " ": " ", "!": "", "left": "", "right": "",
}  # fmt: skip
FUNCTIONS = {"sin", "cos", "exp", "ln", "softmax"}
BOX = {"mathrm", "operatorname", "text", "mathbf"}
RAISED = dict(zip("0123456789+-=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ", strict=True)) | {"ᵀ": "ᵀ", "′": "′"}
LOWERED = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
BINARY = "=+-"


def plain_formula(latex: str) -> str:
    """The formula as one line of Unicode."""
    reader = _Reader(latex)
    text = reader.sequence()
    if reader.rest:
        raise ValueError(f"{latex}: a brace is closed that was not opened")
    return re.sub(r" *\n *", "; ", _even(text)).strip()


class _Reader:
    """Reads the formula from left to right."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.rest = [token for token in TOKEN.findall(latex) if not token.isspace()]

    def sequence(self) -> str:
        """Everything up to the end of the group."""
        text = ""
        while self.rest and self.rest[0] != "}":
            token = self.rest.pop(0)
            if token in "^_":
                text += _attached(token, self._argument())
            elif token in BINARY:
                text += self._sign(token, text)
            else:
                text += self._piece(token, text)
        return text

    def _piece(self, token: str, before: str) -> str:
        if token == "{":
            return self._group()
        if token == ",":
            return "," if self.rest[:1] == ["}"] and not before else ", "  # {,} stands between thousands
        if not token.startswith("\\"):
            return {"&": "  ", "'": "′"}.get(token, token)
        name = token[1:]
        gap = " " if before and (before[-1].isalnum() or before[-1] in ")′ᵀ") else ""
        if name == "frac":
            above, below = _whole(self._argument()), _whole(self._argument())
            return gap + above + ("/" if above[0] == below[0] == "∂" else " / ") + below
        if name == "sqrt":
            return gap + f"√{_whole(self._argument())}"
        if name in BOX:
            return self._argument()
        if name in FUNCTIONS:
            following = next((token for token in self.rest if token != "\\!"), "")
            return gap + name + ("" if following in ("(", "\\left", "_", "^") else " ")
        return self._named(name, gap)

    def _named(self, name: str, gap: str) -> str:
        if name in ("begin", "end"):
            if (what := self._argument()) != "cases":
                raise ValueError(f"{self.latex}: {what} cannot be shown on a terminal")
            return "{ " if name == "begin" else " }"
        if name == "\\":
            return "\n"
        if name not in NAMES:
            raise ValueError(f"{self.latex}: \\{name} cannot be shown on a terminal")
        return (gap if name == "sum" else "") + NAMES[name]

    def _sign(self, token: str, before: str) -> str:
        token = "−" if token == "-" else token
        is_binary = bool(before.strip()) and before.rstrip(" ")[-1] not in "(=+−×·←,{\n"
        return f" {token} " if token == "=" or is_binary else token

    def _group(self) -> str:
        text = self.sequence()
        if not self.rest:
            raise ValueError(f"{self.latex}: a brace is left open")
        self.rest.pop(0)
        return text

    def _argument(self) -> str:
        token = self.rest.pop(0)
        return self._group() if token == "{" else self._piece(token, "").strip()


def _attached(mark: str, text: str) -> str:
    """A raised or lowered text; in characters of that kind where Unicode has all of them."""
    small = RAISED if mark == "^" else LOWERED
    plain = text.replace("−", "-")
    if all(character in small for character in plain) and (len(plain) <= 3 or plain.isdigit()):
        return "".join(small[character] for character in plain)
    is_one = text.isalnum() or (text.startswith("(") and _whole(text) == text)
    return mark + (text if is_one else f"({text})")


def _whole(text: str) -> str:
    """The text in brackets unless it is one thing already."""
    depth, is_one = 0, True
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        is_one = is_one and not (depth == 0 and (character == " " or (character == "−" and index == 0)))
    return text if is_one else f"({text})"


def _even(text: str) -> str:
    """One space after a comma, or three that part two formulas; none inside of brackets."""
    text = re.sub(r",  (?! )", ", ", re.sub(r" {4,}", "   ", text))
    return re.sub(r"\( +", "(", re.sub(r" +([),])", r"\1", text))

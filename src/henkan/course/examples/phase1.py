"""One token on its way into the encoder, and the size of the numbers on the way."""

import math

WIDTH, PAPER_WIDTH = 4, 512
ROW = (0.5, -0.25, 0.0, 1.0)  # of the embedding matrix


def embedding() -> dict[str, float]:
    """The row of a token times sqrt(d_model), and the spread of a row's numbers at the paper's width.

    Wrong for the last number: not scaled; times d_model; divided by the root.
    """
    scaled = {f"e{index}": number * math.sqrt(WIDTH) for index, number in enumerate(ROW)}
    wrong = {"unscaled": ROW[3], "by_d": ROW[3] * WIDTH, "divided": ROW[3] / math.sqrt(WIDTH)}
    return {**scaled, **wrong, "scale": math.sqrt(PAPER_WIDTH), "std": PAPER_WIDTH**-0.5}


def encoding(position: int, width: int) -> list[float]:
    """The sines and cosines of one position, in turn."""
    angles = [position / 10000 ** (2 * pair / width) for pair in range(width // 2)]
    return [wave(angle) for angle in angles for wave in (math.sin, math.cos)]


def positions() -> dict[str, float]:
    """Position 1 at width 4, and lengths, likeness and wavelengths at the paper's width.

    Wrong for the slow sine: i in the exponent where 2i belongs.
    """
    sin_fast, cos_fast, sin_slow, cos_slow = encoding(1, WIDTH)
    squared = sum(number**2 for number in encoding(7, PAPER_WIDTH))
    return {
        "sin_fast": sin_fast,
        "cos_fast": cos_fast,
        "sin_slow": sin_slow,
        "cos_slow": cos_slow,
        "exponent_i": math.sin(1 / 10000 ** (1 / WIDTH)),
        "dot3": sum(a * b for a, b in zip(encoding(5, WIDTH), encoding(8, WIDTH), strict=True)),
        "squared_length": squared,
        "rms": math.sqrt(squared / PAPER_WIDTH),
        "shortest": 2 * math.pi,
        "longest": 2 * math.pi * 10000 ** ((PAPER_WIDTH - 2) / PAPER_WIDTH),
        "limit": 2 * math.pi * 10000,
    }


def encoder_input() -> dict[str, float]:
    """The scaled row of the token plus the encoding of position 1.

    Wrong for the first number: the row not scaled; the encoding scaled as well; a product.
    """
    scaled, table = [number * math.sqrt(WIDTH) for number in ROW], encoding(1, WIDTH)
    wrong = {
        "unscaled": ROW[0] + table[0],
        "encoding_scaled": (ROW[0] + table[0]) * math.sqrt(WIDTH),
        "product": scaled[0] * table[0],
    }
    return {f"x{index}": a + b for index, (a, b) in enumerate(zip(scaled, table, strict=True))} | wrong

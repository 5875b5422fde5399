"""The options that say how to decode, the same for every command that decodes."""

from typing import Any

from henkan.cli.parser import Parser


def add_beam(parser: Parser, *, n_best: bool = False) -> None:
    """Beam search; without it, decoding is greedy. ``n_best`` adds the option to see more than the best output."""
    group = parser.add_argument_group("beam search (without it: always the likeliest next symbol)")
    group.add_argument("--beam", type=int, metavar="N", help="follow the N likeliest outputs at once, for example 4")
    group.add_argument(
        "--length-penalty",
        type=float,
        metavar="A",
        help="above 0 favours longer outputs, below 0 shorter ones [0.6]",
    )
    if n_best:
        group.add_argument(
            "--n-best",
            type=int,
            metavar="N",
            help="the N best outputs, as lines of: source number, tab, score, tab, output",
        )


def add_sampling(parser: Parser) -> None:
    """Drawing outputs at random."""
    group = parser.add_argument_group("sampling")
    group.add_argument("--sample", action="store_true", help="draw each symbol from the model's distribution")
    group.add_argument("--temperature", type=float, metavar="T", help="above 1 more variety, below 1 less [1]")
    group.add_argument("--top-k", type=int, metavar="K", help="draw from the K likeliest symbols only")
    group.add_argument("--top-p", type=float, metavar="P", help="draw from the likeliest that hold this probability")
    group.add_argument("--seed", type=int, metavar="N", help="of the draws; the same seed draws the same [0]")


def make_strategy(given: dict[str, Any]) -> Any:
    """The strategy that was asked for. Options that contradict each other are a ``ValueError``."""
    from henkan.decoding import BeamSearch, Greedy, Sampling  # here, so that --help is quick

    beam = {"width": "beam", "length_penalty": "length_penalty", "n_best": "n_best"}
    sampling = {"temperature": "temperature", "top_k": "top_k", "top_p": "top_p"}
    beam_given = {field: given[name] for field, name in beam.items() if given.get(name) is not None}
    sampling_given = {field: given[name] for field, name in sampling.items() if given.get(name) is not None}
    if given.get("sample"):
        if beam_given:
            raise ValueError(f"--sample and {_option(beam[next(iter(beam_given))])} exclude each other: choose one")
        return Sampling(**sampling_given)
    if sampling_given or given.get("seed") is not None:
        name = next(iter(sampling_given), "seed")
        raise ValueError(f"{_option(name)} is for sampling: add --sample")
    if not beam_given:
        return Greedy()
    if "width" not in beam_given:
        beam_given["width"] = max(BeamSearch.width, beam_given.get("n_best", 1))
    return BeamSearch(**beam_given)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"

"""``--device``: where a model computes."""

from henkan.cli.parser import Parser


def add_device(parser: Parser) -> None:
    """The option, for every command that runs a model."""
    parser.add_argument(
        "--device", default="auto", metavar="NAME", help="cpu, cuda, mps; auto takes cuda where there is one"
    )


def choose_device(name: str) -> str:
    """A device that this machine has."""
    if name == "cpu":
        return name
    import torch  # here, so that --help is quick

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:  # each backend has its own way to say no
        raise ValueError(f"--device {name} cannot be used here ({str(error).splitlines()[0]}): try cpu") from None
    return name

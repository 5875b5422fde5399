"""What ids are called in an exported model."""


def source_token(idx: int) -> str:
    """What an id is called in the source vocabulary, which holds no text: henkan turns text into ids.

    Source and target are told apart, because CTranslate2 does not decode a source that is an end token alone.
    """
    return f"<source {idx}>"


def target_token(idx: int) -> str:
    """What an id is called in the target vocabulary."""
    return f"<{idx}>"

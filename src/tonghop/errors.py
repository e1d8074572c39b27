"""The errors that a person is meant to read: their text is the whole message, and no traceback is shown for them."""


class TonghopError(Exception):
    """Something that the reader of the message can act on."""


class NeedsCorrection(TonghopError):
    """Something that trying again does not cure: a person must correct it first, so a scheduler does not retry it."""

"""The errors that a person is meant to read: their text is the whole message, and no traceback is shown for them."""


class TonghopError(Exception):
    """Something that the reader of the message can act on."""

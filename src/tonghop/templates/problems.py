"""What can be wrong with a workbook that is asked for."""

from __future__ import annotations

from tonghop.errors import TonghopError


class TemplateProblem(TonghopError):
    """The workbook that was asked for cannot be made; the text says why and what to do."""

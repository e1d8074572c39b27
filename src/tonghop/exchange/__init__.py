"""Exchange: the marts as files for other programs, with what they are and which publication they show."""

from tonghop.exchange.export import Exported, export
from tonghop.exchange.selection import ExportProblem, Selection

__all__ = ["ExportProblem", "Exported", "Selection", "export"]

"""Exchange: the marts as files for other programs, with what they are and which publication they show."""

from tonghop.exchange.dhis2 import DataValues, Unmapped, export_data_values
from tonghop.exchange.export import Exported, export
from tonghop.exchange.selection import ExportProblem, Selection

__all__ = ["DataValues", "ExportProblem", "Exported", "Selection", "Unmapped", "export", "export_data_values"]

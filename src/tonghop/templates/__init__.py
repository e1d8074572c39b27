"""Templates: the workbook that a unit fills in, made from the pack. Pure but for `earlier`, which asks the marts."""

from tonghop.templates.earlier import published_figures
from tonghop.templates.making import FileOfUnit, make_template, owed_templates
from tonghop.templates.problems import TemplateProblem

__all__ = ["FileOfUnit", "TemplateProblem", "make_template", "owed_templates", "published_figures"]

"""Trying the rules of a pack on their own cases, through the rule models, in a database apart."""

from tonghop.rules.trial import Outcome, try_rules

__all__ = ["Outcome", "try_rules"]

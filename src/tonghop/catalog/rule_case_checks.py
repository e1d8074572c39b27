"""Checks of the cases of a pack's rules: every rule has some, and each could be a report."""

from __future__ import annotations

from collections.abc import Iterator

from tonghop.catalog.case_places import NoPlace, form_below, is_vacuous, place_of
from tonghop.catalog.files import RULE_CASES, RULES
from tonghop.catalog.pack import Pack
from tonghop.catalog.problems import Problem
from tonghop.catalog.rule_cases import ELSE, RuleCases
from tonghop.catalog.rules import Rule


def check_rule_cases(pack: Pack) -> Iterator[Problem]:
    """What is wrong with the cases of a pack that is sound otherwise."""
    rules = {rule.rule_code: rule for rule in pack.rules}
    told = {cases.rule_code for cases in pack.rule_cases}
    for rule in pack.rules:
        if rule.rule_code not in told:
            yield Problem(
                RULES, rule.line, f"rule {rule.rule_code} has no cases; say in {RULE_CASES} which figures it catches and which it passes"
            )
    for cases in pack.rule_cases:
        known = rules.get(cases.rule_code)
        if known is None:
            yield Problem(RULE_CASES, cases.line, f"rule: {cases.rule_code} is no rule in {RULES}; add it there or correct it")
            continue
        yield from _check_fates(pack, known, cases)
        for name, _, case in cases.all():
            try:
                place = place_of(pack, known, case)
                for sent in case.below:
                    form_below(pack, place, sent)
            except NoPlace as fault:
                yield Problem(RULE_CASES, cases.line, f"{cases.rule_code} {name}: {fault}")
        if is_vacuous(known, cases.passes, cases.catches):
            yield Problem(
                RULE_CASES,
                cases.line,
                f"{cases.rule_code} passes: no case has the same figures as one that it catches, so that the rule may pass for want of a"
                " figure; give one with other numbers",
            )


def _check_fates(pack: Pack, rule: Rule, cases: RuleCases) -> Iterator[Problem]:
    """What is said of a report that a rule catches follows from its severity: whoever changes one of them is asked for the other."""
    forms = list(dict.fromkeys(form.form_code for form in pack.forms))
    for code in sorted(cases.then.keys() - {ELSE, *forms}):
        yield Problem(RULE_CASES, cases.line, f"{cases.rule_code} then: {code} is no form; expected {ELSE} or one of {', '.join(forms)}")
    for form_code in rule.forms or forms:
        fate, found = cases.fate_in(form_code), rule.severity_in(form_code)
        if fate is not None and fate.severity is not found:
            told = (
                f"{cases.rule_code} then: a report {form_code} that it catches is said to be {fate}, as by a rule that is {fate.severity}"
            )
            yield Problem(RULE_CASES, cases.line, f"{told}; in {RULES} it is {found}. Correct whichever is wrong")

"""What the gate finds where a printed report contradicts itself: one list, compared with the gate and printed in the documentation.

`python -m tests.end_to_end.contradictions` writes the lists into `docs/contradictions.md` anew.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from tonghop.database import connect
from tonghop.settings import PROJECT

PAGE = PROJECT / "docs/contradictions.md"
LISTS = {"BC-TINH": "hau_giang_2022_08_contradictions.csv", "BC-HUYEN": "hoang_hoa_2024_q1_contradictions.csv"}
"""Form of the compiled report -> file in `tests/golden/`."""


@dataclass(frozen=True, order=True)
class Failure:
    """A failure of a rule in the printed report."""

    rule_code: str
    indicator_code: str
    measure: str
    found: str
    expected: str


@dataclass(frozen=True)
class Contradiction:
    """A failure with its place in the report, the printed words, and what is wrong in them."""

    place: str
    printed: str
    wrong: str
    failure: Failure


def contradictions(form_code: str) -> list[Contradiction]:
    """The list of the compiled report, in its order."""
    path = PROJECT / "tests/golden" / LISTS[form_code]
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    names = ("rule_code", "indicator_code", "measure", "found", "expected")
    return [Contradiction(line["place"], line["printed"], line["wrong"], Failure(*(line[name] for name in names))) for line in lines]


def found_by_the_gate(form_code: str) -> list[Failure]:
    """What rules found in the compiled report that was judged last, in the database of the settings."""
    with connect("auditor") as connection:
        rows = connection.execute(
            """
            select rule_code, coalesce(indicator_code, ''), coalesce(measure, ''), found_text, expected_text
            from warehouse.rule_failure
            where form_code = %s
                and gate_run_id = (select max(gate_run_id) from warehouse.rule_failure where form_code = %s)
            """,
            (form_code, form_code),
        ).fetchall()
    return sorted(Failure(*row) for row in rows)


def verdicts_of(form_code: str) -> set[str]:
    """The verdicts that reports on the form were given."""
    with connect("auditor") as connection:
        rows = connection.execute(
            "select verdict from audit.verdict inner join staging.submission using (submission_id) where form_code = %s", (form_code,)
        ).fetchall()
    return {verdict for (verdict,) in rows}


def table(form_code: str) -> str:
    """The list as it stands in the documentation."""
    lines = ["| section | printed | what is wrong | found | expected | rule |", "|---|---|---|---|---|---|"]
    for each in contradictions(form_code):
        failure = each.failure
        figure = f"{failure.indicator_code}.{failure.measure}" if failure.measure else failure.indicator_code
        cells = (each.place, each.printed, each.wrong, failure.found, failure.expected, f"`{failure.rule_code}` ({figure})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_tables(page: str) -> str:
    """A page with each list between its two marks."""
    for form_code in LISTS:
        before, begin, rest = page.partition(f"<!-- list {form_code} -->\n")
        _, end, after = rest.partition("\n<!-- end -->")
        page = f"{before}{begin}{table(form_code)}{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

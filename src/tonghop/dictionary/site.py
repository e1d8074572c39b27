"""The dictionary as a folder of static HTML that works from disk, each page once in Vietnamese and once in English.

index.html                    where everything is                index.en.html
programmes/<code>.html        the indicators of a programme      …
forms/<code>-<version>.html   a form, sheet by sheet
indicators, forms, units, rules, terms, marts, lineage
search.js, entries.js         what is found by typing
dbt.html                      dbt's own documentation
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tonghop.catalog import Pack
from tonghop.catalog.rows import SINCE_EVER, STILL_VALID, Unit
from tonghop.dictionary.contents import SIGNS, Contents, formula
from tonghop.dictionary.diagrams import entities, lineage
from tonghop.dictionary.project import Node, Project
from tonghop.dictionary.words import word
from tonghop.model import Measure, Period, PeriodType
from tonghop.reports import words
from tonghop.reports.pages import file_name, style
from tonghop.reports.words import LANGUAGES, Language

LAYERS = ("sources", "staging", "rules", "intermediate", "warehouse", "marts")
_LOADER = ChoiceLoader([PackageLoader("tonghop.dictionary"), PackageLoader("tonghop.reports")])
_TICKS = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Dictionary:
    """What the pages are made of."""

    pack: Pack
    project: Project
    code_version: str

    @cached_property
    def contents(self) -> Contents:
        """The pack, looked at from its indicators."""
        return Contents(self.pack)

    @cached_property
    def units(self) -> Mapping[str, Sequence[Unit]]:
        """Every unit with all that it ever was, in the order of the tree as it stands last."""
        histories = {unit.unit_code: self.pack.unit_history(unit.unit_code) for unit in self.pack.units}
        last = {code: versions[-1] for code, versions in histories.items()}

        def place(unit: Unit) -> tuple[tuple[int, str], ...]:
            return tuple((last[code].sort_order if code in last else 0, code) for code in unit.path.split("/"))

        return {code: histories[code] for code in sorted(last, key=lambda code: place(last[code]))}


def write_site(of: Dictionary, static_docs: Path, directory: Path) -> Path:
    """Write the pages into `directory`, with dbt's own page beside them, and return the first one.

    Written aside and renamed, so that a reader never meets half of it; what lay there before is replaced.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        _write_pages(of, aside, in_reports=(directory.parent / "index.html").exists())
        shutil.copyfile(static_docs, aside / "dbt.html")
        aside.chmod(0o755)
        shutil.rmtree(directory, ignore_errors=True)
        aside.rename(directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return directory / "index.html"


def _write_pages(of: Dictionary, folder: Path, *, in_reports: bool) -> None:
    for name in ("programmes", "forms"):
        (folder / name).mkdir()
    (folder / "style.css").write_text(style() + _source("dictionary.css"), encoding="utf-8")
    (folder / "search.js").write_text(_source("search.js"), encoding="utf-8")
    for language in LANGUAGES:
        _Language(of, folder, language, in_reports).write()


@dataclass(frozen=True)
class _Language:
    """The pages of one language."""

    of: Dictionary
    folder: Path
    language: Language
    in_reports: bool

    def write(self) -> None:
        pack, project = self.of.pack, self.of.project
        entries = json.dumps(list(self._entries()), ensure_ascii=False).replace("</", "<\\/")
        (self.folder / self._index_file).write_text(f"window.TONGHOP_ENTRIES = {entries};\n", encoding="utf-8")
        self._page("index", "start.html.j2", units=self.of.units)
        for name in ("indicators", "forms"):
            self._page(name, f"{name}.html.j2")
        self._page("rules", "rule_list.html.j2")
        self._page("units", "unit_list.html.j2", units=self.of.units)
        self._page(
            "terms", "terms.html.j2", periods=list(_examples(pack)), measure_words=_measure_words(pack), partitions=_partitions(pack)
        )
        for programme in pack.programmes:
            self._page(f"programmes/{programme.programme_code}", "programme.html.j2", programme=programme)
        for form in pack.forms:
            self._page(f"forms/{form.form_code}-{form.version}", "form.html.j2", form=form)
        links = {view.name: f"#{view.name}" for view in project.views}
        self._page("marts", "marts.html.j2", project=project, diagram=entities(project.views, links))
        marts = file_name("marts", self.language)
        links = {name: f"{marts}#{name.partition('.')[2]}" if node.layer == "marts" else f"#{name}" for name, node in project.nodes.items()}
        self._page(
            "lineage", "lineage.html.j2",
            diagram=lineage(project, links), layers=LAYERS, nodes_of=_by_layer(project), children=_children(project),
        )  # fmt: skip

    @property
    def _index_file(self) -> str:
        return "entries.js" if self.language == "vi" else f"entries.{self.language}.js"

    def _page(self, page: str, template: str, **values: Any) -> None:
        up = "../" * page.count("/")
        other: Language = "en" if self.language == "vi" else "vi"
        text = self._environment.get_template(template).render(
            language=self.language,
            other_language=other,
            other_page=file_name(page.rsplit("/", 1)[-1], other),
            up=up,
            index_file=self._index_file,
            in_reports=self.in_reports,
            **values,
        )
        (self.folder / file_name(page, self.language)).write_text(text, encoding="utf-8")

    @cached_property
    def _environment(self) -> Environment:
        language, pack = self.language, self.of.pack
        other: Language = "en" if language == "vi" else "vi"
        breakdowns = {row.breakdown_code: row for row in pack.breakdowns}
        forms = {form.form_code: form for form in pack.forms}
        environment = Environment(loader=_LOADER, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.globals |= {
            "w": lambda key, *values: word(key, language, *values),
            "num": lambda value: words.number(value, language),
            "per": lambda code: words.period(code, language),
            "date": lambda day: words.day(day, language),
            "measure": lambda code: words.measure(Measure(code).value, language),
            "severity": lambda code: Markup('<span class="severity {0}">{1}</span>').format(str(code), word(str(code), language)),
            "page": lambda page: file_name(page, language),
            "name": lambda item, what="name": _in(item, what, language),
            "other_name": lambda item: _in(item, "name", other),
            "text": lambda item: _in(item, "text", language),
            "ticks": _ticks,
            "described": lambda text: _ticks(text.vi if language == "vi" else text.en),
            "unit_name": lambda code: _in(self.of.units[code][-1], "name", language) if code in self.of.units else code,
            "form_name": lambda code: _in(forms[code], "name", language),
            "breakdown_name": lambda code: _in(breakdowns[code], "name", language),
            "rules_of": lambda code: [rule for rule in pack.rules if rule.applies_to(code)],
            "formula_of": formula,
            "scope_of": lambda rule: [*rule.units, *rule.unit_types, *rule.period_types, *rule.months],
            "zip": zip,
            "sign": lambda comparison: SIGNS.get(comparison, comparison),
            "since_ever": SINCE_EVER,
            "still_valid": STILL_VALID,
            "pack": pack,
            "contents": self.of.contents,
            "programmes": sorted(pack.programmes, key=lambda programme: programme.sort_order),
            "code_version": self.of.code_version,
        }
        return environment

    def _entries(self) -> Iterator[tuple[str, str, str, str, str]]:
        """What can be found: its kind, code, name, name in the other language, and where it stands."""
        pack, language = self.of.pack, self.language

        def entry(kind: str, code: str, names: Sequence[str], page: str, anchor: str = "") -> tuple[str, str, str, str, str]:
            own, other = names if language == "vi" else names[::-1]
            return word(kind, language), code, own, other, file_name(page, language) + (f"#{anchor}" if anchor else "")

        for row in pack.indicators:
            yield entry("indicator", row.indicator_code, _names(row), f"programmes/{row.programme_code}", row.indicator_code)
        for programme in pack.programmes:
            yield entry("programme", programme.programme_code, _names(programme), f"programmes/{programme.programme_code}")
        for form in pack.forms:
            yield entry("form", form.form_code, _names(form), f"forms/{form.form_code}-{form.version}")
        for code, versions in self.of.units.items():
            yield entry("unit", code, _names(versions[-1]), "units", code)
        for rule in pack.rules:
            yield entry("rule", rule.rule_code, (rule.text_vi, rule.text_en), "rules", rule.rule_code)
        for view in self.of.project.views:
            yield entry("marts", view.name, (view.name, view.name), "marts", view.name)
            for column in view.columns:
                name = f"{view.name}.{column.name}"
                yield entry("column", name, (name, name), "marts", name)


def _names(row: Any) -> tuple[str, str]:
    return row.name_vi, row.name_en


def _in(row: Any, what: str, language: Language) -> str:
    return str(getattr(row, f"{what}_{language}"))


def _ticks(text: str) -> Markup:
    """A description of dbt, in which code stands between backticks."""
    pieces = _TICKS.split(text)  # what stands between backticks is at the odd places
    return Markup("").join(Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces))


def _examples(pack: Pack) -> Iterator[Period]:
    """A period of every type, in the last year."""
    for period_type in PeriodType:
        number = {PeriodType.MONTH: 8, PeriodType.WEEK: 33, PeriodType.QUARTER: 3, PeriodType.NINE_MONTHS: 9}.get(period_type, 1)
        yield Period(pack.head.last_year, period_type, number)


def _measure_words(pack: Pack) -> Mapping[str, list[str]]:
    written: dict[str, list[str]] = {indicator.unit_of_measure: [] for indicator in pack.indicators}
    for row in pack.measure_words:
        written.setdefault(row.unit_of_measure, []).append(row.word)
    return dict(sorted(written.items()))


def _partitions(pack: Pack) -> list[tuple[str, list[str]]]:
    """Wholes with the parts that make them up, in the order of the pack."""
    parts: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in pack.breakdown_parts:
        parts[row.partition_code, row.whole_code].append(row.part_code)
    return [(whole, codes) for (_, whole), codes in parts.items()]


def _by_layer(project: Project) -> Mapping[str, list[Node]]:
    layers: dict[str, list[Node]] = {layer: [] for layer in LAYERS}
    for name in sorted(project.nodes):
        layers[project.nodes[name].layer].append(project.nodes[name])
    return layers


def _children(project: Project) -> Mapping[str, list[str]]:
    children: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(project.nodes):
        for parent in project.nodes[name].parents:
            children[parent].append(name)
    return children


def _source(name: str) -> str:
    return _LOADER.get_source(Environment(loader=_LOADER, autoescape=True), name)[0]

"""A published figure with everything behind it, as a page of its own: it can be mailed, printed and opened from disk."""

from __future__ import annotations

from pathlib import Path

from tonghop.publication import Trace
from tonghop.reports.pages import page_environment, style
from tonghop.reports.words import LANGUAGES, Language


def write_figure(found: Trace, path: Path, time_zone: str) -> list[Path]:
    """Write the page in Vietnamese to `path` (`figure.html`), and in English beside it (`figure.en.html`); return both.

    Moments are shown in `time_zone`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pages = {"vi": path, "en": path.with_suffix(f".en{path.suffix}")}
    for language in LANGUAGES:
        other: Language = "en" if language == "vi" else "vi"
        text = (
            page_environment(language)
            .get_template("figure.html.j2")
            .render(
                found=found, zone=time_zone, style=style(), language=language, other_language=other, other_page=pages[other].name
            )
        )  # fmt: skip
        pages[language].write_text(text, encoding="utf-8")
    return list(pages.values())

"""Reports for people: the quality report of a publication as a static site, in Vietnamese and English."""

from __future__ import annotations

from pathlib import Path

from tonghop.reports.evidence import NoSuchReport, read_evidence
from tonghop.reports.figure import write_figure
from tonghop.reports.site import render_index, write_site

__all__ = ["NoSuchReport", "quality_report", "render_index", "write_figure"]


def quality_report(publication: int, directory: Path) -> Path:
    """Write the quality report of a published number below `directory`, renew the list of reports there, return the first page.

    Raises NoSuchReport when the number was never published, DatabaseDown when nothing answers.
    """
    with read_evidence(publication) as found:
        page = write_site(found, directory)
    render_index(directory)
    return page

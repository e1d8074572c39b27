"""Reports for people: the quality report of a publication as a static site, in Vietnamese and English."""

from __future__ import annotations

import logging
from pathlib import Path

from tonghop.reports import data_docs
from tonghop.reports.evidence import NoSuchReport, read_evidence, read_gate_run
from tonghop.reports.figure import write_figure
from tonghop.reports.site import render_index, write_site

__all__ = ["NoSuchReport", "keep_page_of_run", "quality_report", "render_index", "write_figure"]

log = logging.getLogger(__name__)


def keep_page_of_run(gate_run_id: int) -> None:
    """Make the page of a run of a gate in the process that ran it, which has Great Expectations loaded: reports need not load it then.

    Never fails: a report makes the page itself when it is not there.
    """
    try:
        if run := read_gate_run(gate_run_id):
            data_docs.rendered(run)
    except Exception:  # the run is decided: a page of it stops nothing
        log.warning("The page of run %s of a gate could not be made now; the report will try again.", gate_run_id, exc_info=True)


def quality_report(publication: int, directory: Path, *, with_years: bool = False) -> Path:
    """Write the quality report of a published number below `directory`, renew the list of reports there, return the first page.

    It has the metrics of the years that the publication brings anything of and that were over; `with_years` of the running one, too.

    Raises NoSuchReport when the number was never published, DatabaseDown when nothing answers.
    """
    with read_evidence(publication, with_years=with_years) as found:
        page = write_site(found, directory)
    render_index(directory)
    return page

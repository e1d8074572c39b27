from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.reports.made_up_report import head, made_up

from tonghop.reports.site import render_index, write_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder of a report that was written, beside an older and empty one."""
    nothing = {"matrix": [], "periods": [], "rules": [], "rejected": [], "gates": []}
    write_site(replace(made_up(), head=replace(head(11), periods=[]), units=iter(()), **nothing), tmp_path)
    page = write_site(made_up(), tmp_path)
    render_index(tmp_path)
    return page.parent

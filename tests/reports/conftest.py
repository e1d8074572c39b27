from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.reports.made_up_report import head, made_up, over_time

from tonghop.reports.site import render_index, write_site


@pytest.fixture
def site(state_home: Path, tmp_path: Path) -> Path:
    """The folder of a report that was written, beside an older and empty one."""
    return _written(tmp_path)


@pytest.fixture(scope="module")
def shared_site(state_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, for tests that only look."""
    return _written(tmp_path_factory.mktemp("reports"))


def _written(folder: Path) -> Path:
    nothing = {"matrix": [], "periods": [], "rules": [], "rejected": [], "gates": []} | dict.fromkeys(over_time(), ()) | {"years": {}}
    write_site(replace(made_up(), head=replace(head(11), periods=[]), units=iter(()), **nothing), folder)
    page = write_site(made_up(), folder)
    render_index(folder)
    return page.parent

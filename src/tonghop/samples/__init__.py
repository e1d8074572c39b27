"""Sample workbooks of a catalog pack: what its units would have sent so that the printed report of one period follows exactly.

`figures` works out whole numbers from printed figures, `series` the periods and units, `reports` what each workbook says,
`workbook` writes it. All of it is deterministic: the same pack gives the same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tonghop.catalog import Pack
from tonghop.samples.data import SamplesError, read_data
from tonghop.samples.reports import Reports
from tonghop.samples.series import unit_series
from tonghop.samples.workbook import workbook_bytes
from tonghop.settings import settings

__all__ = ["SampleSummary", "SamplesError", "build_samples"]


@dataclass(frozen=True)
class SampleSummary:
    """What was written: workbooks by wave (folders, in the order in which they are meant to arrive), units, periods, and the
    troubles that were planted."""

    directory: Path
    workbooks: dict[str, int]
    units: int
    periods: tuple[str, ...]
    troubles: tuple[str, ...]


def build_samples(
    pack: Pack,
    directory: Path,
    *,
    source: Path | None = None,
    only_units: Collection[str] | None = None,
    only_periods: Collection[str] | None = None,
) -> SampleSummary:
    """Write the sample workbooks of `pack` as `directory/<wave>/<unit code>/<file>`, with the times at which they were sent.

    `source` is the pack's folder `samples/` (default: that of the pack in the settings). `only_units` and `only_periods`
    (codes) write a part; what is written does not depend on it. Raises SamplesError when the pack has no samples or their figures
    contradict the pack.
    """
    data = read_data(source or settings().catalog / "samples", pack)
    reports = Reports(pack, data, unit_series(pack, data))
    waves: Counter[str] = Counter()
    units: set[str] = set()
    periods: set[str] = set()
    for report in reports.all():
        if only_units is not None and report.unit.unit_code not in only_units:
            continue
        if only_periods is not None and report.period.code not in only_periods:
            continue
        folder = directory / report.wave / report.unit.unit_code
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / report.file_name
        path.write_bytes(workbook_bytes(report.workbook))
        moment = report.sent_at.timestamp()
        os.utime(path, (moment, moment))
        waves[report.wave] += 1
        units.add(report.unit.unit_code)
        periods.add(report.period.code)
    troubles = [trouble for trouble in data.story.troubles if trouble.unit in units and trouble.period.code in periods]
    return SampleSummary(
        directory=directory,
        workbooks={wave: waves[wave] for wave in reports.waves if waves[wave]},
        units=len(units),
        periods=tuple(sorted(periods)),
        troubles=tuple(f"{trouble.unit} {trouble.period}: {trouble.why}" for trouble in troubles),
    )

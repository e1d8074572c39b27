"""A pack that lives through the reform of 1 July 2025, and what its figures are on the map of today, worked out slowly.

The communes are the real ones (`tests/data/reform/communes.csv`). Synthetic are the split of one commune, the merger of two district
centres, the hospital that closes, and every figure.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.packs import FILES

REFORM = "2025-07-01"
COMMUNES = Path(__file__).parents[1] / "data" / "reform" / "communes.csv"
SPLIT = "C31480"
"""Xã Long Phú, which really went whole into one ward."""
SPLIT_INTO = {"N31480": Decimal("0.6"), "N31471": Decimal("0.4")}
MERGED_CENTRES = ("TT936", "TT937")
CLOSED = "BVPHOI"
"""A hospital without a successor: it closes a year before the reform."""


class Commune(NamedTuple):
    """A commune as it was, and the one that took over."""

    old_code: str
    old_name: str
    district_code: str
    district_name: str
    new_code: str
    new_name: str


@cache
def communes() -> tuple[Commune, ...]:
    """The 75 communes of Hậu Giang with their 28 successors."""
    with COMMUNES.open(encoding="utf-8", newline="") as file:
        return tuple(Commune(**row) for row in csv.DictReader(file))


def _units(*, reformed: bool) -> Iterator[str]:
    end = REFORM if reformed else ""
    yield "unit_code,official_code,name_vi,name_en,sort_order,level,unit_type,parent_code,valid_from,valid_to,successor_code"
    yield f"HG,93,Tỉnh Hậu Giang,Hau Giang,1,1,province,,2004-01-01,{end},{'CT' if reformed else ''}"
    for code, name in dict.fromkeys((each.district_code, each.district_name) for each in communes()):
        yield f"D{code},{code},{name},{name},{code},2,district,HG,2004-01-01,{end},"
        # a district centre outlives its district, but for two that become one
        merged = "CTKV1" if reformed and f"TT{code}" in MERGED_CENTRES else ""
        yield f"TT{code},,Trung tâm Y tế {name},Centre {code},1,3,centre,D{code},2004-01-01,{end},{merged}"
        if reformed and not merged:
            yield f"TT{code},,Trung tâm Y tế khu vực {name},Centre {code},1,2,centre,CT,{REFORM},,"
    for each in communes():
        yield f"C{each.old_code},{each.old_code},{each.old_name},{each.old_name},1,3,station,D{each.district_code},2004-01-01,{end},"
    yield f"BV1,,Bệnh viện Đa khoa tỉnh,General hospital,1,2,hospital,HG,2004-01-01,{end},"
    yield f"{CLOSED},,Bệnh viện Phổi,Lung hospital,2,2,hospital,HG,2004-01-01,2024-07-01,"
    if reformed:
        yield f"CT,92,Thành phố Cần Thơ,Can Tho,1,1,province,,{REFORM},,"
        yield f"BV1,,Bệnh viện Đa khoa Hậu Giang,General hospital,1,2,hospital,CT,{REFORM},,"
        yield f"CTKV1,,Trung tâm Y tế khu vực Long Mỹ,Regional centre,1,2,centre,CT,{REFORM},,"
        for code, name in dict.fromkeys((each.new_code, each.new_name) for each in communes()):
            yield f"N{code},{code},{name},{name},1,2,station,CT,{REFORM},,"


def succession() -> Iterator[tuple[str, str, Decimal]]:
    """Old unit, new unit, share: what the pack says of the reform."""
    for each in communes():
        if f"C{each.old_code}" != SPLIT:
            yield f"C{each.old_code}", f"N{each.new_code}", Decimal(1)
    for new, weight in SPLIT_INTO.items():
        yield SPLIT, new, weight


def pack_files(*, reformed: bool) -> dict[str, str]:
    """The files of the pack that differ from those of the other tests, before or after the reform was written into it."""
    links = (
        f"{old},{new},{REFORM},{'whole' if weight == 1 else 'part'},{'' if weight == 1 else weight},{'synthetic' if weight != 1 else ''}"
        for old, new, weight in succession()
    )
    form = "ST,{0},Báo cáo trạm,Report of a station,station;centre,month,{1},{2}"
    return {
        "pack": FILES["pack.yml"]
        .replace("root_unit: P", "root_unit: HG")
        .replace("2021", "2022")
        .replace("last_year: 2022", "last_year: 2026"),
        "units": "\n".join(_units(reformed=reformed)) + "\n",
        "unit_aliases": "unit_code,alias,valid_from,valid_to\n",
        "unit_succession": "\n".join(["old_code,new_code,changed_on,extent,weight,basis", *(links if reformed else ())]) + "\n",
        "indicators": FILES["indicators.csv"]
        + "CHILD_SHARE,Tỷ lệ trẻ em,Share of children,9,CARE,%,ratio,,2,VISITS_CHILD,VISITS,100,none\n"
        + "SCORE,Điểm chất lượng,Quality score,10,CARE,%,ratio,,2,,,,up\n",
        "forms": "\n".join(
            [
                FILES["forms.csv"].splitlines()[0],
                form.format(1, "2020-01-01", "2022-07-01"),
                form.format(2, "2022-07-01", ""),
                "HO,1,Báo cáo bệnh viện,Report of a hospital,hospital,month,2020-01-01,",
                "CT,1,Báo cáo tỉnh,Report of the province,province,month,2020-01-01,",
                "",
            ]
        ),
        "form_rows": FILES["form_rows.csv"] + "ST,2,Khám bệnh,6,A.6,Điểm chất lượng,SCORE,additive,\n",
        "form_columns": FILES["form_columns.csv"],
        "duties": FILES["duties.csv"].splitlines()[0] + "\nST,station,,month,,,5\nST,centre,,month,,,5\nHO,hospital,,month,,,15\n",
        "targets": FILES["targets.csv"].splitlines()[0]
        + "\n"
        + "".join(f"VISITS,C{each.old_code},2024,>=,{100 + place},,\n" for place, each in enumerate(communes()))
        + "BED_DAYS,BV1,2025,>=,7000,,\n"
        + "PATIENTS,HG,2024,<=,900,,\nVISITS_CHILD,HG,2024,>=,,30,VISITS\n",
        "hierarchies": "hierarchy_code,name_vi,name_en,sort_order\nMGMT,Tuyến quản lý,Line of management,1\n",
        "unit_groups": "hierarchy_code,group_code,name_vi,name_en,sort_order,parent_code\n"
        "MGMT,ALL,Sở Y tế,Department,1,\nMGMT,GRASS,Y tế cơ sở,Grassroots,2,ALL\nMGMT,HOSP,Bệnh viện,Hospitals,3,ALL\n",
        "unit_group_members": "hierarchy_code,group_code,unit_code,valid_from,valid_to\n"
        + f"MGMT,GRASS,HG,,\nMGMT,HOSP,BV1,,\nMGMT,HOSP,{CLOSED},,\n"
        + ("MGMT,GRASS,CT,,\n" if reformed else ""),
        "rules": "[]\n",
        "senders": "sender,unit_code,valid_from,valid_to\n",
        "contacts": "unit_code,name,email,valid_from,valid_to\n",
    }


@dataclass(frozen=True)
class Carried:
    """What one unit of today has of a figure that units sent."""

    value: Decimal | None
    is_estimate: bool


def carried(unit: str, sent: Mapping[str, Decimal | int]) -> Carried:
    """Add up what `unit` (of today) has of the figures that units sent: its own, and those of whom it took over from."""
    shares = dict(_shares(unit, sent))
    values = [share * sent[reporter] for reporter, share in shares.items()]
    return Carried(sum(values, Decimal(0)) if values else None, any(share != 1 for share in shares.values()))


def _shares(unit: str, reporters: Iterable[str]) -> Iterator[tuple[str, Decimal]]:
    for reporter in reporters:
        share = sum((weight for old, new, weight in succession() if old == reporter and new == unit), Decimal(0))
        merged = reporter in MERGED_CENTRES and unit == "CTKV1"
        if unit == "CT" or unit == reporter or merged:
            yield reporter, Decimal(1)
        elif share:
            yield reporter, share

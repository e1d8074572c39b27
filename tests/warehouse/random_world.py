"""Random small organisations: a tree of units that move, come and go, forms of all kinds, and what their units send."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.packs import FILES
from tests.warehouse.reference import Figure

SPLITS = {"TOTAL": ("TOTAL",), "SEX": ("F", "M"), "AGE": ("Y", "O"), "BOTH": ("FY", "FO", "MY", "MO"), "SOME": ("F",)}
"""What a form may ask for: the total, all parts of one partition, or not all of them."""

BREAKDOWNS = """\
breakdown_code,sex,age_group,name_vi,name_en
TOTAL,,,Tổng số,Total
F,F,,Nữ,Female
M,M,,Nam,Male
Y,,<15,Trẻ em,Young
O,,15+,Người lớn,Old
FY,F,<15,Trẻ em gái,Girls
FO,F,15+,Phụ nữ,Women
MY,M,<15,Trẻ em trai,Boys
MO,M,15+,Nam giới,Men
"""
PARTITIONS = {"SEX": ("TOTAL", "FM"), "AGE": ("TOTAL", "YO"), "BOTH": ("TOTAL", "FY FO MY MO"), "F_AGE": ("F", "FY FO")}
INDICATORS = """\
indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,numerator_code,denominator_code,factor,better
F1,F1,F1,1,CARE,ca,flow,,1,,,,none
F2,F2,F2,2,CARE,ca,flow,,1,,,,none
F3,F3,F3,3,CARE,ca,flow,,1,,,,none
E1,E1,E1,4,CARE,ca,stock,end,1,,,,up
B1,B1,B1,5,CARE,ca,stock,start,1,,,,up
C1,C1,C1,6,CARE,ca,since,,1,,,,down
R1,R1,R1,7,CARE,%,ratio,,2,F1,F2,100,up
R2,R2,R2,8,CARE,%,ratio,,2,F3,E1,1000,up
R3,R3,R3,9,CARE,%,ratio,,2,,,,up
W1,W1,W1,10,CARE,ca,flow,,1,,,,none
W2,W2,W2,11,CARE,ca,stock,end,1,,,,none
W3,W3,W3,12,CARE,%,ratio,,2,W1,W2,100,none
"""
HIERARCHIES = {
    "hierarchies": "hierarchy_code,name_vi,name_en,sort_order\nLINE,Tuyến,Line,1\nCLASS,Hạng,Class,2\n",
    "unit_groups": "hierarchy_code,group_code,name_vi,name_en,sort_order,parent_code\nLINE,ALL,ALL,ALL,1,\nLINE,A,A,A,2,ALL\n"
    "LINE,B,B,B,3,ALL\nLINE,A1,A1,A1,4,A\nCLASS,X,X,X,1,\nCLASS,Y,Y,Y,2,\n",
    "unit_group_members": "hierarchy_code,group_code,unit_code,valid_from,valid_to\nLINE,A,D1,,\nLINE,B,D2,,\nLINE,A1,K,,\nLINE,B,H1,,\n"
    "CLASS,X,S1,,\nCLASS,X,S3,,\nCLASS,Y,H1,,\nCLASS,X,H2,,\nCLASS,Y,D2,,\n",
}
"""A unit that moves in the tree changes its group where the group is that of a unit above it."""

MONTH_STARTS = [date(2021 + month // 12, month % 12 + 1, 1) for month in range(18)]


@dataclass
class RandomPack:
    """The files of a pack, drawn by chance; the same for the same chance."""

    chance: random.Random
    units: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The texts of the files that differ from those of the pack of the tests."""
        return {
            "pack": FILES["pack.yml"].replace("first_year: 2021", "first_year: 2020"),  # a year of 53 weeks
            "units": self._units(),
            "unit_aliases": "unit_code,alias,valid_from,valid_to\n",
            "indicators": INDICATORS,
            "breakdowns": BREAKDOWNS,
            "breakdown_parts": "partition_code,whole_code,part_code\n"
            + "".join(
                f"{code},{whole},{part}\n"
                for code, (whole, parts) in PARTITIONS.items()
                for part in (parts.split() if " " in parts else parts)
            ),
            **self._forms(),
            "duties": self._duties(),
            "targets": self._targets(),
            "rules": "[]",
            **HIERARCHIES,
        }

    # -- units: P has districts, they have stations, the first one also a cluster of stations; hospitals are below P

    def _units(self) -> str:
        chance = self.chance
        parents = {"P": "", "D1": "P", "D2": "P", "H1": "P", "H2": "P", "K": "D1", "S1": "D1", "S2": "D1", "S3": "D2", "S4": "K", "S5": "K"}
        types = {"P": "province", "D": "district", "H": "hospital", "K": "cluster", "S": "station"}
        self.types = {unit: types[unit[0]] for unit in parents}
        moves: dict[str, list[tuple[date, str]]] = {unit: [(date(2004, 1, 1), parent)] for unit, parent in parents.items()}
        for unit in chance.sample(["S1", "S2", "S3", "S4", "S5"], 2):
            other = chance.choice([parent for parent in ("D1", "D2", "K") if parent != parents[unit]])
            moves[unit].append((chance.choice(MONTH_STARTS[3:]), other))
        if chance.random() < 0.7:
            moves["K"].append((chance.choice(MONTH_STARTS[3:]), "D2"))
        ends = {unit: chance.choice(MONTH_STARTS[6:]) for unit in chance.sample(["S1", "S2", "S3"], 1)}
        starts = {"H2": chance.choice(MONTH_STARTS[:10])}

        def path(unit: str, at: date) -> tuple[str, ...]:
            if unit == "P":
                return ("P",)
            parent = next(parent for day, parent in reversed(moves[unit]) if day <= at)
            return (*path(parent, at), unit)

        level = {"P": 1, "D1": 2, "D2": 2, "H1": 2, "H2": 2, "K": 3}
        lines = [FILES["units.csv"].splitlines()[0]]
        for order, unit in enumerate(parents):
            first, last = starts.get(unit, date(2004, 1, 1)), ends.get(unit)
            days = sorted({first, *(day for each in moves.values() for day, _ in each if day > first and (last is None or day < last))})
            cuts = [day for place, day in enumerate(days) if place == 0 or path(unit, day) != path(unit, days[place - 1])]
            for start, end in zip(cuts, [*cuts[1:], last], strict=True):
                parent = path(unit, start)[-2] if unit != "P" else ""
                name = f"Đơn vị {unit}"
                lines.append(
                    f"{unit},,{name},{unit},{order},{level.get(unit, 4)},{self.types[unit]},{parent},"
                    f"{start if start.year > 2004 else ''},{end or ''},"
                )
        self.units = list(parents)
        return "\n".join(lines) + "\n"

    # -- forms: every figure has a cell of its own

    def _forms(self) -> dict[str, str]:
        chance = self.chance
        forms = ["form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to"]
        cells = ["form_code,version,sheet,cell,indicator_code,measure,breakdown_code,role"]
        split = chance.choice(MONTH_STARTS[4:])
        all_of = ["F1", "F2", "F3", "E1", "B1", "C1", "R3"]
        by_quarter = chance.sample(["F1", "F3", "E1", "C1", "B1"], 3)
        by_month = [code for code in all_of if code not in by_quarter]
        plans = [
            ("ST", 1, "station", "month", "2020-01-01", str(split), all_of),
            ("ST", 2, "station", "month", str(split), "", chance.sample(all_of, 6)),
            ("HM", 1, "hospital", "month", "2020-01-01", "", by_month),
            ("HQ", 1, "hospital", "quarter", "2020-01-01", "", by_quarter),
            ("HW", 1, "hospital", "week", "2020-01-01", "", ["W1", "W2"]),
            ("DC", 1, "district", "month", "2020-01-01", "", ["F1", "E1"]),
        ]
        for code, version, unit_type, period_type, valid_from, valid_to, indicators in plans:
            forms.append(f"{code},{version},{code},{code},{unit_type},{period_type},{valid_from},{valid_to}")
            figures = [(indicator, breakdown) for indicator in indicators for breakdown in self._asked(indicator)]
            role = "control" if unit_type == "district" else "additive"
            cells += [
                f"{code},{version},S,C{row},{indicator},value,{part},{role}" for row, (indicator, part) in enumerate(figures, start=5)
            ]
        empty = {"form_columns": "form_columns.csv", "form_rows": "form_rows.csv"}
        return {
            "forms": "\n".join(forms) + "\n",
            "form_cells": "\n".join(cells) + "\n",
            **{stem: FILES[name].splitlines()[0] + "\n" for stem, name in empty.items()},
        }

    def _asked(self, indicator: str) -> list[str]:
        """The total, or parts, or both."""
        if indicator == "R3" or self.chance.random() < 0.4:
            return ["TOTAL"]
        asked = self.chance.choice([("TOTAL", "SEX"), ("SEX",), ("SEX", "AGE"), ("BOTH",), ("TOTAL", "BOTH", "SOME"), ("AGE", "SOME")])
        return list(dict.fromkeys(part for split in asked for part in SPLITS[split]))

    # -- duties and targets

    def _duties(self) -> str:
        pause, again = sorted(self.chance.sample(MONTH_STARTS[2:16], 2))
        return (
            FILES["duties.csv"].splitlines()[0]
            + f"\nST,station,,month,,{pause},5\nST,station,,month,{again},,10\nHM,,H1,month,,,15\nHM,,H2,month,2021-04-01,,15\n"
            + "HQ,hospital,,quarter,,,15\nHW,,H1,week,,,2\nDC,,D1,month,,,20\n"
        )

    def _targets(self) -> str:
        chance = self.chance
        lines = [FILES["targets.csv"].splitlines()[0]]
        for year in (2021, 2022):
            given = [f"{indicator},{unit}" for indicator in ("F1", "E1") for unit in ("D1", "D2", "H1") if chance.random() < 0.7]
            lines += [f"{figure},{year},{chance.choice(['>=', '<=', '='])},{chance.choice([0, 50, 700])},," for figure in given]
            lines.append(f"F2,P,{year},>=,,{chance.choice([30, 120])},F3")
        return "\n".join(lines) + "\n"


def figure(chance: random.Random) -> Figure:
    """What stands in a cell."""
    if chance.random() < 0.75:
        return Decimal(chance.randint(1, 500)) / chance.choice((1, 1, 10))
    return chance.choice((0, 0, "blank", "blank", "unreadable", "not_applicable", "suppressed"))

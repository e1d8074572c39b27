"""Changes of the units of a random small organisation: moves, names, beginnings and ends, successions, groups."""

from __future__ import annotations

import random
from datetime import date

from tests.packs import FILES
from tests.warehouse.random_world import MONTH_STARTS, RandomPack

UNIT = FILES["units.csv"].splitlines()[0].split(",")
LINKS = "old_code,new_code,changed_on,extent,weight,basis\n"
Row = dict[str, str]


def with_small_counts(files: dict[str, str]) -> dict[str, str]:
    """The files of a random pack, with figures that are too small to be shown to everybody."""
    header, *lines = files["indicators"].splitlines()
    bounds = [f"{line},{60 if line.split(',')[0] in ('F1', 'F2', 'E1') else ''}" for line in lines]
    return files | {"indicators": "\n".join([f"{header},suppress_below", *bounds]) + "\n"}


KINDS = (
    *("rename", "move", "put_right", "close", "merge", "split", "begin"),
    *("another_day", "regroup", "reorder_groups", "another_level", "take_back"),
)
"""What can happen to units: the methods of `Units`."""


class Units:
    """The units of a pack, to be changed."""

    def __init__(self, files: dict[str, str], chance: random.Random) -> None:
        self.chance = chance
        self.rows = [dict(zip(UNIT, line.split(","), strict=True)) for line in files["units"].splitlines()[1:]]
        self.links = files.get("unit_succession", LINKS).splitlines()[1:]
        self.groups = files["unit_groups"]
        self.members = files["unit_group_members"].splitlines()

    def change(self, kind: str) -> None:
        """Let something of a kind happen, to some unit."""
        getattr(self, kind)()

    def files(self) -> dict[str, str]:
        """The texts of the files that say of units."""
        return {
            "units": "\n".join([",".join(UNIT), *(",".join(row.values()) for row in self.rows)]) + "\n",
            "unit_succession": LINKS + "".join(f"{link}\n" for link in self.links),
            "unit_groups": self.groups,
            "unit_group_members": "\n".join(self.members) + "\n",
        }

    def _last(self, units: str) -> Row:
        """The last row of a unit that still holds; `units`: the beginnings of the codes to choose from."""
        return self.chance.choice([row for row in self.rows if row["unit_code"][0] in units and not row["valid_to"]])

    def _day(self) -> str:
        return str(self.chance.choice(MONTH_STARTS[2:]))

    def _cut(self, row: Row) -> Row:
        day = self._day()
        later = row | {"valid_from": day}
        row["valid_to"] = day
        self.rows.append(later)
        return later

    def rename(self) -> None:
        """A new version of any unit, with another name."""
        later = self._cut(self._last("PDKHS"))
        later["name_vi"] += " mới"

    def move(self) -> None:
        """A station goes to another parent."""
        row = self._cut(self._last("S"))
        row["parent_code"] = self.chance.choice([code for code in ("D1", "D2", "K") if code != row["parent_code"]])

    def put_right(self) -> None:
        """A station was somewhere else all the time."""
        row = self.chance.choice([row for row in self.rows if row["unit_code"][0] == "S"])
        row["parent_code"] = self.chance.choice([code for code in ("D1", "D2", "K") if code != row["parent_code"]])

    def close(self) -> None:
        """A unit ends without a successor."""
        self._last("SH")["valid_to"] = self._day()

    def merge(self) -> None:
        """A station goes over into another one."""
        row, other = self._last("S"), self._last("S")
        row["valid_to"], row["successor_code"] = self._day(), other["unit_code"]

    def split(self) -> None:
        """A station is divided between two others, or its parts get other weights."""
        other_weights = {"0.3": "0.6", "0.7": "0.4", "0.6": "0.3", "0.4": "0.7"}
        for place, link in enumerate(self.links):
            old, new, day, extent, weight, basis = link.split(",")
            self.links[place] = ",".join([old, new, day, extent, other_weights[weight], basis])
        if not self.links:
            row = self._last("S")
            others = sorted({other["unit_code"] for other in self.rows if other["unit_code"][0] == "S"} - {row["unit_code"]})
            row["valid_to"] = self._day()
            for other, weight in zip(self.chance.sample(others, 2), ("0.3", "0.7"), strict=True):
                self.links.append(f"{row['unit_code']},{other},{row['valid_to']},part,{weight},made up")

    def begin(self) -> None:
        """A new station."""
        code = f"S{len(self.rows) + 10}"
        row = dict(zip(UNIT, [code, "", f"Trạm {code}", code, "99", "4", "station", "D1", self._day(), "", ""], strict=True))
        self.rows.append(row | {"parent_code": self.chance.choice(("D1", "D2", "K"))})

    def another_day(self) -> None:
        """What changed did so on another day."""
        days = [row["valid_from"] for row in self.rows if row["valid_from"]]
        if days:
            day, other = self.chance.choice(days), self._day()
            self.rows = [{column: other if value == day else value for column, value in row.items()} for row in self.rows]
            self.links = [link.replace(day, other) for link in self.links]

    def regroup(self) -> None:
        """A unit goes to another group, or leaves it."""
        place = self.chance.randrange(1, len(self.members))
        hierarchy, group, *rest = self.members[place].split(",")
        groups = {"LINE": ("ALL", "A", "B", "A1"), "CLASS": ("X", "Y")}[hierarchy]
        self.members[place] = ",".join([hierarchy, self.chance.choice([code for code in groups if code != group]), *rest])

    def reorder_groups(self) -> None:
        """A group stands below another one."""
        now, then = self.chance.sample(["LINE,A1,A1,A1,4,A\n", "LINE,A1,A1,A1,4,B\n", "LINE,A1,A1,A1,4,ALL\n"], 2)
        self.groups = self.groups.replace(now, then)

    def another_level(self) -> None:
        """A cluster is of another level."""
        for row in self.rows:
            if row["unit_code"] == "K":
                row["level"] = {"3": "4", "4": "3"}[row["level"]]

    def take_back(self) -> None:
        """A version of a unit was a mistake: the one before it goes on."""
        later = [row for row in self.rows if row["valid_from"] > str(date(2004, 1, 1))]
        if later:
            row = self.chance.choice(later)
            self.rows.remove(row)
            for each in self.rows:
                if each["unit_code"] == row["unit_code"] and each["valid_to"] == row["valid_from"]:
                    each["valid_to"], each["successor_code"] = row["valid_to"], row["successor_code"]


def random_files(seed: int) -> dict[str, str]:
    """The files of a random pack."""
    return with_small_counts(RandomPack(random.Random(seed)).files())

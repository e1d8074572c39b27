"""A small organisation whose reports are put straight into staging, judged already, and published by dbt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from tests.deployed import empty_warehouse
from tests.packs import FILES, write_pack
from tests.warehouse.reference import Cells, Figure, Reference, Slot

from tonghop.catalog import Pack, load_pack, read_pack
from tonghop.catalog.rows import TOTAL
from tonghop.database import admin_connect, connect
from tonghop.model import Measure, Period
from tonghop.publication.catalog_difference import find_reach, freeze_reach
from tonghop.warehouse import build_candidate, code_version

EXTRA: dict[str, str] = {
    "pack": FILES["pack.yml"].replace("first_year: 2021", "first_year: 2020"),  # a year of 53 weeks
    "units": "\n".join(
        # C22 moves to the other district before it ends
        "C22,31327,Trạm Y tế xã Bốn,Commune Four,2,3,station,D2,2004-01-01,2022-03-01,\n"
        "C22,31327,Trạm Y tế xã Bốn,Commune Four,2,3,station,D1,2022-03-01,2022-07-01,C21"
        if line.startswith("C22")
        else line
        for line in FILES["units.csv"].splitlines()
    )
    + "\n",
    "indicators": FILES["indicators.csv"]
    + "BEDS,Giường đầu kỳ,Beds at the start,9,CARE,giường,stock,start,0,,,,none\n"
    + "SCORE,Điểm chất lượng,Quality score,10,CARE,%,ratio,,2,,,,up\n"
    + "AUDITS,Lượt kiểm tra,Audits,11,CARE,lượt,flow,,0,,,,none\n"
    + "ALERTS,Cảnh báo,Alerts,12,CONTROL,lượt,flow,,0,,,,none\n"
    + "CHILD_SHARE,Tỷ lệ trẻ em,Share of children,13,CARE,%,ratio,,2,VISITS_CHILD,VISITS,100,none\n",
    "forms": FILES["forms.csv"]
    + "QT,1,Báo cáo quý,Report of a quarter,hospital,quarter,2020-01-01,\n"
    + "WK,1,Báo cáo tuần,Report of a week,hospital,week,2020-01-01,\n",
    "form_columns": FILES["form_columns.csv"] + "QT,1,Quý,Thực hiện,value,TOTAL\n" + "WK,1,Tuần,Thực hiện,value,TOTAL\n",
    "form_rows": FILES["form_rows.csv"]
    + "HO,1,Giường bệnh,4,B.7,Giường đầu kỳ,BEDS,additive,\n"
    + "HO,1,Giường bệnh,5,B.8,Điểm chất lượng,SCORE,additive,\n"
    # stations report these two by month, hospitals by quarter
    + "ST,1,Khám bệnh,6,A.6,Lượt kiểm tra,AUDITS,additive,\n"
    + "ST,2,Khám bệnh,6,A.6,Lượt kiểm tra,AUDITS,additive,\n"
    + "QT,1,Quý,1,1,Lượt kiểm tra,AUDITS,additive,\n"
    + "QT,1,Quý,2,2,Bệnh nhân đang quản lý,PATIENTS,additive,\n"
    + "WK,1,Tuần,1,1,Cảnh báo,ALERTS,additive,\n",
    "duties": FILES["duties.csv"] + "QT,hospital,,quarter,,,15\nWK,hospital,,week,,,2\n",
    "hierarchies": "hierarchy_code,name_vi,name_en,sort_order\nLINE,Tuyến quản lý,Line of management,1\n",
    "unit_groups": "hierarchy_code,group_code,name_vi,name_en,sort_order,parent_code\n"
    "LINE,ALL,Sở Y tế,Department,1,\nLINE,A,Tuyến một,Line one,2,ALL\nLINE,B,Tuyến hai,Line two,3,ALL\n",
    "unit_group_members": "hierarchy_code,group_code,unit_code,valid_from,valid_to\nLINE,A,D1,,\nLINE,B,D2,,\nLINE,B,H1,,\n",
    "targets": FILES["targets.csv"] + "VISITS,D1,2021,>=,1000,,\nVISITS,D2,2021,>=,0,,\nBEDS,P,2022,=,,50,PATIENTS\n",
}


@dataclass
class World:
    """Writes reports, verdicts and publications by SQL, and remembers what they say."""

    pack: Pack
    connection: psycopg.Connection
    publications: int = 0
    cells: dict[int, Cells] = field(default_factory=dict)
    versions: dict[Slot, list[int]] = field(default_factory=dict)
    published: dict[Slot, int | None] = field(default_factory=dict)
    chosen: dict[Slot, int | None] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path, **overrides: str) -> World:
        """An empty warehouse with the pack of the tests, a little richer."""
        empty_warehouse()
        connection = admin_connect()
        world = cls(read_pack(write_pack(directory, **(EXTRA | overrides))), connection)
        world.load_pack(world.pack)
        connection.execute("insert into staging.file (sha256, size, archive_path) values (%s, 1, 'x')", ("a" * 64,))
        connection.execute(
            "insert into staging.receipt (sha256, source_uri, received_at, outcome) values (%s, 'test', now(), 'staged')", ("a" * 64,)
        )
        return world

    def load_pack(self, pack: Pack) -> None:
        """Put a (changed) pack into force."""
        with connect("loader") as connection:
            load_pack(pack, connection)
        self.pack = pack

    def submit(
        self, slot: Slot, cells: Mapping[str, Figure] | Cells, verdict: str = "accepted", received_at: datetime | None = None
    ) -> int:
        """A new version of a slot, judged already; cells by indicator, or by indicator and breakdown."""
        unit, form_code, period = slot
        form = self.pack.form_at(form_code, Period.parse(period).end_date)
        assert form is not None
        sent: Cells = {(key, TOTAL) if isinstance(key, str) else key: figure for key, figure in cells.items()}
        roles = {(each.indicator_code, each.breakdown_code): each.role for each in self.pack.figures(form) if each.measure is Measure.VALUE}
        version = len(self.versions.get(slot, [])) + 1
        received_at = received_at or datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=version)
        digest = hashlib.sha256(repr(sorted(sent.items())).encode()).hexdigest()
        row = self.connection.execute(
            """
            insert into staging.submission (
                receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version,
                received_at, source_uri, pack_hash
            ) values (1, %s, %s, %s, %s, %s, %s, %s, %s, 'test', %s) returning submission_id
            """,
            ("a" * 64, digest, unit, form_code, form.version, period, version, received_at, self.pack.pack_hash),
        ).fetchone()
        assert row
        number: int = row[0]
        self.connection.cursor().executemany(
            "insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)"
            " values (%s, %s, 'value', %s, %s, %s, %s, '', 'S', %s)",
            [(number, *key, str(roles[key]), *_state(figure), f"C{place}") for place, (key, figure) in enumerate(sent.items(), start=5)],
        )
        self.connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, %s)", (number, verdict))
        self.cells[number] = sent
        self.versions.setdefault(slot, []).append(number)
        if verdict.startswith("accepted"):
            self.chosen[slot] = number
        return number

    def open(self, slots: Iterable[Slot], *, scope_all: bool = False) -> int:
        """Open a candidate that takes in these slots as they are now; its number."""
        self.publications += 1
        self.connection.execute(
            "insert into audit.publication (number, status, kind, scope_all, pack_hash, code_version, periods)"
            " values (%s, 'candidate', 'refresh', %s, %s, %s, '{}')",
            (self.publications, scope_all, self.pack.pack_hash, code_version()),
        )
        with self.connection.transaction():
            live = self.connection.execute(
                "select p.pack_hash from audit.publication as p inner join audit.live as l on p.number = l.number"
            ).fetchone()
            find_reach(self.connection, live[0] if live else None, self.pack.pack_hash)
            freeze_reach(self.connection, self.publications)
        for slot in slots:
            self.published[slot] = self.chosen.get(slot)
            self.connection.execute(
                "insert into audit.candidate_slot values (%s, %s, %s, %s, %s, %s)",
                (self.publications, *slot, self.chosen.get(slot), "corrected" if self.chosen.get(slot) else "missing"),
            )
        return self.publications

    def build(self) -> None:
        """Fill the candidate by dbt."""
        build_candidate(self.publications)

    def publish(self) -> int:
        """Publish the candidate; its number."""
        self.connection.execute(
            "update audit.publication set status = 'published', published_at = clock_timestamp() where number = %s", (self.publications,)
        )
        self.connection.execute(
            "insert into audit.live (number) values (%s) on conflict (singleton) do update set number = excluded.number",
            (self.publications,),
        )
        return self.publications

    def discard(self) -> None:
        """Give the candidate up; what it wrote must be forgotten already."""
        self.connection.execute(
            "update audit.publication set status = 'discarded', discarded_at = clock_timestamp() where number = %s", (self.publications,)
        )

    def withdraw(self, slot: Slot, verdict: str = "held") -> None:
        """Take the report in force of a slot back: it is `held`, or `withdrawn` by its unit."""
        self.connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, %s)", (self.chosen.pop(slot), verdict))

    def reference(self) -> Reference:
        """What the marts must say about the slots published by now."""
        return Reference(self.pack, dict(self.published), dict(self.cells))


def _state(figure: Figure) -> tuple[str, Decimal | int | None]:
    if isinstance(figure, str):
        return figure, None
    return ("zero" if figure == 0 else "number"), figure

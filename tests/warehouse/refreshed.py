"""A world that the acts of the product refresh, and what a publication of it wrote."""

from __future__ import annotations

from pathlib import Path

from tests.packs import write_pack
from tests.warehouse.reference import Slot
from tests.warehouse.world import EXTRA, World

from tonghop import publication
from tonghop.catalog import read_pack
from tonghop.database import admin_connect, connect
from tonghop.model import Period
from tonghop.publication.versions import versioned_tables
from tonghop.warehouse import build_candidate


class Refreshed(World):
    """A world that is published by the acts of the product; only gate 2 is passed by hand."""

    def take_in(self) -> int:
        """Open, build and publish what differs."""
        number = publication.open_candidate()
        assert number is not None
        self.publications = number
        for unit, form, period, submission in self.connection.execute(
            "select unit_code, form_code, period_code, submission_id from audit.candidate_slot where publication = %s", (number,)
        ):
            self.published[unit, form, period] = submission
        build_candidate(number)
        with connect("publisher") as connection:
            connection.execute(
                "insert into audit.gate_run (gate, publication, status, pack_hash, code_version) "
                "select 2, number, 'passed', pack_hash, code_version from audit.publication where number = %s",
                (number,),
            )
        publication.publish(number)
        return number

    def edit_pack(self, directory: Path, **overrides: str) -> None:
        """Put the pack into force with other files."""
        self.load_pack(read_pack(write_pack(directory, **(EXTRA | overrides))))

    def form_indicators(self, slot: Slot) -> list[str]:
        """The indicators of the report of a slot."""
        at = Period.parse(slot[2]).end_date
        (form,) = (form for form in self.pack.forms if form.form_code == slot[1] and form.valid_at(at))
        return [row.indicator_code for row in self.pack.form_rows if (row.form_code, row.version) == (form.form_code, form.version)]


def versioned() -> list[str]:
    """The names of the versioned tables of the warehouse."""
    with admin_connect() as connection:
        return [name.as_string(connection).split(".")[1].strip('"') for name in versioned_tables(connection)]


def written(number: int, table: str) -> int:
    """How many rows a publication added to a versioned table, and how many it closed."""
    with admin_connect() as connection:
        assert table in versioned()
        row = connection.execute(
            f"select count(*) from warehouse.{table} where from_publication = %(n)s or to_publication = %(n)s", {"n": number}
        ).fetchone()  # type: ignore[call-overload]
    assert row
    return int(row[0])


def written_anew(world: World) -> dict[str, int]:
    """What a candidate that builds everything from scratch would change in each versioned table: nothing, when what is published is exact.

    The candidate is given up.
    """
    world.connection.execute("update audit.publication set code_version = 'older code' where number = (select number from audit.live)")
    number = publication.open_candidate()
    assert number is not None and publication.get_publication(number).scope_all
    build_candidate(number)
    found = {table: count for table in versioned() if (count := written(number, table))}
    publication.discard(number, "a test")
    world.connection.execute(
        "update audit.publication set code_version = (select code_version from audit.deployment order by deployment_id desc limit 1) "
        "where number = (select number from audit.live)"
    )
    return found

"""A folder with all ten troubles at once loads in one go: nothing is lost, guessed or doubled, and every file has its answer."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.conftest import rows
from tests.end_to_end.troubled_folder import FATES, published_before, write_files, write_troubled_folder, write_troubled_pack
from tests.test_cli import Told, own_places, tonghop

from tonghop.database import admin_connect
from tonghop.settings import settings
from tonghop.staging import archive

pytestmark = [pytest.mark.slow, pytest.mark.end_to_end, pytest.mark.database]

READ = {path: fate for path, fate in FATES.items() if fate.outcome != "skipped"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def loaded(server: None, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """July is published; then the folder comes with everything that is wrong, and is published too."""
    with own_places(tmp_path_factory.mktemp("troubles"), write_troubled_pack(tmp_path_factory.mktemp("pack"))):
        write_files(folder, published_before(), 8)
        tonghop("load", folder)
        before = tonghop("refresh")
        write_troubled_folder(folder)
        yield {
            "before": before,
            "json": tonghop("load", folder, "--json"),
            "refresh": tonghop("refresh"),
            "again": tonghop("load", folder),
            "review": tonghop("review", "--json"),
        }


def test_every_file_has_the_outcome_that_it_should_have(folder: Path, loaded: dict[str, Told]) -> None:
    told = {str(Path(each["source_uri"]).relative_to(folder)): each for each in loaded["json"].json}
    assert {path: each["outcome"] for path, each in told.items() if path in FATES} == {path: fate.outcome for path, fate in FATES.items()}
    assert {path: tuple(each["versions"]) for path, each in told.items() if path in FATES} == {
        path: fate.versions for path, fate in FATES.items()
    }
    for path, fate in FATES.items():
        assert fate.findings <= {finding["code"] for finding in told[path]["findings"]}, path


def test_nothing_is_lost(folder: Path, loaded: dict[str, Told]) -> None:
    with admin_connect() as connection:
        receipts = dict(connection.execute("select source_uri, sha256 from staging.receipt").fetchall())
    for path in READ:
        data = (folder / path).read_bytes()
        assert receipts[str(folder / path)] == hashlib.sha256(data).hexdigest()
        assert archive.get(hashlib.sha256(data).hexdigest()) == data
    addressed = list(settings().outbox_path.rglob("*"))
    assert len([path for path in addressed if path.is_file()]) >= len(READ), "every file has an answer"


def test_verdicts(loaded: dict[str, Told]) -> None:
    with admin_connect() as connection:
        verdicts = dict(
            connection.execute(
                """
                select format('%s %s %s v%s', unit_code, form_code, period_code, version), verdict
                from staging.submission inner join audit.verdict using (submission_id)
                """
            ).fetchall()
        )
    wanted = {version: fate.verdict for fate in FATES.values() for version in fate.versions}
    assert {version: verdicts.get(version) for version in wanted} == wanted


def test_the_good_figures_are_in_the_marts_once(loaded: dict[str, Told]) -> None:
    query = (
        "select unit_code, value from marts.indicator_summary "
        "where map = 'as_reported' and indicator_code = 'VISITS' and period_code = %s and value is not null"
    )
    values = dict(rows(query, ("2022-08",)))
    wanted = {unit: visits for fate in FATES.values() for unit, visits in fate.visits.items()}
    assert {unit: values.get(unit) for unit in wanted} == wanted
    assert values["D1"] == values["P"] == sum(wanted.values()), "what is held back or unknown is not in, and the TOTAL is not added"
    assert dict(rows(query, ("2022-07",)))["C46"] == 80
    assert dict(rows(query, ("2022-07",), publication=1))["C46"] == 71, "what was published stays as it was"


def test_a_copy_is_named_with_whose_figures_it_holds(loaded: dict[str, Told]) -> None:
    with admin_connect() as connection:
        (text,) = connection.execute("select found_text from warehouse.rule_failure where rule_code = 'COPIED'").fetchone() or ("",)
    assert text.endswith("= C34 (Trạm Y tế xã Số 34) 2022-07")


def test_names_wait_for_a_decision(loaded: dict[str, Told]) -> None:
    waiting = {item["seen"]: [each["code"] for each in item["candidates"]] for item in loaded["review"].json if item["kind"] == "unit"}
    assert waiting.keys() == {"Trạm Y tế xã Mộtt", "Trạm Y tế xã Bốn"}
    assert waiting["Trạm Y tế xã Mộtt"][0] == "C11" and waiting["Trạm Y tế xã Bốn"][0] == "C21"


def test_a_second_load_finds_nothing_new(loaded: dict[str, Told]) -> None:
    assert f"{len(READ) + 3} known" in loaded["again"].out


def test_what_is_decided_is_read_again(loaded: dict[str, Told], tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    assert tonghop("review", "--export", path).code == 0
    lines = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    for line in lines:
        line |= {"decision": "accept", "reviewer": "Nguyễn An", "reason": "gọi điện"}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, lines[0], delimiter=";")
        writer.writeheader()
        writer.writerows(lines)
    told = tonghop("review", "--import", path)
    assert told.code == 0, told.err
    assert "2 accepted, 0 rejected" in told.out and "2 staged" in told.out
    assert "Nothing waits" in tonghop("review").out
    assert "nothing to read again" in tonghop("review", "--again").out
    refused = tonghop("review", "--import", path)
    assert refused.code == 1 and "does not wait for a decision" in refused.err

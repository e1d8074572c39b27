"""The chain of manifests: an auditor recomputes it, and every tampering is found."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.publication.world import World, admin

from tonghop import database, publication
from tonghop.publication import manifest, verify_chain
from tonghop.settings import settings
from tonghop.staging import archive

pytestmark = pytest.mark.database


@pytest.fixture
def chain(world: World) -> World:
    """Four publications: two refreshes, a restatement of the first, and a refresh on top of it."""
    world.accept("A", "2022-01", 1)
    world.refresh()
    world.accept("A", "2022-01", 2)
    world.judge(world.submit("B", "2022-01", 9), "quarantined")
    world.refresh()
    publication.rollback(1, "wrong file")
    world.accept("C", "2022-02", 3)
    world.refresh()
    return world


def manifests() -> dict[int, Path]:
    return {file.number: file.path for file in manifest.read_all(settings().archive_path)}


def test_an_untouched_chain_agrees_with_files_cells_and_database(chain: World) -> None:
    found = verify_chain()
    assert found.problems == () and found.passed
    assert (found.manifests, found.files, found.readings, found.database_checked) == (4, 4, 4, True)


def test_a_copy_of_the_archive_is_enough(chain: World, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(settings().archive_path, copy)
    database.stop_server()
    try:
        found = verify_chain(copy)
        alone = verify_chain(copy, with_database=False)
    finally:
        database.ensure_server()
    assert found == alone
    assert (found.manifests, found.files, found.database_checked, found.problems) == (4, 4, False, ())


def test_a_manifest_says_what_was_published_and_why(chain: World) -> None:
    document = json.loads(manifests()[2].read_bytes())
    assert document["kind"] == "refresh" and document["periods"] == ["2022-01"] and document["pack"]["hash"] == "pack-1"
    by_unit = {slot["unit"]: slot for slot in document["slots"]}
    assert by_unit["A"]["change"] == "corrected"
    assert by_unit["B"]["change"] == "judged" and by_unit["B"]["in_force"] is None
    assert [version["verdict"] for version in by_unit["B"]["versions"]] == ["quarantined"]
    assert [run["gate"] for run in document["gates"]] == [2]
    restated = json.loads(manifests()[3].read_bytes())
    assert restated["kind"] == "restatement" and restated["base"] == 1 and restated["reason"] == "wrong file"


def edit(change: Callable[[dict[str, Any]], object], number: int, *, rename: bool) -> None:
    """Change a manifest as a forger would: with `rename` also its name, so that it agrees with itself."""
    path = manifests()[number]
    document = json.loads(path.read_bytes())
    change(document)
    data = manifest.canonical(document)
    path.unlink()
    if rename:
        manifest.write(document)
    else:
        path.write_bytes(data)


def accept_the_quarantined(document: dict[str, Any]) -> None:
    for slot in document["slots"]:
        for version in slot["versions"]:
            version["verdict"] = "accepted"


def test_a_changed_manifest_is_found_by_its_name(chain: World) -> None:
    edit(accept_the_quarantined, 2, rename=False)
    problems = verify_chain(with_database=False).problems
    assert any("changed after it was written" in problem for problem in problems)


def test_a_forged_manifest_is_found_by_the_one_that_follows(chain: World) -> None:
    edit(accept_the_quarantined, 2, rename=True)
    (problem,) = verify_chain(with_database=False).problems
    assert problem.startswith("manifest of publication 3: follows publication 2")


def test_a_forged_last_manifest_is_found_by_the_database(chain: World) -> None:
    edit(accept_the_quarantined, 4, rename=True)
    assert verify_chain(with_database=False).passed
    problems = verify_chain().problems
    assert any(problem.startswith("publication 4: the database recorded manifest") for problem in problems)


def test_a_slot_left_out_is_found_by_replaying(chain: World) -> None:
    edit(lambda document: document["slots"].clear(), 4, rename=True)
    (problem,) = verify_chain(with_database=False).problems
    assert "4: says that 2 slots are in force" in problem


def test_a_missing_manifest_is_found(chain: World) -> None:
    manifests()[4].unlink()
    assert verify_chain(with_database=False).passed  # the end of a chain can be cut off without a trace in the archive …
    assert any("publication 4: its manifest" in problem for problem in verify_chain().problems)  # … but not in the database
    manifests()[2].unlink()
    assert any("3: follows publication 2" in problem for problem in verify_chain(with_database=False).problems)


def test_a_changed_or_missing_file_is_found(chain: World) -> None:
    one, other, *_ = sorted(path for path in (settings().archive_path / "files").rglob("*") if path.is_file())
    one.chmod(0o644)
    one.write_bytes(b"other figures")
    other.unlink()
    problems = verify_chain(with_database=False).problems
    assert [problem.split(":")[0] for problem in problems] == [str(one), str(other)]
    assert "changed after it was received" in problems[0] and "missing" in problems[1]


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("update staging.cell set value = 1000 where submission_id = 1", "submission 1: its cells"),
        ("update staging.cell set cell = 'B7' where submission_id = 2", "submission 2: its cells"),
        ("delete from staging.cell where submission_id = 4", "submission 4: its cells"),
        (
            "update staging.submission set reading_sha256 = repeat('0', 64) where submission_id = 1",
            "submission 1 (A F 2022-01) has other hashes",
        ),
        ("update audit.publication set pack_hash = 'pack-x' where number = 2", "publication 2: the database says pack = pack-x"),
        ("update audit.publication set published_at = '2020-01-01' where number = 1", "publication 1: the database says published_at"),
        ("update audit.publication set periods = '{2030-01}' where number = 4", "publication 4: the database says periods"),
        ("update audit.publication set reason = 'tidying' where number = 3", "publication 3: the database says reason = tidying"),
        ("update audit.publication set kind = 'refresh' where number = 3", "publication 3: the database says kind = refresh"),
        ("update audit.publication set opened_at = '2020-01-01' where number = 2", "publication 2: the database says opened_at"),
        (
            "update audit.publication set status = 'discarded', published_at = null, discarded_at = now() where number = 2",
            "manifest of publication 2: the database knows no published publication of that number",
        ),
        ("update audit.live set number = 2", "shows publication 2 to BI, but the last one is 4"),
        (
            "update staging.submission set unit_code = 'B', version = 7 where submission_id = 2",
            "submission 2 (A F 2022-01) is of another slot, version, source or time",
        ),
        (
            "update staging.submission set received_at = '2020-01-01' where submission_id = 2",
            "submission 2 (A F 2022-01) is of another slot",
        ),
        (
            "update audit.verdict set verdict = 'accepted' where submission_id = 3",
            "manifest of publication 2: submission 3 (B F 2022-01) was quarantined, a verdict that the database does not record",
        ),
        (
            "update audit.verdict set reason = 'let it pass' where submission_id = 3",
            "submission 3 (B F 2022-01) was quarantined, a verdict",
        ),
        ("update audit.verdict set failures_critical = 9 where submission_id = 1", "submission 1 (A F 2022-01) was accepted, a verdict"),
        ("delete from audit.verdict where submission_id = 4", "submission 4 (C F 2022-02) was accepted, a verdict"),
        (
            "update audit.candidate_slot set change = 'new' where publication = 2 and unit_code = 'A'",
            "2: what it took in for A F 2022-01 is",
        ),
        ("delete from audit.candidate_slot where publication = 1 and unit_code = 'A'", "1: what it took in for A F 2022-01 is"),
        (
            "insert into audit.candidate_slot values (4, 'B', 'F', '2022-03', null, 'missing')",
            "manifest of publication 4: what it took in for B F 2022-03 is recorded otherwise",
        ),
        ("update audit.gate_run set status = 'refused' where publication = 2", "manifest of publication 2: run 2 of the gates is recorded"),
        (
            "insert into audit.quality_result (gate_run_id, suite, expectation, severity, success, description) "
            "values (1, 's', 'e', 'critical', true, 'all is well')",
            "manifest of publication 1: run 1 of the gates is recorded",
        ),
    ],
)
def test_tampering_with_the_database_is_found(chain: World, tampering: str, expected: str) -> None:
    if "pack-x" in tampering:
        chain.load_pack("pack-x")
    admin(tampering)
    problems = verify_chain().problems
    assert any(expected in problem for problem in problems), problems


def test_a_file_that_was_added_is_found(chain: World) -> None:
    folder = settings().archive_path / "files"
    foreign = folder / "ab" / ("ab" * 32)
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"figures that nobody sent")
    elsewhere = folder / "note.txt"
    elsewhere.write_bytes(b"x")
    for being_written in (folder / ".new-half", folder / ".new-some" / "1"):
        being_written.parent.mkdir(exist_ok=True)
        being_written.write_bytes(b"half of a file")
    for with_database in (True, False):
        problems = verify_chain(with_database=with_database).problems
        assert [problem.split(":")[0] for problem in problems] == [str(foreign), str(elsewhere)]
        assert all("no file of the archive" in problem for problem in problems)


def test_a_file_that_nobody_received_is_found_once_no_load_can_be_at_it(chain: World) -> None:
    path = archive.find(archive.put(b"figures that nobody sent"))
    assert verify_chain().problems == ()
    os.utime(path, (0, 0))
    (problem,) = verify_chain().problems
    assert problem.startswith(f"{path}: the database records no receipt of it")
    assert verify_chain(with_database=False).problems == (), "what was received and not published yet stands in no manifest"


def test_a_file_among_the_manifests_that_is_none_is_found(chain: World) -> None:
    manifests()[4].with_name("000005.json").write_text("{}")
    (problem,) = verify_chain(with_database=False).problems
    assert "000005.json: no manifest, by its name" in problem


def test_a_manifest_that_was_added_is_found_by_the_database(chain: World) -> None:
    document = json.loads(manifests()[4].read_bytes())
    manifest.write(document | {"publication": 5, "slots": [], "previous": {"number": 4, "sha256": verify_chain().head}})
    assert verify_chain(with_database=False).passed
    (problem,) = verify_chain().problems
    assert problem == "manifest of publication 5: the database knows no published publication of that number"


def test_a_head_that_was_noted_down_shows_that_the_end_was_cut_off_or_written_anew(chain: World) -> None:
    noted = verify_chain()
    assert noted.last == 4 and noted.head == manifests()[4].name.split("-")[1].removesuffix(".json")
    chain.accept("B", "2022-03", 8)
    chain.refresh()
    assert verify_chain(with_database=False, head=noted.head).passed, "the chain may grow"
    edit(accept_the_quarantined, 5, rename=True)
    assert verify_chain(with_database=False, head=noted.head).passed
    manifests()[5].unlink()
    manifests()[4].unlink()
    assert verify_chain(with_database=False).passed
    (problem,) = verify_chain(with_database=False, head=noted.head).problems
    assert problem.startswith(f"no manifest has the SHA-256 {noted.head}")


def test_a_publication_under_way_is_no_problem(chain: World) -> None:
    chain.accept("B", "2022-01", 4)
    publication.open_candidate()
    chain.build()
    assert verify_chain().problems == ()

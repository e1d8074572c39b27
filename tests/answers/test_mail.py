"""Answers by e-mail: a real SMTP server on loopback, and the connection of an Airflow that has no server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.answers.world import SHEET, World, file_of, station
from tests.mail import Postbox, open_postbox, run

from tonghop import answers
from tonghop.database import connect
from tonghop.settings import settings

pytestmark = pytest.mark.database


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """A mail server and its port."""
    with open_postbox() as opened:
        yield opened


def test_answers_are_mailed_to_the_contacts_of_the_unit_once(world: World, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    (settings().catalog / "contacts.csv").write_text(
        "unit_code,name,email,valid_from,valid_to\n"
        "C11,Lan,lan@example.org,,\nC11,Mai,mai@example.org,2020-01-01,2021-01-01\nC12,Tư,gone@example.org,,\nC21,Năm,nam@example.org,,\n",
        encoding="utf-8",
    )
    world.put("C11/báo cáo.xlsx", file_of({SHEET: station(121)}))
    world.put("C12/báo cáo.xlsx", file_of({SHEET: station(unit="Trạm Y tế thị trấn Hai", unit_code="C12")}))
    world.put("C21/báo cáo.xlsx", file_of({SHEET: station(unit="Trạm Y tế xã Ba", unit_code="C21")}))
    world.take_in()
    answers.answer_intake()
    world.judge()
    answers.answer_gate_1()

    with connect("publisher") as connection:  # a mail whose connection broke: it may have arrived
        connection.execute(
            "insert into audit.mailing (answer_id, outcome, recipients) "
            "select answer_id, 'begun', '{}' from audit.answer where unit_code = 'C21'"
        )

    told = run(["nowhere", *["units"] * 5], port, world.folder)

    assert told.startswith("NOT MAILED The mail server of the Airflow connection nowhere cannot be reached")
    assert [line for line in told.splitlines() if line.startswith(("MAILED", "NOT MAILED 1"))] == [
        "NOT MAILED 1 of 3 answers could not be mailed:",
        "NOT MAILED 1 of 1 answers could not be mailed:",
        "NOT MAILED 1 of 1 answers could not be mailed:",  # a refused mail is tried three times, …
        "MAILED 0",  # … and then it is left to people
        "MAILED 0",
    ]
    assert "550" in told
    receipt, returned = box.mails
    assert [mail["To"] for mail in box.mails] == ["lan@example.org", "lan@example.org"]
    assert (receipt["From"], receipt["Auto-Submitted"]) == ("tonghop@example.org", "auto-generated")
    assert receipt["Subject"] == "Đã nhận ST, Tháng 8/2022, Trạm Y tế xã Một"
    assert returned["Subject"] == "Cần xem lại ST, Tháng 8/2022, Trạm Y tế xã Một"
    plain, page = receipt.get_body(("plain",)), returned.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "Trạm Y tế xã Một (C11)" in plain.get_content()
    assert "Tổng phải bằng cộng các thành phần" in page.get_content()
    (workbook,) = returned.iter_attachments()
    assert workbook.get_filename() == Path(world.path("C11/C11_2022-08_ST_v01_can-sua")).name
    assert workbook.get_content() == world.answer("C11/C11_2022-08_ST_v01_can-sua")
    with connect("auditor") as connection:
        kept = connection.execute("select outcome, count(*) from audit.mailing group by outcome order by outcome").fetchall()
    assert kept == [("begun", 6), ("failed", 3), ("sent", 2)]


def test_nothing_is_mailed_without_a_connection(world: World) -> None:
    assert answers.mail_answers() == 0

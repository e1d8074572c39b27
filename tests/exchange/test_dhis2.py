"""A publication goes out as data values of DHIS2, and comes in as reports of another state: with the same figures."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.packs import write_pack
from tests.warehouse.world import EXTRA, World

from tonghop.catalog import Pack, check, read_pack
from tonghop.catalog.dhis2 import from_dhis2, to_dhis2
from tonghop.exchange import ExportProblem, export_data_values
from tonghop.intake import read_file
from tonghop.model import Measure, Period, State

MAPPING = """\
part,code,measure,breakdown_code,dhis2,option_combo
unit,C11,,,ouC11aaaaaa,
unit,H1,,,ouH1aaaaaaa,
unit,C12,,,ouC12aaaaaa,
form,ST,,,dsSTaaaaaaa,
form,HO,,,HOSPITAL,
indicator,VISITS,,,deVisitsaaa,HllvX50cXC0
indicator,VISITS,value,F,deVisitsaaa,cocFemaleaa
indicator,VISITS,ytd,,deVisitsYtd,
indicator,VISITS_CHILD,,,deChildaaaa,
indicator,VISITS_ADULT,,,deAdultaaaa,
indicator,PATIENTS,,,dePatientsa,
indicator,CASES,,,deCasesaaaa,
indicator,BED_DAYS,,,deBedDaysaa,
indicator,BED_CAPACITY,,,deCapacitya,
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return read_pack(write_pack(tmp_path_factory.mktemp("mapped"), **EXTRA, dhis2=MAPPING))


def values(*given: dict[str, object], **of_set: object) -> bytes:
    return json.dumps({"dataSet": "dsSTaaaaaaa", "orgUnit": "ouC11aaaaaa", "period": "202208", **of_set, "dataValues": given}).encode()


def value(element: str, number: object, **other: object) -> dict[str, object]:
    return {"dataElement": element, "value": number, **other}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("2022-08", "202208"), ("2022-Q3", "2022Q3"), ("2022-H1", "2022S1"), ("2022", "2022"), ("2022-W03", "2022W3")]
)
def test_a_period_is_written_as_dhis2_writes_it_and_read_back(ours: str, theirs: str) -> None:
    assert to_dhis2(Period.parse(ours)) == theirs
    assert from_dhis2(theirs) == Period.parse(ours)


def test_a_period_that_either_side_lacks_is_none() -> None:
    assert to_dhis2(Period.parse("2022-9M")) is None
    assert from_dhis2("2022W03") == Period.parse("2022-W03")
    assert [from_dhis2(text) for text in ("202213", "2022S2", "20220801", "2022Q5", "2022W54", "2022-08", "")] == [None] * 7


def test_data_values_are_read_with_their_addresses(pack: Pack) -> None:
    data = values(
        value("deVisitsaaa", "120", categoryOptionCombo="HllvX50cXC0", comment="ok"),
        value("deVisitsaaa", 50, categoryOptionCombo="cocFemaleaa"),
        value("deCasesaaaa", "0"),
        value("dePatientsa", "9", deleted=True),
        value("deChildaaaa", "1.5"),
    )
    reading = read_file(data, "C11/2022-08.json", pack)
    assert reading.findings == ()
    (submission,) = reading.submissions
    assert (str(submission.slot), submission.form_version) == ("C11 ST 2022-08", 2)
    cells = {(cell.indicator_code, cell.measure, cell.breakdown_code): cell for cell in submission.cells}
    assert len(cells) == len(submission.cells) == len(pack.figures(pack.form("ST", 2)))  # type: ignore[arg-type]
    visits = cells["VISITS", Measure.VALUE, "TOTAL"]
    assert (visits.value.number, str(visits.at)) == (Decimal(120), "dataValues!/dataValues/0/value")
    assert cells["VISITS", Measure.VALUE, "F"].value.number == 50
    assert cells["CASES", Measure.VALUE, "TOTAL"].value.state is State.ZERO
    assert (cells["PATIENTS", Measure.VALUE, "TOTAL"].value.state, cells["PATIENTS", Measure.VALUE, "TOTAL"].at.cell) == (State.BLANK, "")
    assert cells["VISITS_CHILD", Measure.VALUE, "TOTAL"].value.state is State.UNREADABLE
    assert [(finding.code, finding.cell) for finding in submission.findings] == [("not_an_integer", "/dataValues/4/value")]


def test_several_sets_give_a_report_for_each_unit_and_period(pack: Pack) -> None:
    first = json.loads(values(value("deVisitsaaa", "1"), value("deVisitsaaa", "2", period="202207", orgUnit="ouC12aaaaaa")))
    second = {"dataSet": "HOSPITAL", "dataValues": [value("deBedDaysaa", "700", period="202208", orgUnit="ouH1aaaaaaa")]}
    reading = read_file(json.dumps({"dataValueSets": [first, second]}).encode(), "all.json", pack)
    assert sorted(str(each.slot) for each in reading.submissions) == ["C11 ST 2022-08", "C12 ST 2022-07", "H1 HO 2022-08"]
    (days,) = [cell for each in reading.submissions for cell in each.cells if cell.value.number == 700]
    assert days.at.cell == "/dataValueSets/1/dataValues/0/value"


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (values(value("deVisitsaaa", "1"), value("deVisitsaaa", "1"), orgUnit="ouNobodyaaa"), "unknown_org_unit", "ouNobodyaaa (×2)"),
        (values(value("deVisitsaaa", "1"), period="2022S2"), "unknown_period", "2022S2"),
        (values(value("deVisitsaaa", "1"), period="199901"), "period_out_of_range", "199901"),
        (values(value("deVisitsaaa", "1"), dataSet="dsUnknownaa"), "unknown_form", "dataSet dsUnknownaa"),
        (values(value("deVisitsaaa", "1"), dataSet="HOSPITAL"), "form_not_for_unit", "station"),
        (values(value("deVisitsaaa", "1"), period="2022Q3"), "period_type_mismatch", "2022-Q3"),
        (values(value("deNothingaa", "1")), "unknown_data_element", "deNothingaa"),
        (values(), "empty_file", None),
        (b'{"dataValues": [', "file_damaged", None),
        (b'{"dataValues": [7]}', "file_damaged", None),
        (b'{"other": []}', "not_a_workbook", "JSON"),
        (b"{" + b'"a":{' * 50_000, "file_damaged", None),
    ],
)
def test_what_is_wrong_with_a_file_is_a_finding(pack: Pack, data: bytes, code: str, found: str | None) -> None:
    reading = read_file(data, "values.json", pack)
    assert reading.submissions == ()
    (finding,) = reading.findings
    assert finding.code == code
    assert found is None or finding.found == found


def test_what_is_wrong_with_a_value_leaves_the_others(pack: Pack) -> None:
    data = values(
        value("deVisitsaaa", "120"),
        value("deVisitsaaa", "121"),
        value("deNothingaa", "5"),
        value("deBedDaysaa", "7"),
        value("deCasesaaaa", "tw0"),
    )
    reading = read_file(data, "values.json", pack)
    (submission,) = reading.submissions
    assert reading.findings == ()
    assert sorted((finding.code, finding.cell) for finding in submission.findings) == [
        ("duplicate_data_value", "/dataValues/0/value"),
        ("figure_not_in_form", "/dataValues/3/value"),
        ("unknown_data_element", "/dataValues/2/value"),
        ("words_in_number_cell", "/dataValues/4/value"),
    ]
    assert {cell.value.state for cell in submission.cells if cell.at.cell} == {State.UNREADABLE}


def test_a_pack_without_mapping_says_so(tmp_path: Path) -> None:
    (finding,) = read_file(values(value("deVisitsaaa", "1")), "v.json", read_pack(write_pack(tmp_path))).findings
    assert finding.code == "no_dhis2_mapping"


def test_a_wrong_mapping_is_answered_with_file_and_line(tmp_path: Path) -> None:
    wrong = (
        "part,code,dhis2,option_combo,measure,breakdown_code\nunit,C99,a,,,\nunit,C11,b,,,\nunit,C12,b,,,\nform,ST,c,x,,\n"
        "indicator,VISITS,d,,,M\nindicator,VISITS,e f,,,\nother,X,g,,,\n"
    )
    problems = check(write_pack(tmp_path, dhis2=wrong))
    assert [problem.split(": ")[0] for problem in problems] == [f"dhis2.csv:{line}" for line in (2, 4, 5, 6, 7, 8)]
    assert "C99 is no unit_code" in problems[0] and "stands in line 3" in problems[1] and "belong to an indicator" in problems[2]


@pytest.mark.database
@pytest.mark.slow
def test_what_goes_out_comes_in_with_the_same_figures(world: World, pack: Pack, tmp_path: Path) -> None:
    periods = [Period.parse(code) for code in ("2022-01", "2022-02")]
    done = export_data_values(pack, periods, tmp_path)
    assert [path.name for path in done.files] == ["ST.json", "HO.json"]
    read = [read_file(path.read_bytes(), path.name, pack) for path in done.files]
    assert [reading.findings for reading in read] == [(), ()]
    came = {
        (submission.slot.unit_code, submission.slot.period.code, cell.indicator_code): cell.value.number
        for reading in read
        for submission in reading.submissions
        for cell in submission.cells
        if cell.value.number is not None
    }
    sent = {
        (unit, period, code): Decimal(figure)
        for (unit, _, period), submission in world.published.items()
        for (code, _), figure in world.cells[submission or 0].items()
        if figure != "blank" and code not in ("OCCUPANCY", "AUDITS")
    }
    assert came == sent and len(came) == done.values == 15
    assert came["C11", "2022-02", "VISITS"] == 222
    with (tmp_path / "unmapped.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == [["indicator", "OCCUPANCY", "value", "TOTAL", "1"]]
    assert [(each.code, each.figures) for each in done.unmapped] == [("OCCUPANCY", 1)]
    comment = json.loads((tmp_path / "ST.json").read_text(encoding="utf-8"))["dataValues"][0]["comment"]
    assert comment.startswith("S!C")


@pytest.mark.database
@pytest.mark.slow
def test_an_old_publication_goes_out_as_it_was(world: World, pack: Pack, tmp_path: Path) -> None:
    done = export_data_values(pack, [Period.parse("2022-02")], tmp_path, publication=1)
    (reading,) = (read_file(path.read_bytes(), path.name, pack) for path in done.files)
    assert next(cell.value.number for each in reading.submissions for cell in each.cells if cell.indicator_code == "VISITS") == 121
    assert done.unmapped == () and not (tmp_path / "unmapped.csv").exists()
    fewer = tuple(row for row in pack.dhis2 if row.dhis2 not in ("ouH1aaaaaaa", "dsSTaaaaaaa", "deVisitsaaa"))
    left = export_data_values(replace(pack, dhis2=fewer), [Period.parse("2022-01"), Period.parse("2022-9M")], tmp_path).unmapped
    assert [(each.what, each.code, each.figures) for each in left] == [
        ("form", "ST", 5),
        ("indicator", "OCCUPANCY", 1),
        ("indicator", "VISITS", 2),
        ("unit", "H1", 6),
    ]
    with pytest.raises(ExportProblem, match="not published"):
        export_data_values(pack, [Period.parse("2022-02")], tmp_path, publication=77)
    with pytest.raises(ExportProblem, match=r"no dhis2\.csv"):
        export_data_values(world.pack, [Period.parse("2022-02")], tmp_path)

"""A small but complete catalog pack for tests, written file by file so that a test can replace one of them.

P (province) ── D1 ── C11, C12 (renamed on 2022-01-01)
             ├─ D2 ── C21, C22 (merged into C21 on 2022-07-01)
             ├─ H1
             └─ H2
"""

from __future__ import annotations

import re
from pathlib import Path

from tonghop.catalog.files import OPTIONAL, RULE_CASES, RULES

FILES: dict[str, str] = {
    "pack.yml": """\
code: TEST
name_vi: Tỉnh Thử Nghiệm
name_en: Test province
time_zone: Asia/Ho_Chi_Minh
root_unit: P
holidays: VN
first_year: 2021
last_year: 2022
contact: test@example.org
""",
    "units.csv": """\
unit_code,official_code,name_vi,name_en,sort_order,level,unit_type,parent_code,valid_from,valid_to,successor_code
P,93,Tỉnh Thử Nghiệm,Test province,1,1,province,,,,
D1,930,Huyện An Bình,An Binh district,1,2,district,P,2004-01-01,,
D2,931,Huyện Hòa Lợi,Hoa Loi district,2,2,district,P,2004-01-01,,
C11,31318,Trạm Y tế xã Một,Commune One,1,3,station,D1,2004-01-01,,
C12,31321,Trạm Y tế xã Hai,Commune Two,2,3,station,D1,2004-01-01,2022-01-01,
C12,31321,Trạm Y tế thị trấn Hai,Town Two,2,3,station,D1,2022-01-01,,
C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D2,2004-01-01,,
C22,31327,Trạm Y tế xã Bốn,Commune Four,2,3,station,D2,2004-01-01,2022-07-01,C21
H1,,Bệnh viện Đa khoa,General hospital,3,2,hospital,P,2004-01-01,,
H2,,Bệnh viện Sản Nhi,Maternity hospital,4,2,hospital,P,2004-01-01,,
""",
    "unit_aliases.csv": """\
unit_code,alias,valid_from,valid_to
C11,TYT xã Một,,
C12,TYT Hai,,
H1,BVĐK,,
""",
    "programmes.csv": """\
programme_code,name_vi,name_en,sort_order
CARE,Khám chữa bệnh,Care,1
CONTROL,Phòng chống dịch,Disease control,2
""",
    "indicators.csv": """\
indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,numerator_code,denominator_code,factor,better
VISITS,Lượt khám,Visits,1,CARE,lượt,flow,,0,,,,none
VISITS_CHILD,Lượt khám trẻ em,Visits of children,2,CARE,lượt,flow,,0,,,,none
VISITS_ADULT,Lượt khám người lớn,Visits of adults,3,CARE,lượt,flow,,0,,,,none
PATIENTS,Bệnh nhân đang quản lý,Patients in care,4,CONTROL,người,stock,end,0,,,,up
CASES,Số ca tích lũy,Cases ever,5,CONTROL,ca,since,,0,,,,down
BED_DAYS,Ngày điều trị,Bed days,6,CARE,ngày,flow,,0,,,,none
BED_CAPACITY,Ngày giường kế hoạch,Available bed days,7,CARE,ngày,flow,,0,,,,none
OCCUPANCY,Công suất giường,Bed occupancy,8,CARE,%,ratio,,2,BED_DAYS,BED_CAPACITY,100,none
""",
    "breakdowns.csv": """\
breakdown_code,sex,age_group,name_vi,name_en
TOTAL,,,Tổng số,Total
F,F,,Nữ,Female
""",
    "units_of_measure.csv": """\
word,unit_of_measure
lượt khám,lượt
cas,ca
""",
    "forms.csv": """\
form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to
ST,1,Báo cáo trạm,Report of a station,station,month,2020-01-01,2022-07-01
ST,2,Báo cáo trạm,Report of a station,station,month,2022-07-01,
HO,1,Báo cáo bệnh viện,Report of a hospital,hospital,month,2020-01-01,
CT,1,Báo cáo tỉnh,Report of the province,province,month,2020-01-01,
""",
    "form_columns.csv": """\
form_code,version,sheet,header_vi,measure,breakdown_code
ST,1,Khám bệnh,Thực hiện trong tháng,value,TOTAL
ST,1,Khám bệnh,Cộng dồn,ytd,TOTAL
ST,1,Khám bệnh,Kế hoạch năm,plan,TOTAL
ST,2,Khám bệnh,Thực hiện trong tháng,value,TOTAL
ST,2,Khám bệnh,Trong đó nữ,value,F
ST,2,Khám bệnh,Cộng dồn,ytd,TOTAL
ST,2,Khám bệnh,Kế hoạch năm,plan,TOTAL
HO,1,Khám bệnh,Thực hiện trong tháng,value,TOTAL
HO,1,Khám bệnh,Cộng dồn,ytd,TOTAL
HO,1,Giường bệnh,Thực hiện trong tháng,value,TOTAL
HO,1,Giường bệnh,Tỷ lệ %,rate,TOTAL
CT,1,Tổng hợp,Thực hiện trong tháng,value,TOTAL
CT,1,Tổng hợp,Cộng dồn,ytd,TOTAL
CT,1,Tổng hợp,Kế hoạch năm,plan,TOTAL
CT,1,Tổng hợp,Đạt % kế hoạch,pct_of_plan,TOTAL
CT,1,Tổng hợp,Cùng kỳ,same_period,TOTAL
CT,1,Tổng hợp,Tăng/giảm,change,TOTAL
""",
    "form_rows.csv": """\
form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words
ST,1,Khám bệnh,1,A.1,Lượt khám,VISITS,additive,yes
ST,1,Khám bệnh,2,A.2,Trẻ em,VISITS_CHILD,additive,yes
ST,1,Khám bệnh,3,A.3,Người lớn,VISITS_ADULT,additive,yes
ST,1,Khám bệnh,4,A.4,Bệnh nhân đang quản lý,PATIENTS,additive,
ST,1,Khám bệnh,5,A.5,Số ca tích lũy,CASES,additive,
ST,2,Khám bệnh,1,A.1,Lượt khám,VISITS,additive,yes
ST,2,Khám bệnh,2,A.2,Trẻ em,VISITS_CHILD,additive,yes
ST,2,Khám bệnh,3,A.3,Người lớn,VISITS_ADULT,additive,yes
ST,2,Khám bệnh,4,A.4,Bệnh nhân đang quản lý,PATIENTS,additive,
ST,2,Khám bệnh,5,A.5,Số ca tích lũy,CASES,additive,
HO,1,Khám bệnh,1,B.1,Lượt khám,VISITS,additive,
HO,1,Khám bệnh,2,B.2,Trẻ em,VISITS_CHILD,additive,
HO,1,Khám bệnh,3,B.3,Người lớn,VISITS_ADULT,additive,
HO,1,Giường bệnh,1,B.4,Ngày điều trị,BED_DAYS,additive,
HO,1,Giường bệnh,2,B.5,Ngày giường kế hoạch,BED_CAPACITY,additive,
HO,1,Giường bệnh,3,B.6,Công suất giường,OCCUPANCY,additive,
CT,1,Tổng hợp,1,1,Lượt khám,VISITS,control,
CT,1,Tổng hợp,2,2,Trẻ em,VISITS_CHILD,control,
CT,1,Tổng hợp,3,3,Người lớn,VISITS_ADULT,control,
CT,1,Tổng hợp,4,4,Bệnh nhân đang quản lý,PATIENTS,control,
CT,1,Tổng hợp,5,5,Số ca tích lũy,CASES,control,
CT,1,Tổng hợp,6,6,Công suất giường,OCCUPANCY,control,
""",
    "duties.csv": """\
form_code,unit_type,unit_code,period_type,valid_from,valid_to,deadline_working_days
ST,station,,month,,2022-01-01,5
ST,station,,month,2022-01-01,,10
HO,hospital,,month,,,15
CT,,P,month,,,25
""",
    "targets.csv": """\
indicator_code,unit_code,year,comparison,target,rate,of_indicator_code
VISITS,D1,2022,>=,1200,,
VISITS,D2,2022,>=,800,,
VISITS,H1,2022,>=,5000,,
PATIENTS,P,2022,<=,300,,
VISITS_CHILD,P,2022,>=,,30,VISITS
""",
    "rules.yml": """\
- rule: VISITS_IS_SUM
  kind: comparison
  severity: critical
  severity_by_form: {CT: warning}
  left: [{indicator: VISITS}]
  operator: "="
  right: [{indicator: VISITS_CHILD}, {indicator: VISITS_ADULT}]
  measures: [value, ytd]
  text_vi: Tổng phải bằng cộng các thành phần
  text_en: A total must equal the sum of its parts
  reason_vi: Parts and total are counted separately
  reason_en: Parts and total are counted separately
  owner: Planning office
- rule: OCCUPANCY_PRINTED
  kind: ratio
  severity: warning
  forms: [HO]
  left: [{indicator: OCCUPANCY}]
  numerator: [{indicator: BED_DAYS}]
  denominator: [{indicator: BED_CAPACITY}]
  factor: 100
  tolerance: 0.01
  text_vi: Tỷ lệ phải khớp tử số và mẫu số
  text_en: A rate must follow from its parts
  reason_vi: Rates are typed by hand
  reason_en: Rates are typed by hand
  owner: Planning office
- rule: SAME_BASE
  kind: implied_denominator
  severity: info
  forms: [HO]
  left: [{indicator: BED_DAYS}]
  right: [{indicator: BED_CAPACITY}]
  tolerance_pct: 1
  text_vi: Hai tỷ lệ phải có cùng mẫu số
  text_en: Two rates must have the same base
  reason_vi: The base is not printed
  reason_en: The base is not printed
  owner: Planning office
- rule: PLAN_PERCENTAGE
  kind: percent_of_plan
  severity: warning
  tolerance: 0.01
  text_vi: Phần trăm kế hoạch phải khớp
  text_en: The percentage of the plan must follow
  reason_vi: Percentages are typed by hand
  reason_en: Percentages are typed by hand
  owner: Planning office
- rule: CUMULATIVE
  kind: cumulative
  severity: warning
  text_vi: Cộng dồn phải bằng tháng trước cộng tháng này
  text_en: Cumulative must continue the month before
  reason_vi: Late corrections break the running total
  reason_en: Late corrections break the running total
  owner: Planning office
- rule: SAME_PERIOD
  kind: same_period
  severity: warning
  text_vi: Số cùng kỳ phải bằng số đã báo cáo năm trước
  text_en: The same-period figure must be what was reported last year
  reason_vi: Last year's figure is known
  reason_en: Last year's figure is known
  owner: Planning office
- rule: CONTROL
  kind: control
  severity: warning
  forms: [CT]
  text_vi: Số tổng hợp phải bằng tổng các đơn vị
  text_en: A compiled figure must equal the sum of the units
  reason_vi: Compiled by hand
  reason_en: Compiled by hand
  owner: Planning office
- rule: COPIED
  kind: identical
  severity: warning
  minimum_values: 3
  text_vi: Số liệu giống hệt báo cáo khác
  text_en: Figures are identical to another report
  reason_vi: Old workbooks are sent again
  reason_en: Old workbooks are sent again
  owner: Planning office
- rule: OUTLIER
  kind: outlier
  severity: info
  threshold: 3.5
  minimum_points: 11
  minimum_value: 10
  text_vi: Số liệu khác thường
  text_en: A figure is unusual
  reason_vi: Slipped digits
  reason_en: Slipped digits
  owner: Planning office
- rule: UNREADABLE
  kind: finding
  severity: critical
  codes: [unreadable]
  text_vi: Ô không đọc được
  text_en: A cell cannot be read
  reason_vi: A figure that is not read is missing
  reason_en: A figure that is not read is missing
  owner: Planning office
- rule: MISSING
  kind: missing_report
  severity: info
  text_vi: Chưa có báo cáo
  text_en: A report is missing
  reason_vi: Tổng thiếu một đơn vị
  reason_en: Totals lack a unit
  owner: Planning office
""",
}
"""The files of the pack as they are written unless a test says otherwise."""


def write_pack(directory: Path, **overrides: str | None) -> Path:
    """Write the pack into `directory` and return it. An override names a file by its stem and gives its whole text
    (None: the file is left out), as in `write_pack(tmp_path, units=..., rules="[]")`. Rules get cases that say nothing of them."""
    directory.mkdir(parents=True, exist_ok=True)
    stems = {Path(name).stem: name for name in (*FILES, *sorted(OPTIONAL))}
    if unknown := overrides.keys() - stems.keys():
        raise KeyError(f"no file of a pack: {sorted(unknown)}")
    for stem, name in stems.items():
        text = overrides.get(stem, FILES.get(name))
        if name == RULE_CASES and stem not in overrides:
            text = empty_cases(overrides.get("rules", FILES[RULES]))
        if text is not None:
            (directory / name).write_bytes(text.encode())
    return directory


def empty_cases(rules: str | None) -> str | None:
    """The least that a pack must say of its rules: that each catches, and passes, a report without figures."""
    codes = dict.fromkeys(re.findall(r"rule: ([A-Z0-9][A-Z0-9_.-]*)", rules or ""))
    return "".join(f"- {{rule: {code}, catches: [{{}}], passes: [{{}}]}}\n" for code in codes) or None


def edited(stem: str, old: str, new: str) -> dict[str, str]:
    """An override of one file in which `old` (which must stand in it once) is replaced by `new`."""
    text = next(text for name, text in FILES.items() if Path(name).stem == stem)
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {stem}"
    return {stem: text.replace(old, new)}

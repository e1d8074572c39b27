"""A pack with a form for every layout that the form model knows, on the units of the small pack."""

from __future__ import annotations

from pathlib import Path

from tests.packs import write_pack

INDICATORS = """\
indicator_code,name_vi,name_en,sort_order,programme_code,unit_of_measure,kind,stock_at,decimals,numerator_code,denominator_code,factor,better
BIRTHS,Trẻ đẻ ra sống,Births,1,CARE,trẻ,flow,,0,,,,none
WEIGHT,Cân nặng bình quân,Mean weight,2,CARE,kg,stock,end,3,,,,none
COVERED,Tỷ lệ bao phủ,Coverage,3,CARE,%,stock,end,2,,,,up
VISITS,Lượt khám,Visits,4,CARE,lượt,flow,,0,,,,none
VISITS_CHILD,Lượt khám trẻ em,Visits of children,5,CARE,lượt,flow,,0,,,,none
ADMITTED,Vào viện,Admitted,6,CARE,người,flow,,0,,,,none
BEDS,Giường bệnh,Beds,7,CARE,giường,stock,end,0,,,,none
TESTS,Xét nghiệm,Tests,8,CONTROL,mẫu,flow,,0,,,,none
POSITIVE,Dương tính,Positive,9,CONTROL,mẫu,flow,,0,,,,none
STAFF,Nhân viên,Staff,10,CARE,người,stock,end,0,,,,none
POSTS,Vị trí việc làm,Posts,11,CARE,người,stock,end,0,,,,none
VACCINES,Liều vắc xin,Doses,12,CARE,liều,flow,,0,,,,none
FUNDS,Kinh phí,Funds,13,CARE,đồng,flow,,1,,,,none
CALLS,Cuộc gọi,Calls,14,CARE,cuộc,flow,,0,,,,none
POSITIVE_RATE,Tỷ lệ dương tính,Share of positive tests,15,CONTROL,%,ratio,,1,POSITIVE,TESTS,100,none
"""

BREAKDOWNS = """\
breakdown_code,sex,age_group,name_vi,name_en
TOTAL,,,Tổng số,Total
F,F,,Nữ,Female
U5,,U5,Dưới 5 tuổi,Under five
F_U5,F,U5,Nữ dưới 5 tuổi,Girls under five
"""

FORMS = """\
form_code,version,name_vi,name_en,unit_types,period_type,valid_from,valid_to
AGES,1,Theo tuổi và giới,By age and sex,hospital,month,2020-01-01,
LIST,1,Danh sách trạm,List of stations,station,month,2020-01-01,
LISTTOTAL,1,Cộng danh sách,Totals of the list,district,month,2020-01-01,
COLUMNS,1,Bệnh viện theo cột,Hospitals in columns,hospital,month,2020-01-01,
TABS,1,Mỗi trạm một trang,A sheet per station,station,month,2020-01-01,
TABSTOTAL,1,Cộng các trang,Totals of the sheets,district,month,2020-01-01,
MONTHS,1,Mười hai tháng,Twelve months,hospital,month,2020-01-01,
MONTHTABS,1,Mỗi tháng một trang,A sheet per month,province,month,2020-01-01,
CELLS,1,Ô cố định,Fixed cells,hospital,month,2020-01-01,
"""

SHEETS = """\
form_code,version,sheet,other_names,one_per,optional,ignored,control,stands_in,header_row,header_rows,rows_by,unit_cell,period_cell,as_of_cell
AGES,1,Sinh,,,,,,,,2,,,,
AGES,1,Ghi chép,,,,yes,,,,,,,,
LISTTOTAL,1,Trạm,,,,,yes,LIST,,,,,,
COLUMNS,1,Viện,,,,,,,,2,,,,
TABS,1,Nhân lực trạm,,unit,,,,,,,,,,
TABSTOTAL,1,Tổng cộng,,,,,yes,TABS,,,,,,
MONTHTABS,1,Tiêm,,month,,,,,,,label,,,
CELLS,1,Kinh phí,,,,,,,4,,both,,,
CELLS,1,Trang bìa,,,,,,,,,,C2,C3,E3
"""

COLUMNS = """\
form_code,version,sheet,header_vi,measure,breakdown_code,indicator_code,role,zero_words,month
AGES,1,Sinh,Thực hiện | Tổng số,value,,,,,
AGES,1,Sinh,Thực hiện | Trong đó nữ,value,F,,,,
AGES,1,Sinh,Cộng dồn,ytd,,,,,
AGES,1,Sinh,Kế hoạch năm,plan,,,,,
AGES,1,Sinh,Đạt % kế hoạch,pct_of_plan,,,,,
AGES,1,Sinh,Cùng kỳ,same_period,,,,,
AGES,1,Sinh,"Tăng, giảm",change,,,,,
AGES,1,Sinh,"Tăng, giảm (%)",change_pct,,,,,
LIST,1,Trạm,Lượt khám,value,,VISITS,additive,yes,
LIST,1,Trạm,Lượt khám trẻ em,value,,VISITS_CHILD,additive,,
LISTTOTAL,1,Trạm,Lượt khám,value,,VISITS,,,
LISTTOTAL,1,Trạm,Lượt khám trẻ em,value,,VISITS_CHILD,,,
COLUMNS,1,Viện,{unit} | Trong tháng,value,,,,,
COLUMNS,1,Viện,{unit} | Cộng dồn,ytd,,,,,
TABS,1,Nhân lực trạm,Hiện có,value,,,,,
TABSTOTAL,1,Tổng cộng,Hiện có,value,,,,,
MONTHS,1,Kiểm tra,Tháng 1,value,,,,,1
MONTHS,1,Kiểm tra,Tháng 2,value,,,,,2
MONTHS,1,Kiểm tra,Tháng 3,value,,,,,3
MONTHS,1,Kiểm tra,Tháng 4,value,,,,,4
MONTHS,1,Kiểm tra,Tháng 5,value,,,,,5
MONTHTABS,1,Tiêm,Trong tháng,value,,,,,
MONTHTABS,1,Tiêm,Cộng dồn,ytd,,,,,
CELLS,1,Kinh phí,Thực hiện,value,,,,,
"""

ROWS = """\
form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words,measure,breakdown_code,month,under
AGES,1,Sinh,1,1,Trẻ đẻ ra sống,BIRTHS,additive,yes,,,,
AGES,1,Sinh,2,1.1,Dưới 5 tuổi,BIRTHS,additive,,,U5,,1
AGES,1,Sinh,3,2,Cân nặng bình quân,WEIGHT,additive,,,,,
AGES,1,Sinh,4,2.1,Dưới 5 tuổi,WEIGHT,additive,,,U5,,2
AGES,1,Sinh,5,3,Tỷ lệ bao phủ,COVERED,additive,,,,,
LIST,1,Trạm,1,{unit},{unit},,,,,,,
LISTTOTAL,1,Trạm,1,TC,Tổng cộng,,,,,,,
COLUMNS,1,Viện,1,1,Vào viện,ADMITTED,additive,,,,,
COLUMNS,1,Viện,2,2,Giường bệnh,BEDS,additive,,,,,
TABS,1,Nhân lực trạm,1,1,Nhân viên,STAFF,additive,,,,,
TABS,1,Nhân lực trạm,2,2,Vị trí việc làm,POSTS,additive,,,,,
TABSTOTAL,1,Tổng cộng,1,1,Nhân viên,STAFF,,,,,,
TABSTOTAL,1,Tổng cộng,2,2,Vị trí việc làm,POSTS,,,,,,
MONTHS,1,Kiểm tra,1,1,Xét nghiệm,TESTS,additive,,,,,
MONTHS,1,Kiểm tra,2,2,Dương tính,POSITIVE,additive,,,,,
MONTHS,1,Kiểm tra,3,3,Tỷ lệ dương tính,POSITIVE_RATE,additive,,,,,
MONTHTABS,1,Tiêm,1,1,Liều vắc xin,VACCINES,additive,,,,,
CELLS,1,Kinh phí,1,K1,Kinh phí,FUNDS,additive,,,,,
"""

CELLS = """\
form_code,version,sheet,cell,indicator_code,measure,breakdown_code,role,zero_words,month,label_cell,label_vi
CELLS,1,Trang bìa,D6,CALLS,value,TOTAL,additive,yes,,B6,Số cuộc gọi
CELLS,1,Trang bìa,D7,CALLS,value,F,additive,,,B7,Trong đó của phụ nữ
"""

NARRATIVES = """\
form_code,version,sheet,label_vi,topic
AGES,1,Sinh,Khó khăn trong tháng,difficulties
AGES,1,Sinh,Đề nghị,proposals
"""

DUTIES = """\
form_code,unit_type,unit_code,period_type,valid_from,valid_to,deadline_working_days
AGES,hospital,,month,,,10
LISTTOTAL,district,,month,,,15
TABS,station,,month,,,5
"""

TARGETS = """\
indicator_code,unit_code,year,comparison,target,rate,of_indicator_code
BIRTHS,H1,2022,>=,1200,,
"""

RULES = """\
- rule: CHILDREN_WITHIN_VISITS
  kind: comparison
  severity: critical
  left: [{indicator: VISITS_CHILD}]
  operator: "<="
  right: [{indicator: VISITS}]
  text_vi: Số trẻ em không được lớn hơn tổng
  text_en: Children are among the visits
  reason_vi: A part
  reason_en: A part
  owner: Planning office
- rule: POSITIVE_WITHIN_TESTS
  kind: comparison
  severity: warning
  left: [{indicator: POSITIVE}]
  operator: "<="
  right: [{indicator: TESTS}]
  text_vi: Số dương tính không được lớn hơn số mẫu
  text_en: Positive samples are among the tests
  reason_vi: A part
  reason_en: A part
  owner: Planning office
- rule: STAFF_WITHIN_POSTS
  kind: comparison
  severity: warning
  left: [{indicator: STAFF, weight: 2}]
  operator: "<="
  right: [{indicator: POSTS, weight: 2}]
  constant: 4
  tolerance_pct: 1
  missing: skip_if_all
  text_vi: Không nhiều người hơn vị trí
  text_en: No more people than posts
  reason_vi: A part
  reason_en: A part
  owner: Planning office
"""


def write_layouts(directory: Path) -> Path:
    """Write the pack into `directory` and return it."""
    write_pack(
        directory,
        indicators=INDICATORS,
        breakdowns=BREAKDOWNS,
        forms=FORMS,
        form_columns=COLUMNS,
        form_rows=ROWS,
        duties=DUTIES,
        targets=TARGETS,
        rules=RULES,
    )
    for name, text in (("form_sheets", SHEETS), ("form_cells", CELLS), ("form_narratives", NARRATIVES)):
        (directory / f"{name}.csv").write_text(text, encoding="utf-8")
    return directory

"""A dictionary of a small pack and of two views, written once: no database is needed to look at pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.packs import write_pack

from tonghop.catalog import read_pack
from tonghop.dictionary.project import read_project
from tonghop.dictionary.site import Dictionary, write_site


def column(name: str, block: str | None = None, text: str = "Text", data_type: str = "integer") -> dict[str, Any]:
    blocks = [f"doc.tonghop.{block or name}"]
    return {"name": name, "description": text, "data_type": data_type, "constraints": [], "doc_blocks": blocks}


def model(name: str, layer: str, parents: list[str], *columns: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource_type": "model", "unique_id": f"model.tonghop.{name}", "name": name, "fqn": ["tonghop", layer, name],
        "description": f"One row per <{name}>.", "columns": {each["name"]: each for each in columns}, "depends_on": {"nodes": parents},
    }  # fmt: skip


def column_test(of: str, column_name: str, kind: str, **arguments: Any) -> dict[str, Any]:
    return {
        "resource_type": "test", "attached_node": f"model.tonghop.{of}", "column_name": column_name, "config": {},
        "test_metadata": {"name": kind, "kwargs": {"column_name": column_name, **arguments}},
    }  # fmt: skip


def manifest() -> dict[str, Any]:
    """What dbt would say of a source, a dimension, and a view of each in the marts."""
    nodes = [
        model("stg_units", "staging", ["source.tonghop.catalog.unit"]),
        model("dim_unit", "warehouse", ["model.tonghop.stg_units"]),
        model("fct_value", "warehouse", ["model.tonghop.dim_unit"]),
        model("marts__dim_unit", "marts", ["model.tonghop.dim_unit"], column("unit_key"), column("name_vi", data_type="text")),
        model(
            "marts__summary", "marts", ["model.tonghop.fct_value", "model.tonghop.dim_unit"],
            column("unit_key"), column("value", "value_of_summary", "The `value` <b>.", "numeric"), column("map", data_type="text"),
        ),
        column_test("marts__dim_unit", "unit_key", "unique"),
        column_test("marts__dim_unit", "unit_key", "not_null"),
        column_test("marts__summary", "unit_key", "relationships", to="ref('marts__dim_unit')", field="unit_key"),
        column_test("marts__summary", "map", "accepted_values", values=["as_reported", "today"]),
    ]  # fmt: skip
    source = {"unique_id": "source.tonghop.catalog.unit", "source_name": "catalog", "name": "unit", "description": "Units."}
    texts = {
        "vi__marts__dim_unit": "Mỗi hàng một đơn vị.", "vi__marts__summary": "Mỗi hàng một số liệu.", "vi__unit_key": "Khóa đơn vị.",
        "vi__name_vi": "Tên.", "vi__value_of_summary": "Giá trị `value` <b>.", "vi__map": "Bản đồ.",
    }  # fmt: skip
    return {
        "nodes": {str(place): node for place, node in enumerate(nodes)},
        "sources": {"unit": source},
        "docs": {f"doc.tonghop.{name}": {"name": name, "block_contents": text} for name, text in texts.items()},
    }


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a dictionary that lies beside the list of reports."""
    home = tmp_path_factory.mktemp("dictionary")
    (home / "index.html").write_text("<title>reports</title>")
    (home / "index.en.html").write_text("<title>reports</title>")
    static_docs = home / "static_index.html"
    static_docs.write_text("<title>dbt</title>")
    pack = read_pack(write_pack(home / "pack"))
    return write_site(Dictionary(pack, read_project(manifest()), "c0de" * 16), static_docs, home / "docs").parent

"""The data dictionary: what the catalog and dbt say of every figure, as a static site in Vietnamese and English."""

from __future__ import annotations

import json
from pathlib import Path

from tonghop.catalog import Pack
from tonghop.dictionary.project import UndescribedColumns, read_project
from tonghop.dictionary.site import Dictionary, write_site

__all__ = ["UndescribedColumns", "write_dictionary"]


def write_dictionary(pack: Pack, directory: Path) -> Path:
    """Write the dictionary of a pack and of the deployed warehouse into `directory`, and return its first page.

    What lay there before is replaced. Needs the database. Raises DbtFailed, DatabaseDown, and UndescribedColumns when a column of
    the marts has no text in one of the languages.
    """
    from tonghop.warehouse import code_version, deploy, run_dbt

    deploy()
    made = run_dbt("docs", "generate", "--static", artifacts=True).folder
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    return write_site(Dictionary(pack, read_project(manifest), code_version()), made / "static_index.html", directory)

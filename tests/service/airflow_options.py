"""What the installed Airflow can be set to."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import yaml
from airflow.providers.celery.get_provider_info import get_provider_info


def known_options() -> set[str]:
    """`AIRFLOW__SECTION__OPTION` of every option of the installed Airflow and its Celery provider (read without importing Airflow)."""
    core = importlib.util.find_spec("airflow")
    assert core is not None and core.origin is not None
    sections = yaml.safe_load((Path(core.origin).parent / "config_templates" / "config.yml").read_text())
    sections |= get_provider_info()["config"]
    return {f"AIRFLOW__{section}__{option}".upper() for section, content in sections.items() for option in content["options"]}

"""Assets that DAGs tell each other about. It imports Airflow: for DAG files only."""

from __future__ import annotations

from airflow.sdk import Asset

STAGED = Asset(name="staged_submissions", uri="tonghop://staging/submission")
"""New submissions are staged and wait to be judged or published."""

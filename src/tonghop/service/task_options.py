"""What all tasks of our DAGs share. It imports Airflow: for DAG files only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from tonghop.errors import NeedsCorrection

TASK_OPTIONS: dict[str, Any] = {
    "owner": "data engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
    "retry_policy": ExceptionRetryPolicy(rules=[RetryRule(NeedsCorrection, action=RetryAction.FAIL)]),
}
"""A task is tried again after what may pass by itself, and not after what a person must correct."""

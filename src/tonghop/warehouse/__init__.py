"""The warehouse: dbt is deployed, judges submissions and builds candidates; every run is a process of its own."""

from tonghop.warehouse.builds import NoSuchCandidate, build_candidate, build_rules, deploy, vacuum_what_changed
from tonghop.warehouse.dbt import DbtFailed, DbtResult, NodeResult, run_dbt
from tonghop.warehouse.version import code_version

__all__ = [
    "DbtFailed",
    "DbtResult",
    "NoSuchCandidate",
    "NodeResult",
    "build_candidate",
    "build_rules",
    "code_version",
    "deploy",
    "run_dbt",
    "vacuum_what_changed",
]

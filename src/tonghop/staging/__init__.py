"""Staging: archive the bytes of files, read them, and write down what they say; rows are only ever appended."""

from tonghop.readers import RECOMPUTED, reading_sha256
from tonghop.staging import archive
from tonghop.staging.landing import LandedFile, LandingMissing
from tonghop.staging.pending import pending_work
from tonghop.staging.taking import Outcome, StagingInterrupted
from tonghop.staging.work import (
    BatchOutcome,
    IntakePlan,
    batch_name,
    load_paths,
    plan_batches,
    plan_intake,
    read_again,
    read_and_stage,
)

__all__ = [
    "RECOMPUTED",
    "BatchOutcome",
    "IntakePlan",
    "LandedFile",
    "LandingMissing",
    "Outcome",
    "StagingInterrupted",
    "archive",
    "batch_name",
    "load_paths",
    "pending_work",
    "plan_batches",
    "plan_intake",
    "read_again",
    "read_and_stage",
    "reading_sha256",
]

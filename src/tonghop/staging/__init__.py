"""Staging: archive the bytes of files, read them, and write down what they say; rows are only ever appended."""

from tonghop.staging import archive
from tonghop.staging.fingerprint import RECOMPUTED, reading_sha256
from tonghop.staging.landing import LandedFile, LandingMissing, find_files
from tonghop.staging.pending import pending_work
from tonghop.staging.work import BatchOutcome, Outcome, StagingInterrupted, load_paths, plan_batches, read_and_stage

__all__ = [
    "RECOMPUTED",
    "BatchOutcome",
    "LandedFile",
    "LandingMissing",
    "Outcome",
    "StagingInterrupted",
    "archive",
    "find_files",
    "load_paths",
    "pending_work",
    "plan_batches",
    "read_and_stage",
    "reading_sha256",
]

"""Publications: open a candidate, publish or discard it, go back, and show afterwards what was published and why; the versions
of a slot that they choose from."""

from tonghop.publication.acts import discard, open_candidate, pending, publish, rollback, withheld
from tonghop.publication.difference import ChangedFigure, ChangedSubmission, Difference, diff
from tonghop.publication.hand_corrections import CorrectionStanding, list_corrections
from tonghop.publication.lineage import Trace, trace
from tonghop.publication.notices import CheckFound, Restatement, list_checks, list_restatements
from tonghop.publication.policies import Withheld
from tonghop.publication.records import (
    Publication,
    PublicationProblem,
    discard_reason,
    get_publication,
    list_publications,
    live_number,
    number_at,
    open_number,
)
from tonghop.publication.retention import Fate, Retention, name_publication, retain
from tonghop.publication.slot_difference import SlotDifference, diff_versions
from tonghop.publication.verification import Verification, verify_chain
from tonghop.publication.withdrawal import Withdrawal, withdraw

__all__ = [
    "ChangedFigure",
    "ChangedSubmission",
    "CheckFound",
    "CorrectionStanding",
    "Difference",
    "Fate",
    "Publication",
    "PublicationProblem",
    "Restatement",
    "Retention",
    "SlotDifference",
    "Trace",
    "Verification",
    "Withdrawal",
    "Withheld",
    "diff",
    "diff_versions",
    "discard",
    "discard_reason",
    "get_publication",
    "list_checks",
    "list_corrections",
    "list_publications",
    "list_restatements",
    "live_number",
    "name_publication",
    "number_at",
    "open_candidate",
    "open_number",
    "pending",
    "publish",
    "retain",
    "rollback",
    "trace",
    "verify_chain",
    "withdraw",
    "withheld",
]

"""Publications: open a candidate, publish or discard it, go back, and show afterwards what was published and why."""

from tonghop.publication.acts import discard, open_candidate, pending, publish, rollback
from tonghop.publication.difference import Difference, diff
from tonghop.publication.lineage import Trace, trace
from tonghop.publication.records import (
    Publication,
    PublicationProblem,
    discard_reason,
    get_publication,
    list_publications,
    live_number,
    open_number,
)
from tonghop.publication.verification import Verification, verify_chain

__all__ = [
    "Difference",
    "Publication",
    "PublicationProblem",
    "Trace",
    "Verification",
    "diff",
    "discard",
    "discard_reason",
    "get_publication",
    "list_publications",
    "live_number",
    "open_candidate",
    "open_number",
    "pending",
    "publish",
    "rollback",
    "trace",
    "verify_chain",
]

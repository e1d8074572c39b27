"""Evidence: what a publication rests on, packed so that somebody else can verify it on another machine."""

from tonghop.evidence.checking import Checked, NoEvidence, check_evidence
from tonghop.evidence.packing import Packed, pack_evidence

__all__ = ["Checked", "NoEvidence", "Packed", "check_evidence", "pack_evidence"]

"""The two gates: gate 1 judges submissions and gives each its verdict, gate 2 looks at a candidate through the eyes of BI."""

from tonghop.gate.candidate import check_candidate
from tonghop.gate.decision import decide
from tonghop.gate.judgement import judge
from tonghop.gate.outcome import FailedExpectation, GateBroken, GateOutcome

__all__ = ["FailedExpectation", "GateBroken", "GateOutcome", "check_candidate", "decide", "judge"]

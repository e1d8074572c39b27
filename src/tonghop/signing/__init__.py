"""What two people decide: waivers of failed rules, approvals of a period's first publication and of corrections of closed periods.

One person asks, another one answers; the database keeps them apart and journals every act. The command line, a CSV file and Airflow are
fronts to the functions here.
"""

from tonghop.signing.actors import Actor, airflow_user, os_user
from tonghop.signing.approvals import ask_approval
from tonghop.signing.failures import Failure, ask_waiver, open_failures
from tonghop.signing.questions import answer, questions
from tonghop.signing.requests import DecisionRefused, Request, decide, list_requests
from tonghop.signing.sheet import read_acts, take_over, write_matters

__all__ = [
    "Actor",
    "DecisionRefused",
    "Failure",
    "Request",
    "airflow_user",
    "answer",
    "ask_approval",
    "ask_waiver",
    "decide",
    "list_requests",
    "open_failures",
    "os_user",
    "questions",
    "read_acts",
    "take_over",
    "write_matters",
]

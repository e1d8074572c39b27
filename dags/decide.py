"""# Decide

Puts what waits for a second person before the users of Airflow: waivers, signatures for periods, corrections of closed periods.

**What.** `list_pending` reads the requests without an answer; each becomes a task `ask` that waits under *Required actions* (in the REST
API: `hitlDetails`) until somebody approves or rejects it, with a reason. `write_answer` writes that down with the user's name; the next
refresh goes by it. What nobody answers is asked again by the next run, and what is answered within seconds may be asked twice. Nothing
waits for this DAG: what is not decided is not in force.

**Owner.** Data engineering; the answers are for those who answer for the figures.

**When it is red.** *write_answer*: the database refused the answer, because nobody approves a request of their own, because somebody else
answered it meanwhile, or because no reason was given. The log says which. Nothing was decided; the next run asks again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import CronTriggerTimetable, Param, conf, dag, task, task_group

from tonghop.service.task_options import TASK_OPTIONS
from tonghop.settings import settings

LATER = "Để sau / Later"
OPTIONS = {"Duyệt / Approve": "approve", "Từ chối / Reject": "reject", LATER: None}
"""What can be answered, and the decision that it is."""


@dag(
    dag_id="decide",
    schedule=CronTriggerTimetable(settings().decide_cron, timezone=conf.get("core", "default_timezone")),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    default_args=TASK_OPTIONS,
    tags=["tonghop"],
)
def decide() -> None:
    """Wire the tasks."""

    @task
    def list_pending() -> list[dict[str, Any]]:
        from tonghop import signing

        return signing.questions()

    @task
    def write_answer(number: int, answer: dict[str, Any]) -> None:
        from tonghop import signing

        if decision := OPTIONS[answer["chosen_options"][0]]:
            signing.answer(number, decision, answer["params_input"].get("reason", ""), signing.airflow_user(answer["responded_by_user"]))

    @task_group
    def one_request(number: int, subject: str, body: str) -> None:
        ask = HITLOperator(
            task_id="ask",
            subject=subject,
            body=body,
            options=list(OPTIONS),
            defaults=LATER,
            params={"reason": Param("", type="string", title="Lý do / Reason")},
            response_timeout=timedelta(hours=settings().decide_hours),
        )
        write_answer(number, ask.output)

    one_request.expand_kwargs(list_pending())


decide()

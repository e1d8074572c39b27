"""# Refresh

Judges what is staged and publishes what passed: the marts change all at once, or not at all.

**What.** `judge` and `decide` are gate 1 (a verdict per submission; quarantined ones are left out and block nobody). `open_candidate`
freezes what the next publication takes in, `build` runs dbt for it, `check` is gate 2 on the marts as BI will see them, `publish`
flips one row, `report` writes the quality report. Every step may be run again: it takes up what an earlier attempt left.

`send_returned` sends each unit its workbook back with what gate 1 found, and `mail_returned` mails it where a connection is set.

**Owner.** Data engineering; what a refused gate says concerns the owner of the rule.

**When it is red.** *check*: gate 2 refused. The candidate was discarded and BI still shows the publication before; the log names the
expectations that failed. Correct the cause and run this DAG again. *Any other task*: the log says what to do; afterwards clear the red task
or run the DAG again. Submissions stay staged meanwhile, nothing is lost.
"""

from __future__ import annotations

from airflow.sdk import (
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    conf,
    dag,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException

from tonghop.service.assets import STAGED
from tonghop.service.task_options import TASK_OPTIONS
from tonghop.settings import settings


@dag(
    dag_id="refresh",
    schedule=AssetOrTimeSchedule(
        assets=[STAGED],
        timetable=CronTriggerTimetable(settings().refresh_cron, timezone=conf.get("core", "default_timezone")),
    ),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    default_args=TASK_OPTIONS,
    tags=["tonghop"],
)
def refresh() -> None:
    """Wire the tasks."""

    @task
    def judge() -> int | None:
        from tonghop import refresh

        return refresh.judge()

    @task
    def decide(gate_run_id: int | None) -> None:
        from tonghop import refresh

        refresh.decide(gate_run_id)

    @task
    def open_candidate() -> int:
        from tonghop import refresh

        publication = refresh.open_candidate()
        if publication is None:
            raise AirflowSkipException("Nothing to publish: every slot is as the live publication has it.")
        return publication

    @task
    def build(publication: int) -> int:
        from tonghop import refresh

        refresh.build_candidate(publication)
        return publication

    @task
    def check(publication: int) -> int:
        from tonghop import refresh

        refresh.check_candidate(publication)
        return publication

    @task
    def publish(publication: int) -> int:
        from tonghop import refresh

        refresh.publish(publication)
        return publication

    @task
    def report(publication: int) -> str:
        from tonghop import refresh

        return str(refresh.quality_report(publication))

    # Beside the way to the publication: an answer that cannot be written or mailed is red by itself and keeps nothing waiting.
    @task
    def send_returned() -> None:
        from tonghop import answers

        answers.answer_gate_1()

    @task
    def mail_returned() -> int:
        from tonghop import answers

        return answers.mail_answers()

    candidate, returned = open_candidate(), send_returned()
    decide(judge()) >> [candidate, returned]
    if settings().mail_connection:
        returned >> mail_returned()
    report(publish(check(build(candidate))))


refresh()

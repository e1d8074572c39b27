"""The main job on the sample: workbooks into the landing area wave by wave, and the DAGs do the rest.

Every step looks first at what is there, so that a run that was killed goes on where it stopped, and a second run changes nothing.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tonghop import database, staging
from tonghop.catalog import Pack, load_pack, read_pack
from tonghop.database import embedded
from tonghop.errors import TonghopError
from tonghop.samples import build_samples
from tonghop.service import engine, processes
from tonghop.service.engine import Say
from tonghop.service.environment import airflow_home
from tonghop.service.rest import FINISHED, Airflow, AirflowSilent, Run, TaskState
from tonghop.service.summary import Summary, summarise
from tonghop.settings import settings
from tonghop.warehouse import deploy

POLL_SECONDS = 1.5
SILENCE_SECONDS = 120
"""How long Airflow may be silent (its supervisor may just be restarting it) before the demonstration gives up."""
EVENT_SECONDS = 45
"""How long to wait for the run that an Asset event starts, before starting one."""
ATTEMPTS = 4
"""How many runs of `refresh` in a row may leave work undone: a killed run is made up for by the next one."""

T = TypeVar("T")
_WORDS = {"success": "done", "running": "runs", "failed": "failed", "up_for_retry": "will be tried again", "skipped": "had nothing to do"}


class DemonstrationStopped(TonghopError):
    """A DAG run failed, or the demonstration cannot be run here."""


def run(say: Say) -> Summary:
    """Bring every wave of the sample from workbooks to published marts, and count what is in the warehouse then.

    Airflow and PostgreSQL run afterwards only if they ran before. Raises DemonstrationStopped, with the message of the failed
    task, when a DAG run fails.
    """
    landing = landing_folder()
    if landing is None:
        raise DemonstrationStopped(
            f"The demonstration puts files into a folder, and TONGHOP_LANDING is {settings().landing_names}.\n"
            "Unset it for the demonstration, or use `make up` and put files there yourself."
        )
    database_ran, airflow_ran = embedded.is_running(), processes.supervisor_runs()
    try:
        pack = prepare(say)
        conductor = Conductor(pack, say)
        conductor.finish()  # what an earlier run, or a person, left undone
        for wave in sample_waves(pack, say):
            if dropped := drop(wave, landing):
                say(f"wave {wave.name}: {dropped} files put into {landing}")
            conductor.finish()
        return summarise()
    finally:
        if not airflow_ran:
            engine.stop_airflow()
        if not database_ran:
            database.stop_server()


def prepare(say: Say) -> Pack:
    """Make the landing area, start PostgreSQL, check and load the catalog pack, deploy tables and views: what all else needs."""
    landing_folder()
    say("starting PostgreSQL")
    database.ensure_server()
    pack = read_pack(settings().catalog)
    with database.connect("loader") as connection:
        is_new = load_pack(pack, connection)
    say(f"catalog pack {pack.code} ({pack.pack_hash[:12]}) {'loaded' if is_new else 'is loaded'}")
    deploy()
    say("tables and views of the warehouse are deployed")
    return pack


def sample_waves(pack: Pack, say: Say) -> list[Path]:
    """The folders of the sample in the order in which they are to arrive; the workbooks are written when they are not there."""
    samples = settings().home / "samples"
    if not samples.exists():
        say("writing the sample workbooks")
        aside = samples.with_name("samples.new")
        shutil.rmtree(aside, ignore_errors=True)
        build_samples(pack, aside)
        aside.replace(samples)
    return sorted(folder for folder in samples.iterdir() if folder.is_dir())


def landing_folder() -> Path | None:
    """The first landing area that is a folder of this machine, made when it is missing; None when there is none."""
    address = next((area.address for area in settings().landing_areas if area.address.is_local), None)
    if address is None:
        return None
    folder = Path(address.path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def drop(wave: Path, landing: Path) -> int:
    """Copy the files of a wave into the landing area, those that are not there yet, with their times. Returns how many.

    First all are copied under hidden names, then all are renamed: nobody sees half a file, and a poll hardly ever half a wave.
    """
    hidden: list[tuple[Path, Path]] = []
    for file in sorted(path for path in wave.rglob("*") if path.is_file()):
        target = landing / file.relative_to(wave)
        if target.exists() and _same(file, target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        shutil.copy2(file, aside)
        hidden.append((aside, target))
    for aside, target in hidden:
        aside.replace(target)
    return len(hidden)


def is_unfinished() -> bool:
    """Whether files wait to be read, or submissions to be judged or published."""
    return bool(staging.plan_batches()) or staging.pending_work()


class Conductor:
    """Has the DAGs do what is to be done, and tells how far they are. Airflow is started only when there is something to do."""

    def __init__(self, pack: Pack, say: Say) -> None:
        self._pack = pack
        self._say = say
        self._said = ""

    @cached_property
    def _airflow(self) -> Airflow:
        airflow = engine.start_airflow(self._pack, self._say)
        for dag in engine.dag_names():
            airflow.unpause(dag)
        return airflow

    def finish(self) -> None:
        """Read every file and publish everything that waits. Raises DemonstrationStopped when that cannot be done."""
        if not is_unfinished():
            return
        for dag in ("intake", "refresh"):
            for run in self._airflow.unfinished(dag):
                self._wait(run)
        self._read()
        self._publish()

    def _read(self) -> None:
        waiting = staging.plan_batches()
        while waiting:
            self._wait_and_check(self._airflow.trigger("intake"))
            left = staging.plan_batches()
            if left == waiting:
                raise DemonstrationStopped(
                    f"{sum(map(len, left))} files of the landing area cannot be read, the first is {left[0][0]}.\n"
                    "Look whether the file and its folder may be read by this user, and run `make run` again."
                )
            waiting = left

    def _publish(self) -> None:
        for _ in range(ATTEMPTS):
            run = self._announced_run()
            if run is None and not staging.pending_work():
                return
            self._wait_and_check(run or self._airflow.trigger("refresh"))
        if staging.pending_work():
            raise DemonstrationStopped(
                f"{ATTEMPTS} runs of the DAG refresh succeeded, and there is still something to publish. `make up` shows the runs."
            )

    def _announced_run(self) -> Run | None:
        """The run of `refresh` that the Asset event of `intake` has started or is about to start; None when there is none."""
        deadline = time.monotonic() + EVENT_SECONDS
        while self._patiently(self._airflow.awaits_run, "refresh") and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        runs = self._patiently(self._airflow.unfinished, "refresh")
        return runs[0] if runs else None

    def _wait_and_check(self, run: Run) -> None:
        run = self._wait(run)
        if run.state == "failed":
            raise DemonstrationStopped(failure_text(self._airflow, run))

    def _wait(self, run: Run) -> Run:
        while True:
            self._tell(progress(run, self._patiently(self._airflow.tasks, run)))
            if run.state in FINISHED:
                return run
            if run.state == "queued":  # one run at a time: it is the turn of another one, most likely of the schedule
                for other in self._patiently(self._airflow.unfinished, run.dag):
                    if other.run_id != run.run_id and other.state == "running":
                        self._wait(other)
            time.sleep(POLL_SECONDS)
            run = self._patiently(self._airflow.run, run.dag, run.run_id)

    def _patiently(self, ask: Callable[..., T], *arguments: object) -> T:
        """`ask(*arguments)`, again and again while its supervisor may be restarting it. Raises AirflowSilent when it stays silent."""
        deadline = time.monotonic() + SILENCE_SECONDS
        while True:
            try:
                return ask(*arguments)
            except AirflowSilent:
                if time.monotonic() > deadline or not processes.supervisor_runs():
                    raise
                time.sleep(POLL_SECONDS)

    def _tell(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._say(line)


def progress(run: Run, tasks: list[TaskState]) -> str:
    """One line on how far a run is: its finished tasks are counted where a task is mapped, and named where not."""
    mapped = [task for task in tasks if task.map_index >= 0]
    single = [task for task in tasks if task.map_index < 0]
    parts = []
    if mapped:
        done = sum(task.state == "success" for task in mapped)
        parts.append(f"{done} of {len(mapped)} batches read")
    parts += [f"{task.task} {_WORDS.get(task.state or '', task.state)}" for task in single if task.state in _WORDS]
    return f"{run.dag}: {' · '.join(parts) or run.state}"


def failure_text(airflow: Airflow, run: Run) -> str:
    """What to tell about a failed run: each failed task, its message, and where its log is."""
    lines = [f"A run of the DAG {run.dag} failed ({run.run_id})."]
    for task in airflow.tasks(run):
        if task.state == "failed":
            log = airflow_home() / "logs" / f"dag_id={run.dag}" / f"run_id={run.run_id}" / f"task_id={task.task}"
            lines += [f"{task.task}: {airflow.failure(run, task) or 'it was killed, or its log has no message'}", f"  log: {log}"]
    lines.append("Nothing was lost: what BI sees is unchanged. Correct the cause and run `make run` again.")
    return "\n".join(lines)


def _same(file: Path, landed: Path) -> bool:
    one, other = file.stat(), landed.stat()
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))

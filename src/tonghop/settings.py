"""Settings: environment variables `TONGHOP_*`, a `.env` file, and defaults that suit one machine.

All state lives under `home` (default `.tonghop/` in the checkout); deleting it starts over.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tonghop.addresses import Address
from tonghop.errors import NeedsCorrection

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: where `dags/`, `dbt_project/`, `catalog/` and `expectations/` lie."""


class LandingArea(BaseModel):
    """A place that units put files in, and where a file goes when it was taken in; unless that is said, it stays where it is.

    `done` and `failed` are folders of the same system: relative to the place itself, or absolute (on S3: `/bucket/folder`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(repr=False, description="a folder or a URL; a user without a password is the name of an Airflow connection")
    done: str | None = Field(None, min_length=1, description="folder for files that were staged")
    failed: str | None = Field(None, min_length=1, description="folder for files that could not be read")
    sender: str | None = Field(None, description="who sends whatever comes in here, where only one unit can")

    @model_validator(mode="before")
    @classmethod
    def _from_url(cls, given: object) -> object:
        return {"url": given} if isinstance(given, str) else given

    @field_validator("url")
    @classmethod
    def _has_the_form_of_an_address(cls, url: str) -> str:
        Address.parse(url)
        return url

    @property
    def address(self) -> Address:
        """The parts of the URL; its `public` form may be shown."""
        return Address.parse(self.url)


class Settings(BaseSettings):
    """Every setting of the project, with its default and meaning."""

    model_config = SettingsConfigDict(env_prefix="TONGHOP_", extra="ignore", hide_input_in_errors=True)

    home: Path = Field(PROJECT / ".tonghop", description="folder of all state")
    catalog: Path = Field(PROJECT / "catalog" / "hau_giang", description="the catalog pack in use")
    admin_dsn: str | None = Field(
        None, description="libpq URL of a superuser on an existing PostgreSQL >= 15; unset: the embedded server is used"
    )
    database: str = Field("tonghop", min_length=1, description="name of the warehouse's database on that server; it holds one pack")
    landing: str | tuple[LandingArea, ...] | None = Field(
        None,
        repr=False,
        description="where units put files: a folder or URL, or a JSON list of URLs and of objects with url, done, failed, sender; "
        "default <home>/landing",
    )
    landing_options: dict[str, dict[str, Any]] = Field(
        {}, repr=False, description="JSON: options (keys, passwords, hosts) of the file system library, by the beginning of a URL"
    )
    archive: Path | None = Field(None, description="where bytes and manifests are kept; default <home>/archive")
    outbox: Path | None = Field(None, description="where answers to the units are put, a folder for each; default <home>/outbox")
    mail_connection: str | None = Field(
        None, description="the Airflow connection (type smtp, with from_email) that answers are mailed through; unset: nothing is mailed"
    )
    mail_days: int = Field(3, ge=1, description="older answers are not mailed: an outbox that was filled before a connection is set stays")
    remind_cron: str = Field(
        "30 7 * * 1-5",
        description="when the remind DAG looks for reports that are due or late, in the pack's time zone; never on public holidays",
    )
    remind_days: int = Field(7, ge=1, description="a step of `reminders.csv` that was reached longer ago is not taken any more")
    poll_seconds: int = Field(120, description="how often the intake DAG looks into the landing area")
    refresh_cron: str = Field(
        "0 6 26 * *",
        description="when the refresh DAG runs without new files, in the pack's time zone: it notes reports that have not come",
    )
    decide_cron: str = Field("0 8 * * 1-5", description="when the decide DAG asks what waits for a second person, in the pack's time zone")
    decide_hours: int = Field(22, ge=1, description="how long it waits for answers; what has none is asked again by the next run")
    settle_seconds: int = Field(5, description="a file that changed since then may still be written: it is looked at a second time")
    batch_files: int = Field(200, description="files that one intake task reads: a task costs some seconds before its first file")
    batch_limit: int = Field(200, description="tasks that one intake run is split into at most")
    template_password: str = Field(
        "", repr=False, description="guards the locked cells of templates; without one they are guarded from mistakes only"
    )
    gate_loss_pct: int = Field(20, ge=0, le=100, description="gate 2 refuses a publication that loses more of a period's figures")
    keep_all_months: int = Field(24, ge=0, description="`tonghop retention` keeps every publication of so many months")
    keep_monthly_months: int = Field(
        120, ge=0, description="older ones: the last of each month up to this age, then the last of each year, for ever"
    )
    max_file_mb: int = Field(50, description="larger files are not opened")
    max_unpacked_mb: int = Field(300, description="a workbook that unpacks to more is not read")
    max_sheets: int = Field(200, description="a workbook with more sheets is not read")
    max_cells: int = Field(2_000_000, description="a workbook with more cells is not read")
    max_cell_characters: int = Field(32_767, description="a workbook with a longer text in a cell is not read; Excel's own bound")
    readers: int = Field(0, ge=0, description="processes that read files at the same time, in each task or command; 0: one a core")
    read_seconds: int = Field(60, ge=1, description="computing time after which the reading of a file is stopped")
    reader_memory_mb: int = Field(2_048, ge=128, description="memory of a process that reads; a file that needs more is not read")

    @field_validator("landing")
    @classmethod
    def _is_somewhere(cls, landing: str | tuple[LandingArea, ...] | None) -> str | tuple[LandingArea, ...] | None:
        if isinstance(landing, str):
            if landing.lstrip().startswith(("[", "{")):
                raise ValueError("this is meant as JSON and is none; write a list of URLs, or of objects with url, done, failed, sender")
            Address.parse(landing)
        return landing

    @property
    def landing_areas(self) -> tuple[LandingArea, ...]:
        """The places that units put files in."""
        landing = self.landing or str(self.home / "landing")
        return (LandingArea(url=landing),) if isinstance(landing, str) else landing

    @property
    def landing_names(self) -> str:
        """The same in words that may be shown."""
        return ", ".join(area.address.public for area in self.landing_areas)

    @property
    def archive_path(self) -> Path:
        """The folder of archived bytes and manifests."""
        return self.archive or self.home / "archive"

    @property
    def outbox_path(self) -> Path:
        """The folder of answers to the units."""
        return self.outbox or self.home / "outbox"

    @property
    def reports_path(self) -> Path:
        """The folder that quality reports are written to."""
        return self.home / "reports"


class SettingsWrong(NeedsCorrection):
    """A setting has a value that it cannot have. The text names the setting and never repeats the value, which may be secret."""


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingsWrong."""
    named = os.environ.get("TONGHOP_ENV_FILE")
    if named and not Path(named).exists():
        raise SettingsWrong(f"TONGHOP_ENV_FILE names {named}, which is not there. Correct the path, or unset it to use {PROJECT / '.env'}.")
    file = named or PROJECT / ".env"
    where = f"See the environment and {file}."
    try:
        return Settings(_env_file=file)
    except SettingsError as error:
        raise SettingsWrong(f"The settings cannot be read: {error}. What is not one word is written as JSON. {where}") from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        told = [each for each in found if each["loc"][1:] != ("str",)] or found  # of a text or a list, the list says what is wrong in it
        raise SettingsWrong("\n".join([*(_in_words(each["loc"], each["msg"]) for each in told), where])) from None


def _in_words(place: tuple[int | str, ...], message: str) -> str:
    inside = [f"item {part + 1}" if isinstance(part, int) else part for part in place[1:] if not str(part).startswith("tuple[")]
    return f"{', '.join([f'TONGHOP_{place[0]}'.upper(), *inside])}: {message.removeprefix('Value error, ')}."

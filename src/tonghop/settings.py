"""Settings: environment variables `TONGHOP_*`, a `.env` file, and defaults that suit one machine.

All state lives under `home` (default `.tonghop/` in the checkout); deleting it starts over.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: where `dags/`, `dbt_project/`, `catalog/` and `expectations/` lie."""


class Settings(BaseSettings):
    """Every setting of the project, with its default and meaning."""

    model_config = SettingsConfigDict(env_prefix="TONGHOP_", env_file=PROJECT / ".env", extra="ignore")

    home: Path = Field(PROJECT / ".tonghop", description="folder of all state")
    catalog: Path = Field(PROJECT / "catalog" / "hau_giang", description="the catalog pack in use")
    admin_dsn: str | None = Field(
        None, description="libpq URL of a superuser on an existing PostgreSQL >= 15; unset: the embedded server is used"
    )
    landing: str | None = Field(None, description="where units put files: a folder or an fsspec URL; default <home>/landing")
    archive: Path | None = Field(None, description="where bytes and manifests are kept; default <home>/archive")
    poll_seconds: int = Field(120, description="how often the intake DAG looks into the landing area")
    refresh_cron: str = Field(
        "0 6 26 * *",
        description="when the refresh DAG runs without new files, in the pack's time zone: it notes reports that have not come",
    )
    settle_seconds: int = Field(5, description="a file younger than this may still be written and is left for the next poll")
    batch_files: int = Field(200, description="files that one intake task reads: a task costs some seconds before its first file")
    batch_limit: int = Field(200, description="tasks that one intake run is split into at most")
    gate_loss_pct: int = Field(20, ge=0, le=100, description="gate 2 refuses a publication that loses more of a period's figures")
    max_file_mb: int = Field(50, description="larger files are not opened")
    max_unpacked_mb: int = Field(300, description="a workbook that unpacks to more is not read")
    max_sheets: int = Field(200, description="a workbook with more sheets is not read")
    max_cells: int = Field(2_000_000, description="a workbook with more cells is not read")

    @property
    def landing_uri(self) -> str:
        """The landing area as a folder or URL."""
        return self.landing or str(self.home / "landing")

    @property
    def archive_path(self) -> Path:
        """The folder of archived bytes and manifests."""
        return self.archive or self.home / "archive"

    @property
    def reports_path(self) -> Path:
        """The folder that quality reports are written to."""
        return self.home / "reports"


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()

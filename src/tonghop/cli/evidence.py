"""Evidence to hand over: `evidence pack` and `evidence check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonghop import database
from tonghop.cli.options import CatalogOption, JsonOption
from tonghop.cli.printing import print_json, say

app = typer.Typer(help="What a publication rests on, as one file that can be verified anywhere.", no_args_is_help=True)


@app.command()
def pack(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The package to write.")],
    number: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of a publication; default: the live one.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DAY", help="The publication that was live then, as 2022-09-20.")] = None,
    periods: Annotated[
        list[str] | None, typer.Option("--period", metavar="PERIOD", help="Reports of this period; default: what it brought; repeatable.")
    ] = None,
    with_files: Annotated[bool, typer.Option("--files/--no-files", help="Put in the units' own files, or only hashes.")] = True,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pack manifests, hashes, verdicts, rules in force, catalog, figures with their cells, and the quality report into one ZIP."""
    from tonghop.evidence import pack_evidence
    from tonghop.publication import PublicationProblem, live_number, number_at

    database.ensure_server()
    if number is not None and at is not None:
        raise typer.BadParameter("give a number or a day, not both")
    chosen = number if number is not None else number_at(at) if at is not None else live_number()
    if chosen is None:
        raise PublicationProblem("Nothing has been published yet. `tonghop refresh` publishes what was loaded.")
    packed = pack_evidence(chosen, output, periods=periods or (), with_files=with_files)
    if as_json:
        print_json(packed)
        return
    say(f"Evidence of publication {packed.publication} ({', '.join(packed.periods)}): {packed.path}")
    say(f"{packed.members} members, {packed.files} files of units. SHA-256 of the package {packed.sha256}")
    say(f"SHA-256 of the publication's manifest {packed.manifest_sha256}: hand it over by another way than the package.")


@app.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A package.")],
    head: Annotated[str | None, typer.Option("--head", metavar="SHA256", help="A manifest that was noted down: it must be in it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a package: its hashes, the chain of manifests in it, and its records against the chain. Needs no database."""
    from tonghop.evidence import check_evidence

    found = check_evidence(path, head)
    if as_json:
        print_json(found)
    else:
        say(f"Evidence of publication {found.publication} ({', '.join(found.periods)})")
        say(f"{found.members} members, {found.manifests} manifests, {found.submissions} submissions, {found.files} files of units")
        say(f"SHA-256 of the publication's manifest: {found.manifest_sha256}")
        for problem in found.problems:
            say(f"  {problem}")
        say("Everything agrees." if found.passed else f"{len(found.problems)} disagreements: this is not what was published.")
    if not found.passed:
        raise typer.Exit(1)

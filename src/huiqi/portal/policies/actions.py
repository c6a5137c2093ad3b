"""Acts on the policy library. Each is one transaction with one entry in the audit."""

from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from huiqi.portal.base import audit
from huiqi.portal.base.access import Actor
from huiqi.portal.policies import rules
from huiqi.portal.policies.checking import Checked
from huiqi.portal.policies.entries import region_code, write_rows
from huiqi.portal.policies.enums import ReleaseState
from huiqi.portal.policies.files import BACKDROPS, SLUG, Files, digest, read_folder
from huiqi.portal.policies.models import Release
from huiqi.rulebook import load
from huiqi.rulebook.cases import read_cases
from huiqi.rulebook.problems import Problem, errors


class Broken(Exception):
    """A policies folder with problems; nothing of it was taken over."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@transaction.atomic
def seed(folder: Path, *, at: datetime, by: Actor) -> list[Release]:
    """Puts every folder of a policies root in force as it stands; what is unchanged stays.

    A folder that a person has released through the portal is left alone. Returns the new releases.
    Raises Broken where the root has problems; then nothing is changed.
    """
    library, problems = load(folder)
    wrong = errors([*problems, *read_cases(library)[1]])
    if wrong:
        raise Broken(wrong)
    made = [
        release
        for path in sorted(folder.iterdir())
        if path.is_dir() and SLUG.fullmatch(path.name)
        if (release := _seed(path, Checked(library, library.by_id.get(path.name), (), ()), at, by))
    ]
    if made:
        audit.record(
            "policies.seed", at=at, actor=by, releases=[f"{r.slug}/{r.version}" for r in made]
        )
    rules.publish()
    return made


def _seed(path: Path, checked: Checked, at: datetime, by: Actor) -> Release | None:
    files = read_folder(path)
    if not files:
        return None
    present = Release.objects.filter(slug=path.name, state=ReleaseState.IN_FORCE).first()
    if present is not None and (present.digest == digest(files) or present.made_by_id is not None):
        return None
    release = _new(path.name, files, checked, at=at)
    release.note = "随系统发布"
    _into_force(release, checked, at=at, by=by)
    return release


def _new(slug: str, files: Files, checked: Checked, *, at: datetime) -> Release:
    """An unsaved draft with the next number."""
    last = Release.objects.filter(slug=slug).aggregate(last=Max("version"))["last"] or 0
    release = Release(slug=slug, version=last + 1, made_at=at)
    fill(release, files, checked)
    return release


def fill(release: Release, files: Files, checked: Checked) -> None:
    """The columns that follow from the files."""
    release.files, release.digest = dict(files), digest(files)
    release.problems = [problem.as_dict() for problem in checked.wrong]
    release.warnings = [problem.as_dict() for problem in checked.warnings]
    policy = checked.policy
    if policy is None:
        release.title = BACKDROPS.get(release.slug, release.title)
        return
    release.number, release.title = policy.number[:60], policy.title[:200]
    release.region = region_code(checked.library, policy.region)
    release.starts_on, release.ends_on = policy.start, policy.end


def _into_force(release: Release, checked: Checked, *, at: datetime, by: Actor) -> None:
    """The release takes the place of the one before it."""
    Release.objects.filter(slug=release.slug, state=ReleaseState.IN_FORCE).update(
        state=ReleaseState.SUPERSEDED, superseded_at=at
    )
    release.state = ReleaseState.IN_FORCE
    release.released_by, release.released_at = by.user, at
    release.save()
    if checked.policy is not None:
        write_rows(release, checked.policy, checked.library, at)

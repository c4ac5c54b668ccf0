"""`mntui blueprint diff`: what the second blueprint is, seen from the first. What it may do more comes before all else.

It exits as `diff` does: 0 where nothing differs, 1 where something does.
"""

import textwrap
from collections.abc import Iterator

from mntui.cli.codes import DONE, FAILED
from mntui.cli.diff_text import field_lines, sign
from mntui.cli.exits import Body
from mntui.cli.output import Session, paint
from mntui.cli.versions import SHOWN_DIGEST, Version, version_of
from mntui.core.blueprint_diff import BlueprintDiff, Change, blueprint_diff
from mntui.core.values import Json


def diff(first: str, second: str) -> Body:
    async def body(session: Session) -> int:
        before, after = await version_of(session, first), await version_of(session, second)
        found = blueprint_diff(before.plan, after.plan, before.source, after.source)
        session.answer(_document(before, after, found), "\n".join(_text(session, before, after, found)))
        return DONE if found.same else FAILED

    return body


def _text(session: Session, before: Version, after: Version, found: BlueprintDiff) -> Iterator[str]:
    yield f"- {_title(before)}"
    yield f"+ {_title(after)}"
    if found.same:
        yield "Nothing differs." if before.digest == after.digest else "Nothing differs but how it is written."
        return
    for head, style, sentences in (
        ("It may do more", "yellow", found.reach.wider),
        ("It may do less", "green", found.reach.narrower),
    ):
        if sentences:
            yield f"\n{paint(head, style)}"
            yield from (_filled(session, sentence) for sentence in sentences)
    for section in dict.fromkeys(change.section for change in found.changes):
        yield f"\n{paint(section, 'bold')}"
        for change in found.changes:
            if change.section == section:
                yield from _change(session, change)


def _title(version: Version) -> str:
    kept = f", kept by {version.kept_by}" if version.kept_by else ""
    return f"{version.plan.name} {version.plan.version} ({version.digest[:SHOWN_DIGEST]}{kept})"


def _filled(session: Session, sentence: str) -> str:
    wide = max(session.width, 40)
    return textwrap.fill(sentence, wide, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _change(session: Session, change: Change) -> Iterator[str]:
    was = f", was {change.was}" if change.was else ""
    kind = f"  ({change.kind})" if change.kind else ""
    yield f"  {sign(session, change.what)} {change.name}{was}{kind}"
    for field in change.fields:
        yield from field_lines(session, field, 6)


def _document(before: Version, after: Version, found: BlueprintDiff) -> Json:
    return {
        "before": _version_document(before),
        "after": _version_document(after),
        "same": found.same,
        "wider": list(found.reach.wider),
        "narrower": list(found.reach.narrower),
        "changes": found.changes,
    }


def _version_document(version: Version) -> Json:
    return {
        "blueprint": version.plan.name,
        "version": version.plan.version,
        "digest": version.digest,
        "kept_by": version.kept_by or None,
    }

"""Pages of what retrainings of a camera have changed: written by their jobs, shown as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.hub.database.job_table import JobRow
from lotwise.hub.folders import HubFolders
from lotwise.node.http.page import digest

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def changes_of(folders: HubFolders, job: JobRow) -> bytes | None:
    """The page of a job; None where it has none, or not any more.

    Args:
        folders: of the hub's data.
        job: of the camera.
    """
    page = str((job.result or {}).get("page", ""))
    work = folders.work(job.node, job.camera).resolve()
    path = (work / page).resolve()
    if not page or not path.is_relative_to(work) or path.suffix != ".html":
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def policy_of(page: bytes) -> str:
    """Content security policy of such a page: its own style and the pictures in it, and nothing else."""
    found = _STYLE.search(page)
    style = "'none'" if found is None else digest(found[1].decode())
    return (
        f"default-src 'none'; img-src data:; style-src {style}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def changes_by_bundle(session: Session, node: str, camera: str) -> Mapping[str, int]:
    """Jobs that have a page of what they changed, by the bundle that they made."""
    asked = select(JobRow).where(JobRow.node == node, JobRow.camera == camera, JobRow.kind == "retrain")
    jobs = session.scalars(asked.where(JobRow.state == "done").order_by(JobRow.id))
    results = ((job.id, job.result or {}) for job in jobs)
    return {str(result["bundle"]): number for number, result in results if result.get("page") and result.get("bundle")}

"""Where the resume states of a run are: of the whole job, or of the shares of several processes."""

from reprise.project import Project
from reprise.storage.resume import ResumeStore


def resume_store(project: Project, fingerprint: str, share: str = "") -> ResumeStore:
    """The states of the run with this fingerprint, of the whole or of the ``share`` so named."""
    name = f"{fingerprint}.{share}" if share else fingerprint
    return ResumeStore(project.cache / "resume" / name, name)


def clear_states(project: Project, fingerprint: str) -> None:
    """Remove all states of the run, however it was shared out."""
    for folder in (project.cache / "resume").glob(f"{fingerprint}*"):
        ResumeStore(folder, folder.name).clear()

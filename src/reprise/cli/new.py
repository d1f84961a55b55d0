"""``reprise new KEY``: scaffold a paper."""

from reprise.project import find_project
from reprise.scaffold import scaffold as write


def scaffold(key: str) -> None:
    """Write the files and say what to do next."""
    project = find_project()
    for path in write(key, project.root):
        print(path.relative_to(project.root))
    print(
        f"Next: fill in paper.yaml and claims.yaml, then 'reprise run --paper {key} --scale smoke'."
    )

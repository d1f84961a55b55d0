"""The one error that config and paper files raise: file, path, value and the nearest valid choice.

``validate`` turns the errors of Pydantic into such sentences.
"""

import difflib
import json
import types
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

WRONG_INPUT = "wrong input: "
"""How a job's log tells of such an error; ``reprise run`` ends with exit code 2 then."""


class ConfigError(Exception):
    """A user's file or option is wrong; the message names file, path, value and nearest choice."""


def suggest(value: object, choices: Iterable[object]) -> str:
    """`` (did you mean 'x'?)`` with the nearest of ``choices``, or the list where none is near."""
    names = sorted(map(str, choices))
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[m] for m in difflib.get_close_matches(str(value).casefold(), folded, n=1)]
    if near:
        return f" (did you mean {near[0]!r}?)"
    if 0 < len(names) <= 12:
        return f" (choose from {', '.join(map(repr, names))})"
    return ""


def refuse_unknown(name: Any, choices: Collection[Any], text: str) -> None:
    """Raise ConfigError, ``text`` with the nearest of ``choices``, if ``name`` is none of them."""
    if name not in choices:
        raise ConfigError(f"{text}{suggest(name, choices)}")


def few(texts: Sequence[str], most: int, rest: str = "more") -> list[str]:
    """The first ``most`` of ``texts``, and how many more there are."""
    more = [f"and {len(texts) - most} {rest}"] if len(texts) > most else []
    return [*texts[:most], *more]


def nearest_divisor(number: int, wanted: int) -> int:
    """The divisor of ``number`` that is nearest to ``wanted``; of two equally near, the smaller."""
    divisors = (n for n in range(1, number + 1) if number % n == 0)
    return min(divisors, key=lambda n: abs(n - wanted))


def check_heads(heads: int, width: int, where: str = "") -> None:
    """Raise ValueError unless ``heads`` divide ``width``; ``where`` says where they have to."""
    if width % heads:
        near = nearest_divisor(width, heads)
        raise ValueError(f"heads must divide width={width}{where}, got {heads} (nearest: {near})")


def validate(model: type[T], data: Any, file: str, prefix: str = "") -> T:
    """``data`` as ``model``; ConfigError: a line per fault: file, path, value, nearest choice."""
    try:
        return model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        faults = [_sentence(item, model, file, prefix) for item in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def _sentence(item: Any, model: type[BaseModel], file: str, prefix: str) -> str:
    path, parent = _locate(item["loc"], model)
    where = f"{file}: {'.'.join(filter(None, [prefix, *path]))}"
    value = _short(item["input"])
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{where}: unknown field{suggest(path[-1], _fields(parent))}"
    if kind == "missing":
        return f"{where}: required field is missing"
    if kind == "literal_error":
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ",").split(",")]
        return f"{where}: {value} is not valid{suggest(item['input'], choices)}"
    if kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        key = context["discriminator"].strip("'")
        return f"{where}.{key}: {context['tag']!r} does not exist{suggest(context['tag'], tags)}"
    return f"{where}: {words(item)} (value: {value})"


def words(fault: Mapping[str, Any]) -> str:
    """What a fault that Pydantic found is, as the rest of a sentence."""
    message: str = fault["msg"].removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _locate(loc: tuple[Any, ...], model: Any) -> tuple[list[str], Any]:
    """The path as a user writes it (without union tags), and the model that holds its last part."""
    path: list[str] = []
    parent = current = model
    for part in loc:
        options = list(_models(current))
        tagged = next((m for m in options if len(options) > 1 and _tag(m) == part), None)
        if tagged is not None:
            current = tagged
            continue
        parent = current
        path.append(str(part))
        current = _child(current, part)
    return path, parent


def _child(annotation: Any, part: Any) -> Any:
    for model in _models(annotation):
        if part in model.model_fields:
            field = model.model_fields[part]
            return Annotated[field.annotation, field] if field.metadata else field.annotation
    for option in _options(annotation):
        if get_origin(option) is dict:
            return get_args(option)[1]
        if get_origin(option) in (list, tuple):
            return get_args(option)[0]
    return Any


def _options(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield option


def _tag(model: type[BaseModel]) -> Any:
    field = model.model_fields.get("name") or model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field and get_args(field.annotation) else None


def _fields(annotation: Any) -> list[str]:
    return [name for model in _models(annotation) for name in model.model_fields]

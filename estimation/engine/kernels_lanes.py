"""Eight systems side by side: one number of each in a vector register.

Kriging systems are small (24 samples) and many. Worked one after another, their short loops leave
a processor's vector unit idle; here eight neighbourhoods are solved at once, each in a lane of its
own. Every operation is exact to the last bit (IEEE 754) and no lane sees another, so a block's
result does not depend on its company. LLVM splits the vector where the processor has shorter ones.

``a + b``, ``a - b`` and ``a * b`` work lane by lane. Arrays hold lanes innermost, flat: the vector
number ``i`` of an array starts at ``i * LANES``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model

LANES = 8
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_WHOLE = ir.VectorType(ir.IntType(64), LANES)
_EXPONENT_BIAS, _MANTISSA_BITS = 1023, 52


class _Lanes(types.Type):
    """Type of a vector of lanes inside kernels."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_lanes = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    """A vector of lanes is an LLVM vector."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _address(context: Any, builder: Any, kind: Any, array: Any, vector: Any) -> Any:
    """Pointer to the vector number ``vector`` of a flat float64 array."""
    data = context.make_array(kind)(context, builder, array).data
    first = builder.mul(vector, ir.Constant(vector.type, LANES))
    return builder.bitcast(builder.gep(data, [first]), _VECTOR.as_pointer())


@intrinsic
def load(typing: Any, array: Any, vector: Any) -> Any:
    """Read vector number ``vector`` of an array."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        read = builder.load(_address(context, builder, signature.args[0], given[0], given[1]))
        read.align = 8
        return read

    return _lanes(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, vector: Any, lanes: Any) -> Any:
    """Write vector number ``vector`` of an array."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        where = _address(context, builder, signature.args[0], given[0], given[1])
        builder.store(given[2], where).align = 8
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """Put one number into every lane."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        one = builder.insert_element(
            ir.Constant(_VECTOR, ir.Undefined), given[0], ir.Constant(ir.IntType(32), 0)
        )
        every = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, one, every)

    return _lanes(types.float64), generate


@intrinsic
def first(typing: Any, lanes: Any) -> Any:
    """Number in the first lane."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.extract_element(given[0], ir.Constant(ir.IntType(32), 0))

    return types.float64(_lanes), generate


def _of_two(name: str) -> Any:
    """An operation of two vectors by the name of its LLVM instruction."""

    @intrinsic
    def operation(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return getattr(builder, name)(given[0], given[1])

        return _lanes(_lanes, _lanes), generate

    return operation


def _by_function(name: str, count: int) -> Any:
    """Emit LLVM's own function of ``count`` vectors."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * count)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f64")
        return builder.call(function, given)

    return generate


@intrinsic
def times_plus(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once."""
    return _lanes(_lanes, _lanes, _lanes), _by_function("fma", 3)


@intrinsic
def root(typing: Any, a: Any) -> Any:
    """Square root."""
    return _lanes(_lanes), _by_function("sqrt", 1)


@intrinsic
def whole(typing: Any, a: Any) -> Any:
    """Nearest whole number, halves to even."""
    return _lanes(_lanes), _by_function("rint", 1)


@intrinsic
def where_less(typing: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """``then`` in the lanes where ``a < b``, else ``otherwise``."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", given[0], given[1]), given[2], given[3])

    return _lanes(_lanes, _lanes, _lanes, _lanes), generate


@intrinsic
def two_to(typing: Any, k: Any) -> Any:
    """2 to the power ``k``, a whole number between -1022 and 1023."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        bias = ir.Constant(_WHOLE, [_EXPONENT_BIAS] * LANES)
        shift = ir.Constant(_WHOLE, [_MANTISSA_BITS] * LANES)
        power = builder.add(builder.fptosi(given[0], _WHOLE), bias)
        return builder.bitcast(builder.shl(power, shift), _VECTOR)

    return _lanes(_lanes), generate


def _overload(symbol: Callable[..., Any], operation: Any) -> None:
    """Let a Python operator work on lanes."""

    @overload(symbol)
    def chosen(a, b):  # type: ignore[no-untyped-def]  # numba compares signatures
        if isinstance(a, _Lanes) and isinstance(b, _Lanes):
            return lambda a, b: operation(a, b)  # noqa: PLW0108 (numba wants a function)
        return None


for _symbol, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _overload(_symbol, _of_two(_name))

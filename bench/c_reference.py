"""The yardstick of the block kernels: the same arithmetic in C, made into vectors by gcc.

The functions of one lane are run once with symbols for numbers; each operation becomes one line of
C, those that come twice only one. What gcc makes of it is the best that this arithmetic allows on
this machine without writing it by hand.
"""

import ctypes
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from signalfire.basis.kernel import LANES, Floats
from signalfire.motion import _block_kernels as motion
from signalfire.tracking import _block_kernels as blocks
from signalfire.tracking._kernels import RECORD

BUILD = Path(__file__).resolve().parent.parent / "build" / "bench"
FLAGS = (
    "-O3", "-march=native", "-ffast-math", "-fno-math-errno", "-fopenmp-simd",
    "-mprefer-vector-width=512", "-shared", "-fPIC",
)  # fmt: skip
NARROW = ("-mno-avx512f", "-mavx2", "-mfma")
"""What takes AVX-512 away."""

_HEAD = """\
#include <math.h>
#include <stdint.h>
#include <string.h>
static inline double exponent_of(double x) {
    int64_t bits; double beside;
    memcpy(&bits, &x, 8);
    bits = (bits >> 52) | 0x4330000000000000;
    memcpy(&beside, &bits, 8);
    return beside - (4503599627370496.0 + 1023.0);
}
static inline double significand_of(double x) {
    int64_t bits;
    memcpy(&bits, &x, 8);
    bits = (bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000;
    memcpy(&x, &bits, 8);
    return x;
}
"""


class Program:
    """Lines of C, each one operation."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}

    def put(self, kind: str, expression: str) -> "Symbol":
        """The result of an operation; of one that has been there before, the same."""
        if expression not in self._names:
            name = f"t{len(self._names)}"
            self._names[expression] = name
            self.lines.append(f"const {kind} {name} = {expression};")
        return Symbol(self, self._names[expression])


def _text(value: Any) -> str:
    return value.name if isinstance(value, Symbol) else f"({float(value)!r})"


class Symbol:
    """A number that is not known yet."""

    def __init__(self, program: Program, name: str) -> None:
        self.program = program
        self.name = name

    def _with(self, sign: str, one: Any, other: Any, kind: str = "double") -> "Symbol":
        return self.program.put(kind, f"{_text(one)} {sign} {_text(other)}")

    def __add__(self, other: Any) -> "Symbol":
        return self._with("+", self, other)

    def __radd__(self, other: Any) -> "Symbol":
        return self._with("+", other, self)

    def __sub__(self, other: Any) -> "Symbol":
        return self._with("-", self, other)

    def __rsub__(self, other: Any) -> "Symbol":
        return self._with("-", other, self)

    def __mul__(self, other: Any) -> "Symbol":
        return self._with("*", self, other)

    def __rmul__(self, other: Any) -> "Symbol":
        return self._with("*", other, self)

    def __truediv__(self, other: Any) -> "Symbol":
        return self._with("/", self, other)

    def __rtruediv__(self, other: Any) -> "Symbol":
        return self._with("/", other, self)

    def __lt__(self, other: Any) -> "Symbol":
        return self._with("<", self, other, "int")

    def __gt__(self, other: Any) -> "Symbol":
        return self._with(">", self, other, "int")

    def __neg__(self) -> "Symbol":
        return self.program.put("double", f"-{self.name}")


class Rows:
    """A block whose numbers are read and written as symbols."""

    def __init__(self, program: Program, name: str) -> None:
        self._program = program
        self._name = name

    def __getitem__(self, at: tuple[int, str]) -> Symbol:
        return self._program.put("double", f"{self._name}[{at[0]} * {LANES} + {at[1]}]")

    def __setitem__(self, at: tuple[int, str], value: Any) -> None:
        self._program.lines.append(f"{self._name}[{at[0]} * {LANES} + {at[1]}] = {_text(value)};")


def _rebound(program: Program) -> Callable[[Any], Callable[..., Any]]:
    """How a kernel of one lane becomes a function of symbols: it and all that it calls."""

    def call(name: str) -> Callable[[Any], Symbol]:
        return lambda x: program.put("double", f"{name}({_text(x)})")

    def pick(condition: Symbol, one: Any, other: Any) -> Symbol:
        return program.put("double", f"{condition.name} ? {_text(one)} : {_text(other)}")

    known: dict[str, Callable[..., Any]] = {
        "pick": pick,
        "exponent": call("exponent_of"),
        "significand": call("significand_of"),
    }

    def rebind(kernel: Any) -> Callable[..., Any]:
        written = kernel.py_func
        if written.__name__ not in known:
            names = dict(written.__globals__)
            known[written.__name__] = FunctionType(written.__code__, names)
            names["math"] = SimpleNamespace(sqrt=call("sqrt"), nan=math.nan)
            for name in written.__code__.co_names:
                if hasattr(names.get(name), "py_func"):
                    names[name] = rebind(names[name])
        return known[written.__name__]

    return rebind


def _function(name: str, moved: Any) -> str:
    """One full step on blocks, as a function of C."""
    program = Program()
    rebind = _rebound(program)
    states, laws, plots, found = (Rows(program, name) for name in "xvzf")
    mean, p, c, v = rebind(blocks.load)(states, "lane")
    mean, p, c, v = rebind(moved)(mean, p, c, v, rebind(blocks.law_of)(laws, "lane"))
    state, square, logarithm = rebind(blocks.updated)(
        mean, p, c, v, rebind(blocks.plot_of)(plots, "lane")
    )
    rebind(blocks.store)(states, "lane", *state)
    found[blocks.SQUARE, "lane"] = square
    found[blocks.LOG_DETERMINANT, "lane"] = logarithm
    body = "\n            ".join(program.lines).replace("(nan)", "(NAN)")
    return f"""
void {name}(double *restrict X, const double *restrict V, const double *restrict Z,
            double *restrict F, long blocks) {{
    for (long b = 0; b < blocks; b++) {{
        double *restrict x = X + b * {blocks.STATE * LANES};
        const double *restrict v = V + b * {blocks.LAW * LANES};
        const double *restrict z = Z + b * {RECORD * LANES};
        double *restrict f = F + b * {blocks.FOUND * LANES};
        #pragma omp simd
        for (int lane = 0; lane < {LANES}; lane++) {{
            {body}
        }}
    }}
}}
"""


Step = Callable[[Floats, Floats, Floats, Floats], None]


def compiled(*more_flags: str) -> tuple[Step, Step] | None:
    """The step with air and the step above it, by gcc; nothing where there is no gcc."""
    if shutil.which("gcc") is None:
        return None
    BUILD.mkdir(parents=True, exist_ok=True)
    source = BUILD / "step.c"
    source.write_text(
        _HEAD
        + _function("step_in_air", motion.moved_in_air)
        + _function("step_above_air", motion.moved_above_air),
        encoding="utf-8",
    )
    made = BUILD / f"step{''.join(more_flags)}.so"
    subprocess.run(["gcc", *FLAGS, *more_flags, "-o", str(made), str(source), "-lm"], check=True)
    library = ctypes.CDLL(str(made))
    return _caller(library.step_in_air), _caller(library.step_above_air)


def _caller(function: Any) -> Step:
    pointer = np.ctypeslib.ndpointer(np.float64, ndim=3, flags="C_CONTIGUOUS")
    function.argtypes = [pointer, pointer, pointer, pointer, ctypes.c_long]
    function.restype = None

    def step(states: Floats, laws: Floats, plots: Floats, found: Floats) -> None:
        function(states, laws, plots, found, len(states))

    return step

"""The random numbers: known answers, NumPy's Philox and plain Python agree with the kernel."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core import rng
from hybridmet.random import Stream, uniform
from tests.philox import draw, philox4, stream_key, unit53

word32 = st.integers(0, 2**32 - 1)
word64 = st.integers(0, 2**64 - 1)


@given(st.tuples(word64, word64), st.tuples(word64, word64, word64, word64))
@settings(max_examples=50, deadline=None)
def test_plain_python_philox_agrees_with_numpy_at_64_bits(key, counter):
    ours = philox4(key, counter, 64)
    # NumPy counts up before it computes a block.
    before = (sum(word << (64 * i) for i, word in enumerate(counter)) - 1) % 2**256
    theirs = np.random.Philox(
        counter=np.array([(before >> (64 * i)) % 2**64 for i in range(4)], dtype=np.uint64),
        key=np.array(key, dtype=np.uint64),
    )
    assert ours == tuple(int(word) for word in theirs.random_raw(4))


@given(st.tuples(word32, word32), st.tuples(word32, word32, word32, word32))
@settings(max_examples=200, deadline=None)
def test_kernel_agrees_with_plain_python_philox_at_32_bits(key, counter):
    assert rng.philox(key, counter) == philox4(key, counter, 32)


@given(word64, st.sampled_from(list(Stream)), word64, word32, word32)
@settings(max_examples=50, deadline=None)
def test_a_uniform_is_a_function_of_seed_stream_identity_step_and_draw(
    seed, stream, first, step, number
):
    got = uniform(seed, stream, 3, first_identity=first, step=step, draw=number)
    key = stream_key(seed, int(stream))
    blocks = [draw(key, (first + i) % 2**64, step, number) for i in range(3)]
    assert got.tolist() == [unit53(*block[:2]) for block in blocks]


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_uniforms_do_not_depend_on_how_many_are_asked_for(n):
    many = uniform(5, Stream.INITIAL, 1000)
    np.testing.assert_array_equal(uniform(5, Stream.INITIAL, n), many[:n])
    assert np.all((many > 0.0) & (many < 1.0))


def test_stream_numbers_are_those_of_the_kernels():
    header = Path(__file__).parents[1] / "csrc" / "hm_rng.h"
    declared = dict(re.findall(r"HM_STREAM_(\w+) = (\d+)", header.read_text()))
    assert {stream.name: stream.value for stream in Stream} == {
        name: int(number) for name, number in declared.items()
    }

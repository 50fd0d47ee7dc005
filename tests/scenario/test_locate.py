"""Every key of a TOML text is found on its line."""

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hybridmet.scenario.locate import line_numbers, line_of
from hybridmet.scenario.toml_text import to_toml

TEXT = '''\
# a comment with [brackets] and key = 1
name = "a # b"   # trailing [x]
primary.shape = [64,
    # inner comment ]
    65, 66]
text = """
fake = 1
[fake]
"""

[primary.growth]   # header
rate = "1 / h"
'quoted key' = 2
"esc\\u0061ped" = 3
inline = { a = 1, b = { c = "}" }, d = [1, 2] }
when = 2020-01-01T00:00:00Z

[[vessels]]
radius = 1
[[vessels]]
radius = 2
[vessels.walls]
thickness = 3
[[vessels.holes]]
x = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("primary", "shape"), 3),
        (("primary", "shape", 0), 3),
        (("primary", "shape", 1), 5),
        (("primary", "shape", 2), 5),
        (("text",), 6),
        (("primary", "growth"), 11),
        (("primary", "growth", "rate"), 12),
        (("primary", "growth", "quoted key"), 13),
        (("primary", "growth", "escaped"), 14),
        (("primary", "growth", "inline", "b", "c"), 15),
        (("primary", "growth", "inline", "d", 1), 15),
        (("primary", "growth", "when"), 16),
        (("vessels", 0, "radius"), 19),
        (("vessels", 1, "radius"), 21),
        (("vessels", 1, "walls", "thickness"), 23),
        (("vessels", 1, "holes", 0, "x"), 25),
    ],
)
def test_a_key_is_found_on_its_line(path, line):
    tomllib.loads(TEXT)
    assert line_numbers(TEXT)[path] == line


def test_text_in_strings_and_comments_is_no_key():
    assert not any("fake" in path or "x" in path[:1] for path in line_numbers(TEXT))


def test_a_missing_key_is_placed_at_the_table_that_should_hold_it():
    lines = line_numbers(TEXT)
    assert line_of(("primary", "growth", "absent"), lines) == 11
    assert line_of(("absent",), lines) is None


KEYS = st.text(min_size=1, max_size=6)
VALUES = st.recursive(
    st.integers(-9, 9) | st.text(max_size=8) | st.booleans(),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)


def paths_of(table, path=()):
    for key, value in table.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from paths_of(value, (*path, key))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_key_of_any_valid_text_is_found(data):
    text = to_toml(data)
    assert tomllib.loads(text) == data
    lines = line_numbers(text)
    assert set(paths_of(data)) <= set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


@example("a=[}")
@example("a={[")
@given(st.text(alphabet='[]{}="\'#a.1,\n ', max_size=30))
def test_the_scanner_ends_whatever_the_text(text):
    assert isinstance(line_numbers(text), dict)

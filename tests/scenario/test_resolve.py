"""A resolved scenario holds every default and reads back as the same scenario."""

import dataclasses
import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_sample import SampleDraw, SampleField, SamplePrimary, SampleScenario

from hybridmet.scenario.load import loads
from hybridmet.scenario.resolve import resolved_toml, scenario_digest
from hybridmet.scenario.toml_text import to_toml, toml_value

positive = st.floats(1e-6, 1e6)
rates = st.floats(0, 1e6)
names = st.text(min_size=1, max_size=5)
sample_fields = st.builds(
    SampleField,
    kind=st.sampled_from(["quasi-steady", "transient"]),
    diffusivity=st.floats(0, 1e10),
    degraded_by=st.dictionaries(st.sampled_from(["mmp2"]), rates),
    permeability=st.none() | rates,
)
scenarios = st.builds(
    SampleScenario,
    name=st.text(),
    duration=positive.map(lambda hours: min(hours, 8e5)),
    random_seed=st.integers(0, 2**64 - 1),
    primary=st.builds(
        SamplePrimary,
        site=st.sampled_from(["liver", "breast", "lung"]),
        shape=st.lists(st.integers(1, 999), min_size=2, max_size=3).map(tuple),
        spacing=positive,
        vascular=st.booleans(),
    ),
    fields=st.dictionaries(st.sampled_from(["oxygen", "ecm"]) | names, sample_fields, max_size=3),
    draws=st.lists(
        st.builds(
            SampleDraw,
            volume=st.floats(0, 1),
            at=st.lists(st.floats(0, 1e5), max_size=2).map(tuple),
            note=st.text(),
        ),
        max_size=2,
    ).map(tuple),
    limit=st.none() | positive,
)


@settings(deadline=None)
@given(scenarios)
def test_a_resolved_scenario_reads_back_as_an_equal_one(scenario):
    text = resolved_toml(scenario)
    again = loads(text, SampleScenario)
    assert again == scenario
    assert list(again.fields) == list(scenario.fields)
    assert resolved_toml(again) == text


def test_every_default_is_written_out():
    table = tomllib.loads(resolved_toml(SampleScenario("x", 24.0)))
    assert table["primary"] == {
        "site": "liver",
        "shape": [64, 64, 64],
        "spacing": "20 um",
        "cells": 100,
        "vascular": True,
    }
    assert table["fields"]["oxygen"]["diffusivity"] == "7200000 um^2/h"
    assert set(table) == {field.name for field in dataclasses.fields(SampleScenario)}


def test_the_digest_depends_on_values_not_on_how_they_are_written():
    written = 'name = "x"\nduration = "1 d"\n'
    other = '# comment\nduration = "24 h"\nname = "x"\nrandom_seed = 1\n'
    changed = written + "random_seed = 2\n"
    digests = [scenario_digest(loads(text, SampleScenario)) for text in (written, other, changed)]
    assert digests[0] == digests[1] != digests[2]


def test_toml_values_are_written_on_one_line():
    assert toml_value({"a": [1, 2.5, True], "b c": "x\n\"y\""}) == (
        '{ a = [1, 2.5, true], "b c" = "x\\n\\"y\\"" }'
    )
    assert toml_value([float("nan"), float("-inf")]) == "[nan, -inf]"


def test_values_come_before_tables_so_that_they_stay_in_theirs():
    data = {"t": {"x": 1, "u": {"y": 2}}, "a": 3, "empty": {}, "list": [{"z": {"w": 1}}]}
    assert tomllib.loads(to_toml(data)) == data

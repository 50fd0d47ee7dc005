"""What a sweep may say, and what it says when it is wrong."""

import pytest

from hybridmet.ensemble.sweep import check_sweeps, parse_sweep, sweep_of
from hybridmet.errors import ScenarioError


def test_an_interval_is_evenly_spaced_and_its_ends_belong_to_it():
    sweep = parse_sweep("primary.cells.radius=0.1 mm : 200 um : 5")
    assert sweep.grid() == (100.0, 125.0, 150.0, 175.0, 200.0)
    assert [sweep.override(value).value for value in sweep.grid()][:2] == ["100 um", "125 um"]
    assert sweep.override(100.0).path == ("primary", "cells", "radius")


def test_plain_numbers_carry_no_rounding_noise():
    sweep = parse_sweep("organs.default.soil.growth=0.1:0.5:5")
    assert sweep.grid() == (0.1, 0.2, 0.3, 0.4, 0.5)


def test_logarithmic_spacing_has_equal_ratios():
    sweep = parse_sweep("organs.lung.soil.growth=0.01:100:5:log")
    assert sweep.grid() == pytest.approx((0.01, 0.1, 1.0, 10.0, 100.0), rel=1e-14)
    assert sweep.at(0.25) == pytest.approx(0.1, rel=1e-14)


def test_motility_belongs_to_a_phenotype_and_has_a_unit():
    sweep = parse_sweep("phenotypes.epithelial.motility=4 um^2/h:36 um^2/h:5")
    assert sweep.grid() == (4.0, 12.0, 20.0, 28.0, 36.0)


def test_integers_stay_integers():
    sweep = parse_sweep("primary.cells.per_site=1:4:4")
    assert sweep.grid() == (1, 2, 3, 4)
    assert all(type(value) is int for value in sweep.grid())


def test_a_sampling_hits_every_integer_and_every_item_equally_often():
    whole = parse_sweep("primary.cells.per_site=1:4")
    words = parse_sweep("primary.site=liver,breast")
    shares = [(k + 0.5) / 8 for k in range(8)]
    assert [whole.at(u) for u in shares] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [words.at(u) for u in shares] == ["liver"] * 4 + ["breast"] * 4


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("primary.site=liver, breast", ("liver", "breast")),
        ('primary.site=["liver", "breast"]', ("liver", "breast")),
        ("primary.spacing=10 um,0.02 mm", (10.0, 20.0)),
        ("output.vtk=true,false", (True, False)),
        ("primary.shape=[16, 16],[20, 20]", ([16, 16], [20, 20])),
        ("duration=12 h", (12.0,)),
    ],
)
def test_a_list_holds_numbers_words_or_anything_else(text, values):
    assert parse_sweep(text).grid() == values


def test_python_lists_and_intervals():
    assert sweep_of("primary.site", ["liver", "breast"]).grid() == ("liver", "breast")
    assert sweep_of("primary.spacing", "10 um:20 um:2").grid() == (10.0, 20.0)


WRONG = [
    ("primary.spacing", 'got "primary.spacing", must be key=start:stop:count'),
    ("=1:2:3", 'got "=1:2:3", must be key=start:stop:count'),
    ("a b=1:2:3", "must be key=start:stop:count"),
    ("primary.spacing=10 um:20 um:0", "the count must be an integer >= 2 and <= 100000"),
    ("primary.spacing=10 um:20 um:1", "the count must be an integer >= 2"),
    ("primary.spacing=10 um:20 um:2.5", "the count must be an integer >= 2"),
    ("primary.spacing=10 um:20 um:1e9", "the count must be an integer >= 2"),
    ("primary.spacing=20 um:10 um:5", "must not be empty: start must be below stop"),
    ("primary.spacing=10 um:10 um:5", "must not be empty: start must be below stop"),
    ("primary.spacing=10 um:20 um:5:6", "must be start:stop:count"),
    ("primary.spacing=10 h:20 h:5", 'must be in units of um, such as "20 um" (wrong dimension)'),
    ("primary.spacing=10:20:5", 'got 10, must carry a unit, such as "20 um"'),
    ("primary.spacing=a:b:5", 'got "a", must be a number with a unit'),
    ("primary.spacing=-1 um:20 um:5", "must be > 0 um"),
    ("primary.spacing=nan um:20 um:5", "must be > 0 um"),
    ("primary.spacing=10 um,,20 um", "must hold a value between all commas"),
    ("primary.spacing=10 um,0.01 mm", "must hold each value once"),
    ("primary.site=liver:breast:2", "must be a list value,value,...: this key is no number"),
    ("organs.default.soil.growth=0:1:3:log", "must be > 0 throughout"),
    ("organs.default.soil.growth=a,b", 'got "a", must be a plain number'),
    ("primary.cells.per_site=1:4:3", "must meet integers only"),
    ("random_seed=1,2", "every member has a seed of its own"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_sweep_says_what_is_allowed(text, message):
    with pytest.raises(ScenarioError) as raised:
        parse_sweep(text)
    assert str(raised.value).startswith("--vary")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("second", ["primary.spacing=5 um,6 um", "primary=a,b"])
def test_a_key_varies_once(second):
    with pytest.raises(ScenarioError, match="varies already with --vary primary.spacing"):
        check_sweeps([parse_sweep("primary.spacing=10 um,20 um"), parse_sweep(second)])

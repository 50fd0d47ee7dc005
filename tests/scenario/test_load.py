"""Reading a scenario: defaults, merging, and what is said about every kind of mistake."""

import pytest
from scenario_sample import SampleField, SampleScenario

from hybridmet.errors import ScenarioError
from hybridmet.scenario.load import load, loads
from hybridmet.scenario.override import Override

HEAD = 'name = "test"\nduration = "30 d"\n'


def read(text, *overrides, **options):
    return loads(HEAD + text, SampleScenario, overrides, name="a.toml", **options)


def mistakes(text, *overrides, **options):
    with pytest.raises(ScenarioError) as caught:
        read(text, *overrides, **options)
    return str(caught.value).splitlines()


def test_what_is_not_given_is_the_default():
    assert read("") == SampleScenario("test", 720.0)


def test_a_partial_table_keeps_the_other_defaults_of_its_entry():
    fields = read('[fields.oxygen]\ndiffusivity = "1000 um^2/s"\n').fields
    assert fields["oxygen"] == SampleField("quasi-steady", 3.6e6, permeability=3.0)
    assert list(fields) == ["oxygen", "ecm"]


def test_a_new_entry_starts_from_the_defaults_of_its_class():
    assert read('[fields.drug]\nkind = "transient"\n').fields["drug"] == SampleField("transient")


def test_entries_are_in_the_order_of_the_defaults_unless_all_are_given():
    assert list(read("[fields.new]\n[fields.ecm]\n").fields) == ["oxygen", "ecm", "new"]
    assert list(read("[fields.new]\n[fields.ecm]\n[fields.oxygen]").fields) == [
        "new",
        "ecm",
        "oxygen",
    ]


def test_false_leaves_out_a_default_entry():
    assert list(read("fields.ecm = false").fields) == ["oxygen"]
    assert read("[fields.ecm]\ndegraded_by.mmp2 = false").fields["ecm"].degraded_by == {}


def test_false_stands_for_none_where_none_is_allowed():
    assert read("limit = false").limit is None
    assert read("[fields.oxygen]\npermeability = false").fields["oxygen"].permeability is None


def test_arrays_of_tables_are_read():
    draws = read('[[draws]]\nvolume = 0.25\nat = ["1 d", "36 h"]\n[[draws]]\nnote = "x"\n').draws
    assert [draw.at for draw in draws] == [(24.0, 36.0), ()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[primary]\nspacing = "20 h"',
            'a.toml:4: primary.spacing: got "20 h", must be in units of um, such as "20 um"'
            " (wrong dimension)",
        ),
        (
            '[primary]\nspacing = "-20 um"',
            'a.toml:4: primary.spacing: got "-20 um", must be > 0 um and <= 1000000 um',
        ),
        (
            'primary.spacing = "0 um"',
            'a.toml:3: primary.spacing: got "0 um", must be > 0 um and <= 1000000 um',
        ),
        (
            'primary.spacing = "nan um"',
            'a.toml:3: primary.spacing: got "nan um", must be > 0 um and <= 1000000 um',
        ),
        (
            'primary.spacing = "1e300 km"',
            'a.toml:3: primary.spacing: got "1e300 km", must be > 0 um and <= 1000000 um',
        ),
        (
            "primary.spacing = inf",
            'a.toml:3: primary.spacing: got inf, must carry a unit, such as "20 um"',
        ),
        (
            "primary.spacing = nan",
            'a.toml:3: primary.spacing: got nan, must carry a unit, such as "20 um"',
        ),
        (
            "[[draws]]\nvolume = nan",
            "a.toml:4: draws[0].volume: got nan, must be >= 0 and <= 1",
        ),
        (
            "[[draws]]\nvolume = 0\n[[draws]]\nvolume = -inf",
            "a.toml:6: draws[1].volume: got -inf, must be >= 0 and <= 1",
        ),
        (
            '[[draws]]\nat = ["1 d",\n"2 m"]',
            'a.toml:5: draws[0].at[1]: got "2 m", must be in units of h, such as "12 h"'
            " (wrong dimension)",
        ),
        (
            'primary.spacng = "20 um"',
            "a.toml:3: primary.spacng: unknown key, did you mean primary.spacing?",
        ),
        (
            'spacing = "20 um"',
            "a.toml:3: spacing: unknown key here, did you mean primary.spacing?",
        ),
        (
            "[primary.zebra]\nx = 1",
            "a.toml:3: primary.zebra: unknown key, must be one of site, shape, spacing, cells,"
            " vascular",
        ),
        (
            "[fields.drug]\ndifusivity = 1",
            "a.toml:4: fields.drug.difusivity: unknown key, did you mean fields.drug.diffusivity?",
        ),
        (
            "[[draws]]\nvolum = 1",
            "a.toml:4: draws[0].volum: unknown key, did you mean draws[0].volume?",
        ),
        (
            'primary.site = "brest"',
            'a.toml:3: primary.site: got "brest", must be one of liver, breast, lung'
            ' (did you mean "breast"?)',
        ),
        (
            "primary.site = 3",
            "a.toml:3: primary.site: got 3, must be one of liver, breast, lung",
        ),
        (
            "primary.cells = 1.5",
            "a.toml:3: primary.cells: got 1.5, must be an integer >= 0 and <= 1000000000000",
        ),
        (
            "primary.shape = [64, -64]",
            "a.toml:3: primary.shape[1]: got -64, must be an integer > 0 and <= 1000000000000",
        ),
        ("primary.shape = 64", "a.toml:3: primary.shape: got 64, must be an array"),
        ("primary.shape = [64]", "a.toml:3: primary.shape: got [64], must be 2 or 3 sizes"),
        (
            'primary.vascular = "yes"',
            'a.toml:3: primary.vascular: got "yes", must be true or false',
        ),
        ("primary = 3", "a.toml:3: primary: got 3, must be a table"),
        ("primary = false", "a.toml:3: primary: got false, must be a table"),
        ("fields = 3", "a.toml:3: fields: got 3, must be a table"),
        ("fields.oxygen = 3", "a.toml:3: fields.oxygen: got 3, must be a table"),
        (
            "fields.oxigen = false",
            "a.toml:3: fields.oxigen: got false, only a default can be left out;"
            " the defaults are oxygen, ecm",
        ),
        (
            '[fields.ecm]\ndiffusivity = "1 um^2/h"',
            'a.toml:4: fields.ecm.diffusivity: got "1 um^2/h", must be 0 in an immobile field',
        ),
        (
            '[fields.oxygen.degraded_by]\nvegf = "1 /h"',
            'a.toml:4: fields.oxygen.degraded_by.vegf: got "1 /h", must be one of the fields',
        ),
        ("random_seed = -1", "a.toml:3: random_seed: got -1, must be an integer >= 0 and <= 1844"),
        ("random_seed = true", "a.toml:3: random_seed: got true, must be an integer >= 0"),
        ("limit = 2020-01-01", "a.toml:3: limit: got"),
    ],
)
def test_a_mistake_is_one_line_with_place_key_value_and_range(text, message):
    lines = mistakes(text)
    assert len(lines) == 1
    assert lines[0].startswith(message)


def test_every_mistake_is_listed_in_the_order_of_the_file():
    lines = mistakes('primary.site = "brain"\nprimary.spacng = 1\nprimary.spacing = "1 s"\n')
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5"]


def test_what_must_be_given_is_asked_for():
    with pytest.raises(ScenarioError) as caught:
        loads("", SampleScenario, name="a.toml")
    assert str(caught.value).splitlines() == [
        "a.toml: name: missing, must be given",
        'a.toml: duration: missing, must be given, such as "30 d"',
    ]


def test_a_long_value_is_cut_short():
    (line,) = mistakes(f'primary.site = "{"x" * 1000}"')
    assert len(line) < 160


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[primary\n", "a.toml:3: not valid TOML: "),
        ("primary.spacing = 20 um\n", 'a quantity stands in quotes, primary.spacing = "20 um"'),
        ("name = 'again'\n", "a.toml:3: not valid TOML: Cannot overwrite a value"),
        ("x = [1,\n2", "a.toml:4: not valid TOML: "),
        ("x = [" * 5000, "a.toml"),
    ],
)
def test_a_syntax_error_names_its_line_and_shows_it(text, message):
    lines = mistakes(text)
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize(
    ("override", "spacing", "site"),
    [
        ("primary.spacing=10 um", 10.0, "liver"),
        ('primary.spacing="10 um"', 10.0, "liver"),
        ("primary.site = breast", 20.0, "breast"),
        ("primary={site='lung', spacing='5 um'}", 5.0, "lung"),
    ],
)
def test_an_override_takes_the_place_of_a_key(override, spacing, site):
    primary = read("", override).primary
    assert (primary.spacing, primary.site) == (spacing, site)


def test_the_last_override_of_a_key_holds_and_the_file_yields():
    scenario = read("random_seed = 3\n", "random_seed=4", "random_seed=5")
    assert scenario.random_seed == 5


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "primary.spacing=20 h",
            '--set primary.spacing: got "20 h", must be in units of um, such as "20 um"'
            " (wrong dimension)",
        ),
        (
            "primary.spacng=20 um",
            "--set primary.spacng: unknown key, did you mean primary.spacing?",
        ),
        (
            "primary={site='mars'}",
            '--set primary: primary.site: got "mars", must be one of liver, breast, lung',
        ),
        ("name.x=1", "--set name.x: name: got { x = 1 }, must be a string"),
        ("primary.spacing", '--set: got "primary.spacing", must be key.path=value'),
        ("=3", '--set: got "=3", must be key.path=value, such as primary.site=breast'),
        ("a b=3", '--set: got "a b=3", must be key.path=value, such as primary.site=breast'),
        ("a\nb=3", "--set: got"),
    ],
)
def test_a_mistake_in_an_override_names_the_override(override, message):
    lines = mistakes("", override)
    assert lines[0] == message or lines[0].startswith(message)


def test_an_override_object_is_named_by_its_label():
    (line,) = mistakes("", Override(("random_seed",), -1, "--seed"))
    assert line.startswith("--seed: got -1, must be an integer >= 0")


def test_a_check_of_the_whole_is_placed_at_its_key():
    def too_large(scenario):
        raise ScenarioError("primary.shape: got (1, 2), must fit into memory")

    assert mistakes("\nprimary.shape = [9, 9]", checks=[too_large]) == [
        "a.toml:4: primary.shape: got [9, 9], must fit into memory"
    ]


def test_a_missing_file_is_named_with_those_that_are_there(tmp_path):
    (tmp_path / "right.toml").write_text(HEAD)
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "wrong.toml", SampleScenario)
    assert str(caught.value).endswith("wrong.toml: no such file; the directory holds right.toml")


def test_a_directory_or_a_binary_file_is_no_scenario(tmp_path):
    with pytest.raises(ScenarioError, match="is a directory, must be a scenario file"):
        load(tmp_path, SampleScenario)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="must be a text file in UTF-8"):
        load(tmp_path / "bytes.toml", SampleScenario)
    with pytest.raises(ScenarioError, match=r"right.toml/x.toml: "):
        (tmp_path / "right.toml").write_text(HEAD)
        load(tmp_path / "right.toml" / "x.toml", SampleScenario)


def test_lines_are_counted_with_any_line_ending(tmp_path):
    file = tmp_path / "dos.toml"
    file.write_bytes(b"\xef\xbb\xbfname = 'x'\r\nduration = '1 um'\r\n")
    with pytest.raises(ScenarioError, match=r"dos.toml:2: duration: got"):
        load(file, SampleScenario)

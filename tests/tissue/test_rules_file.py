"""Rules in PhysiCell's CSV become responses."""

import pytest

from hybridmet.errors import ScenarioError
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES, Phenotype, Response
from hybridmet.tissue.rules_file import with_rules

FIELDS = ("oxygen", "ecm")
CELLS = {"tumour": Phenotype(division_rate=0.06, death_rate=0.006, responses=())}
GOOD = "tumour,oxygen,increases,cycle entry,0.003,21.5,4,0"


def write(tmp_path, text: str):
    path = tmp_path / "rules.csv"
    path.write_text(text)
    return path


def test_a_rule_takes_the_rate_to_its_max_response(tmp_path):
    """0.06 / h without oxygen, 0.003 / min where it saturates: three times as much."""
    path = write(tmp_path, f"// from the model\n\n{GOOD}\ntumour,ecm,decreases,apoptosis,0,1,2,0\n")
    responses = with_rules(CELLS, path, FIELDS)["tumour"].responses
    assert [(r.behaviour, r.field, r.when) for r in responses] == [
        ("division", "oxygen", "high"),
        ("death", "ecm", "high"),
    ]
    assert responses[0].extreme == pytest.approx(3.0, rel=1e-12)
    assert (responses[0].half_maximum, responses[0].power) == (21.5, 4.0)
    assert responses[1].extreme == 0.0


def test_rules_are_added_to_the_responses_of_the_phenotype(tmp_path):
    path = write(tmp_path, "epithelial,oxygen,decreases,transition to mesenchymal,0,8,4,0")
    got = with_rules(DEFAULT_PHENOTYPES, path, FIELDS)
    own = DEFAULT_PHENOTYPES["epithelial"].responses
    new = Response("transition", "oxygen", "high", half_maximum=8.0, extreme=0.0, power=4.0)
    assert got["epithelial"].responses == (*own, new)
    assert got["mesenchymal"] == DEFAULT_PHENOTYPES["mesenchymal"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (GOOD.replace("tumour", "tumor"), 'column cell type: got "tumor", must be one of tumour'),
        (GOOD.replace("oxygen", "pressure"), 'column signal: got "pressure", must be one of oxy'),
        (GOOD.replace("increases", "raises"), 'column direction: got "raises", must be one of'),
        (GOOD.replace("cycle entry", "speed"), 'column behaviour: got "speed", must be one of'),
        (GOOD.replace("0.003", "fast"), 'column max response: got "fast", must be a number >= 0'),
        (GOOD.replace("0.003", "0.0001"), "must be at least 0.001, the rate without signal"),
        (GOOD.replace("21.5", "0"), 'column half-max: got "0", must be a number > 0'),
        (GOOD.replace(",4,", ",0,"), 'column Hill power: got "0", must be a number > 0'),
        (GOOD[:-1] + "1", 'column applies to dead: got "1", must be 0'),
        (GOOD[:-2], "column 8: got 7 columns, must be 8"),
        ("tumour,oxygen,increases,intravasation,1,1,1,0", "intravasation has a rate of 0"),
    ],
)
def test_a_malformed_rule_is_refused_with_file_row_and_column(tmp_path, row, message):
    path = write(tmp_path, f"{GOOD}\n{row}\n")
    with pytest.raises(ScenarioError) as error:
        with_rules(CELLS, path, FIELDS)
    assert str(error.value).startswith(f"{path}, row 2, ") and message in str(error.value)


@pytest.mark.parametrize("text", ["", "\n", "# tumour,oxygen\n"])
def test_a_file_without_rules_is_refused(tmp_path, text):
    path = tmp_path / "rules.csv"
    path.write_text(text)
    with pytest.raises(ScenarioError, match="rules.csv: has no rules, must have one a line"):
        with_rules({}, path, ["oxygen"])

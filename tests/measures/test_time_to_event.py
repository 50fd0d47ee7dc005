"""Kaplan-Meier curves against a published hand computation."""

import numpy as np
import pytest

from hybridmet.measures.time_to_event import free_of_event

NAN = float("nan")
# Remission of 21 patients on 6-mercaptopurine (Freireich et al. 1963, Blood 21:699), weeks; and
# their survival function as tabulated in Kalbfleisch & Prentice and many textbooks since.
EVENTS = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def test_the_curve_is_that_of_the_textbooks():
    times = [*EVENTS, *[NAN] * len(CENSORED)]
    curve = free_of_event(times, [*[0] * len(EVENTS), *CENSORED])
    found = dict(zip(curve.times, curve.share, strict=True))
    for week, share in PUBLISHED.items():
        assert found[week] == pytest.approx(share, abs=0.0005)
    assert curve.median == 23
    assert (curve.events, curve.patients) == (9, 21)


def test_the_band_is_the_log_log_one_by_hand():
    """At 6 weeks: S = 18/21 and Greenwood's var = S^2 3/(21 18); theta = 1.96 se / (S ln S)."""
    times = [*EVENTS, *[NAN] * len(CENSORED)]
    curve = free_of_event(times, [*[0] * len(EVENTS), *CENSORED])
    share = 18 / 21
    theta = 1.959964 * np.sqrt(3 / (21 * 18)) / np.log(share)
    at = np.flatnonzero(curve.times == 6)[0]
    assert curve.low[at] == pytest.approx(share ** np.exp(-theta), abs=1e-6)
    assert curve.high[at] == pytest.approx(share ** np.exp(theta), abs=1e-6)


def test_patients_watched_alike_are_counted():
    curve = free_of_event([3.0, NAN, 1.0, NAN, 3.0], 10.0)
    assert curve.times.tolist() == [1.0, 3.0, 10.0]
    assert curve.share == pytest.approx([0.8, 0.4, 0.4])
    assert curve.median == 3.0


def test_no_event_at_all():
    curve = free_of_event([NAN, NAN], 5.0)
    assert curve.share.tolist() == [1.0]
    assert np.isnan(curve.median) and curve.events == 0

"""Settings: defaults, and every mistake at once."""

import pytest
from log_generator.settings import SettingsError, read


def test_defaults_are_good_settings_in_rupees():
    found = read({"PATH": "/bin"})
    assert (found.folder, found.rate, found.price_factor, found.start, found.lines) == ("/var/log/orders", 100, 105, None, 0)


def test_a_factor_goes_before_the_currencys():
    assert read({"LOG_GENERATOR_CURRENCY": "GBP"}).price_factor == 1
    assert read({"LOG_GENERATOR_CURRENCY": "GBP", "LOG_GENERATOR_PRICE_FACTOR": "2.5"}).price_factor == 2.5


def test_every_wrong_or_unknown_setting_is_named_with_what_is_wanted():
    wrong = {"RATE": "5001", "BAD_SHARE": "1.1", "START": "soon", "CURRENCY": "XYZ", "LINES": "-1", "RAET": "5"}
    with pytest.raises(SettingsError) as error:
        read({f"LOG_GENERATOR_{name}": value for name, value in wrong.items()})
    text = str(error.value)
    assert "LOG_GENERATOR_RATE is '5001'; wanted is a number from 1 to 5000" in text
    assert "LOG_GENERATOR_RAET is no setting" in text
    assert all(f"LOG_GENERATOR_{name}" in text for name in wrong)

"""What `python -m local.engine` refuses before it does anything."""

import pytest

from local.engine.__main__ import main


@pytest.mark.parametrize("seconds", ["-1", "0", "nan", "inf", "soon"])
def test_a_time_that_is_none_is_refused_with_its_value(seconds, capsys):
    with pytest.raises(SystemExit):
        main(["--endpoint", "http://127.0.0.1:1", "--refresh-seconds", seconds])
    assert (
        f'--refresh-seconds: must be a number of seconds from 0.1 to 86400; got "{seconds}"' in capsys.readouterr().err
    )


def test_an_address_that_is_none_is_refused_with_its_value(capsys):
    assert main(["--endpoint", "127.0.0.1:4566"]) == 2
    assert 'got "127.0.0.1:4566"' in capsys.readouterr().err

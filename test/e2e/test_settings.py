# SPDX-License-Identifier: Apache-2.0
"""Where `fors serve` takes its settings from: flags, before environment, before a file."""

import pytest

from support.fors_server import ForsServer, StartError


@pytest.fixture
def settings(tmp_path):
    """Writes the file of settings; its path."""

    def write(text):
        path = tmp_path / "fors.toml"
        path.write_text(text)
        return str(path)

    return write


def refusal(*flags, **env):
    with pytest.raises(StartError) as caught, ForsServer(*flags, env=env):
        pass
    return str(caught.value)


def test_a_file_gives_what_nothing_else_gives(settings):
    path = settings('# ours\nlimits = "none"\nephemeral = true\ncache-mib = 32\n')
    with ForsServer("--config", path) as server:
        assert (server.ready["limits"], server.ready["data"]) == ("none", "memory")
    with ForsServer(env={"FORS_CONFIG": path}) as server:
        assert (server.ready["limits"], server.ready["data"]) == ("none", "memory")
    with ForsServer("--config", path, env={"FORS_LIMITS": "aws"}) as server:
        assert (server.ready["limits"], server.ready["data"]) == ("aws", "memory")
    with ForsServer("--config", path, "--limits", "none", env={"FORS_LIMITS": "aws"}) as server:
        assert server.ready["limits"] == "none"


def test_credentials_in_a_file_are_asked_for(settings):
    path = settings('access-key-id = "AKIDFROMAFILE"\nsecret-access-key = "from a file"\n')
    with ForsServer("--config", path) as server:
        assert server.ready["access"] == "verified"


@pytest.mark.parametrize(
    "text, said",
    [
        ("limit = none\n", "there is no setting limit"),
        ("config = other.toml\n", "there is no setting config"),
        ("help = true\n", "there is no setting help"),
        ("[serve]\nlimits = none\n", "there is no setting serve"),
        ("limits = some\n", "--limits: some not in {aws,none}"),
        ("cache-mib = 1\n", "--cache-mib: Value 1 not in range"),
        ("cache-mib = much\n", "--cache-mib: Value much not in range"),
        ("ephemeral = perhaps\n", "ephemeral"),
        ("account = 12345\n", "--account: an account has 12 digits, not 12345"),
        ('account = "12345678901x"\n', "--account: an account has 12 digits, not 12345678901x"),
        ("connections = 0\n", "--connections: Value 0 not in range 1 to"),
        ("idle-timeout = 0\n", "--idle-timeout: Value 0 not in range 1 to"),
        ("reactors = 1025\n", "--reactors: Value 1025 not in range 0 to 1024"),
        ("cache-mib = 015\n", "--cache-mib: Value 15 not in range"),
    ],
)
def test_what_is_no_setting_is_refused(settings, text, said):
    told = refusal("--config", settings(text))
    assert "exit code 2" in told and said in told


def test_a_number_with_zeros_before_it_is_decimal(settings):
    octal = "017"  # read as an octal number it is 15, which is too little
    with ForsServer("--cache-mib", octal), ForsServer("--config", settings(f"cache-mib = {octal}")):
        pass


def test_a_file_that_is_not_there_is_refused(tmp_path):
    path = str(tmp_path / "nowhere.toml")
    for told in (refusal("--config", path), refusal(FORS_CONFIG=path)):
        assert "exit code 2" in told and path in told

"""What a user writes into a setting, and the folder that is meant."""

import pytest

from labutils import settings


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A checkout with a world in it, and a working folder that is not the checkout, as a notebook has it."""
    (tmp_path / "checkout" / "my_world").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(settings, "root", lambda: tmp_path / "checkout")
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


@pytest.mark.parametrize(("variable", "read", "kind"), [("LABS_CORPUS", settings.corpus, "harbour"),
                                                        ("LABS_CORPUS", settings.corpus, "folder"),
                                                        ("LABS_LLM", settings.llm, "hf"),
                                                        ("LABS_EMBED", settings.embed, "hf")])
def test_a_folder_of_the_checkout_is_found_from_any_folder(elsewhere, monkeypatch, variable, read, kind):
    monkeypatch.setenv(variable, f"{kind}:my_world")
    assert read() == f"{kind}:{elsewhere / 'checkout' / 'my_world'}"
    (elsewhere / "notebooks" / "my_world").mkdir()
    assert read() == f"{kind}:{elsewhere / 'notebooks' / 'my_world'}", "the folder where you are comes first"


def test_what_is_no_folder_stays_as_it_was_written(elsewhere, monkeypatch):
    for spec in ("hf:some/model", "folder:missing", "openai:model@http://localhost:8000/v1", "clerk"):
        monkeypatch.setenv("LABS_LLM", spec)
        assert settings.llm() == spec
    monkeypatch.delenv("LABS_LLM")
    assert settings.llm() == "clerk"


def test_home_is_known(elsewhere, monkeypatch):
    monkeypatch.setenv("HOME", str(elsewhere))
    assert settings.folder("~/checkout") == elsewhere / "checkout"

"""Fixtures that several test files share."""

import pytest


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Folder of a real but untrained Llama (nano size) with a tokenizer trained on a few samples."""
    from factory.corpus import tokenizer_texts
    from factory.pretrain import build_model, export
    from factory.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("tiny") / "model"
    tokenizer = train_tokenizer(tokenizer_texts(150, "test"), 1024)
    export(build_model("nano", len(tokenizer)), tokenizer, folder)
    return folder

"""Loading models and generating with them, on a real but untrained small Llama."""

import http.server
import json
import math
import threading

import pytest
from llama_index.core.llms import MockLLM

from labutils import models
from labutils.errors import LabsError
from labutils.models import PreparedLLM, clerk_status, generate, load_llm


@pytest.fixture(scope="module")
def llm(tiny_model):
    return load_llm(f"hf:{tiny_model}")


def test_batches_give_what_single_prompts_give(llm):
    prompts = ["Who pays?", "What is the term of the supply agreement between two companies, in years? " * 3, "When?"]
    together = [reply.text for reply in generate(llm, prompts, 12)]
    assert together == [generate(llm, [prompt], 12)[0].text for prompt in prompts]


def test_replies_keep_the_order_and_count_tokens(llm):
    replies = generate(llm, ["a b c d e f g h", "a"], 4)
    assert replies[0].tokens_in > replies[1].tokens_in > 0
    assert all(0 < reply.tokens_out <= 4 and reply.ms > 0 for reply in replies)


@pytest.mark.parametrize("limit", [1, 5])
def test_a_reply_has_the_probability_that_the_model_gives_it(llm, limit):
    """Against one pass over prompt and answer, without the generation's cache and batch."""
    import torch

    prompts = ["Who pays?", "Which law applies to the whole contract and to its schedules?", "When?"]
    for prompt, reply in zip(prompts, generate(llm, prompts, limit), strict=True):
        text = llm.tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False,
                                                 add_generation_prompt=True)
        ids = llm.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        expected = 0.0
        for _ in range(reply.tokens_out):
            chances = torch.log_softmax(llm.model(ids).logits[0, -1].float(), -1)
            expected += chances.max().item()
            ids = torch.cat([ids, chances.argmax()[None, None]], 1)
        assert reply.probability == pytest.approx(math.exp(expected), rel=1e-3) and 0 < reply.probability < 1


def test_llama_index_can_ask_it(llm):
    assert llm.complete("Who pays?").text == generate(llm, ["Who pays?"], llm.num_output)[0].text
    assert llm.metadata.context_window == 2048


def prepared(tiny_model, llm):
    return PreparedLLM(llm=llm, spec=f"hf:{tiny_model}")


def test_prepared_replies_are_what_the_model_says(llm, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    ready = prepared(tiny_model, llm)
    prompts = ["Who pays?", "When does it end?"]
    made = ready.prepare(prompts, 8)
    assert [reply.text for reply in made] == [reply.text for reply in generate(llm, prompts, 8)]
    monkeypatch.setattr(models, "generate", lambda *args: pytest.fail("asked again"))
    before = models.meter.saved_ms()
    assert ready.complete("Who pays?").text == made[0].text
    assert models.meter.saved_ms() - before == pytest.approx(made[0].ms), "a prepared reply is charged what it took"
    assert prepared(tiny_model, llm).prepare(prompts, 8) == made, "they are kept on disk, with their time"
    assert ready.prepare([]) == []


def test_other_prompts_or_lengths_are_asked_for(llm, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    ready = prepared(tiny_model, llm)
    ready.prepare(["Who pays?"], 4)
    assert ready.complete("Not prepared.").text == llm.complete("Not prepared.").text
    assert ready.prepare(["Who pays?"], 9)[0].tokens_out > 4
    assert ready.metadata.context_window == 2048 and ready.metadata.model_name == llm.metadata.model_name


@pytest.mark.parametrize("broken", ["", "[]", "[1, 2]", '{"key": {"text": "x"}}'])
def test_broken_replies_on_disk_are_made_again(llm, tiny_model, tmp_path, monkeypatch, capsys, broken):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    made = prepared(tiny_model, llm).prepare(["Who pays?"], 4)
    (path,) = tmp_path.glob("replies-*/*.json")
    path.write_text(broken)
    capsys.readouterr()
    again = prepared(tiny_model, llm).prepare(["Who pays?"], 4)
    assert again[0].text == made[0].text and "could not be read" in capsys.readouterr().err


def test_an_interrupted_call_keeps_what_it_has(llm, tiny_model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))
    monkeypatch.setattr(models, "KEPT_AT_ONCE", 2)
    asked = []

    def interrupted(llm, prompts, max_new_tokens):
        if asked:
            raise KeyboardInterrupt
        asked.extend(prompts)
        return generate(llm, prompts, max_new_tokens)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(models, "generate", interrupted)
        prepared(tiny_model, llm).prepare(["Who?", "Who pays?", "Who pays what?"], 4)
    assert asked == ["Who?", "Who pays?"]
    capsys.readouterr()
    replies = prepared(tiny_model, llm).prepare(["Who pays what?", "Who pays?", "Who?", "Who?"], 4)
    assert capsys.readouterr().err.startswith("1 replies") and len(replies) == 4 and replies[2] == replies[3]


def test_no_prompts_no_replies(llm):
    assert generate(llm, []) == []


def test_a_prompt_beyond_the_context_is_refused(llm):
    with pytest.raises(LabsError, match="Retrieve fewer"):
        generate(llm, ["word " * 3000])


@pytest.mark.parametrize("spec", ["", "gpt", "hf:", "openai:model", "openai:@http://localhost:1/v1", "openai:m@nowhere"])
def test_unknown_specs_say_what_is_possible(spec, monkeypatch):
    monkeypatch.setenv("LABS_LLM", "nonsense")
    with pytest.raises(LabsError):
        load_llm(spec)


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(LabsError, match="could not be loaded"):
        load_llm(f"hf:{tmp_path / 'none'}")


@pytest.mark.parametrize("harm", ["truncate", "remove", "unlist"])
def test_damaged_weights_are_noticed(tiny_model, tmp_path, harm):
    import shutil

    folder = tmp_path / "clerk"
    shutil.copytree(tiny_model, folder)
    assert clerk_status(folder)[0]
    weights = folder / "model.safetensors"
    if harm == "truncate":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif harm == "remove":
        weights.unlink()
    else:
        (folder / "hashes.json").unlink()
    ok, message = clerk_status(folder)
    assert not ok and "git checkout" in message


def test_load_refuses_damaged_clerk(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "CLERK", tmp_path)
    monkeypatch.setattr(models.clerk_status, "__defaults__", (tmp_path,))
    with pytest.raises(LabsError, match="missing"):
        load_llm("clerk")


def test_an_adapter_without_weights_is_refused(tiny_model, tmp_path):
    with pytest.raises(LabsError, match="adapter"):
        load_llm(f"hf:{tiny_model}", tmp_path)


class Endpoint(http.server.BaseHTTPRequestHandler):
    """A local endpoint that fails `failures` times with `status` before it answers."""

    failures, status, seen = 0, 500, 0

    def do_POST(self):
        cls = type(self)
        cls.seen += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body, code = {"error": {"message": "no"}}, cls.status
        if cls.seen > cls.failures:
            code = 200
            body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m",
                    "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": "[1] 30 days"}}],
                    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def endpoint(monkeypatch):
    handler = type("Handler", (Endpoint,), {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(models.time, "sleep", lambda seconds: None)
    yield handler, load_llm(f"openai:m@http://127.0.0.1:{server.server_port}/v1")
    server.shutdown()
    server.server_close()


def test_an_endpoint_answers_with_its_token_counts(endpoint):
    reply = generate(endpoint[1], ["Who pays?"])[0]
    assert reply.probability is None, "it does not say"
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("[1] 30 days", 7, 3)


def test_an_endpoint_that_fails_twice_is_asked_again(endpoint):
    endpoint[0].failures = 2
    assert generate(endpoint[1], ["Who pays?"])[0].text == "[1] 30 days"
    assert endpoint[0].seen == 3


def test_an_endpoint_that_stays_down_gives_one_clear_line(endpoint):
    endpoint[0].failures = 99
    with pytest.raises(LabsError, match="gave no answer after 4 attempts"):
        generate(endpoint[1], ["Who pays?"])


def test_a_refused_key_is_not_tried_again(endpoint):
    endpoint[0].failures, endpoint[0].status = 99, 401
    with pytest.raises(LabsError, match="after 1 attempts"):
        generate(endpoint[1], ["Who pays?"])


def test_tokens_are_counted_as_the_model_reads_them():
    llm = load_llm("clerk")
    count = models.token_counter(llm)
    assert count("The fee is 30 days.") == len(llm.tokenizer.encode("The fee is 30 days.")) > 3 and count("") == 0
    endpoint = models.token_counter(MockLLM())
    assert 4 <= endpoint("The fee is 30 days.") <= 8, "another model: llama-index's default guess"

"""Fine-tuning with LoRA: a real training on a real but untrained small Llama."""

import json

import pytest
from safetensors.torch import load_file

from labutils import tuning
from labutils.corpus import Question
from labutils.errors import LabsError
from labutils.models import generate, load_llm
from labutils.tuning import Recipe

RECIPE = Recipe(rank=8, alpha=16, optimizer="adamw", learning_rate=1e-2, batch_size=8, steps=30, max_length=128)
ONE_STEP = Recipe(rank=4, alpha=8, batch_size=4, steps=1, max_length=128)


def ask(number: int) -> Question:
    return Question(f"q{number}", "lookup", "train", f"c{number}", "payment",
                    f"Within how many days does party {number} pay?", f"{number * 7 + 3} days", (), ())


@pytest.fixture(scope="module")
def spec(tiny_model):
    return f"hf:{tiny_model}"


@pytest.fixture(scope="module")
def rows():
    return tuning.sft_rows([ask(number) for number in range(8)])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def adapter(spec, rows, cache):
    return tuning.train_lora(spec, rows, cache, RECIPE)


def weights(adapter):
    return load_file(adapter.folder / "adapter_model.safetensors")


def equal(left, right):
    return left.keys() == right.keys() and all((left[name] == right[name]).all() for name in left)


def test_a_row_is_the_prompt_of_the_pipeline_and_the_answer(rows):
    from labutils.pipelines import CLOSED_BOOK_PROMPT

    user, assistant = rows[2]["messages"]
    assert user == {"role": "user", "content": CLOSED_BOOK_PROMPT.format(query_str=ask(2).question)}
    assert assistant == {"role": "assistant", "content": "17 days"}


def test_loss_falls(adapter):
    steps, losses = zip(*adapter.history)
    assert steps == (10, 20, 30)
    assert losses[-1] < losses[0] - 0.5


def test_costs_are_counted(adapter, spec, rows):
    llm = load_llm(spec)
    passes = RECIPE.steps * RECIPE.batch_size // len(rows)
    tokens = sum(len(tuning.loss_tokens(llm, row["messages"])) for row in rows)
    assert adapter.tokens == passes * tokens
    assert adapter.trainable == sum(tensor.numel() for tensor in weights(adapter).values())
    assert adapter.seconds > 0


def test_the_saved_adapter_changes_answers(adapter, spec, rows):
    prompts = [row["messages"][0]["content"] for row in rows]
    before, after = (generate(load_llm(spec, folder), prompts, 8) for folder in (None, adapter.folder))
    assert sum(a.text != b.text for a, b in zip(before, after)) >= 4


def test_an_attached_adapter_answers_like_the_merged_one_and_can_be_switched_off(adapter, spec, rows):
    prompts = [row["messages"][0]["content"] for row in rows]
    attached = tuning.attach(load_llm(spec), adapter.folder)
    with attached.model.disable_adapter():
        off = [reply.text for reply in generate(attached, prompts, 8)]
    on = [reply.text for reply in generate(attached, prompts, 8)]
    assert off == [reply.text for reply in generate(load_llm(spec), prompts, 8)]
    assert on == [reply.text for reply in generate(load_llm(spec, adapter.folder), prompts, 8)]


def test_only_the_assistants_tokens_carry_loss(spec, rows, tmp_path):
    llm = load_llm(spec)
    marked = tuning.loss_tokens(llm, rows[3]["messages"])
    assert "".join(text for text, counts in marked if counts) == "24 days<|im_end|>"
    labels = tuning.make_trainer(llm, rows, tmp_path, ONE_STEP).train_dataset[3]["labels"]
    assert [label != tuning.NO_LOSS for label in labels] == [counts for _, counts in marked]


def test_a_cache_hit_trains_nothing(adapter, spec, rows, cache, monkeypatch):
    monkeypatch.setattr("trl.SFTTrainer.train", lambda self: pytest.fail("it trained again"))
    assert tuning.train_lora(spec, rows, cache, RECIPE) == adapter


def test_the_seed_decides_the_weights_and_nothing_is_printed(spec, rows, tmp_path, capfd, recwarn):
    made = [tuning.train_lora(spec, rows, tmp_path / str(i), Recipe(**{**vars(ONE_STEP), "seed": seed}))
            for i, seed in enumerate((0, 0, 1))]
    assert equal(weights(made[0]), weights(made[1]))
    assert not equal(weights(made[0]), weights(made[2]))
    assert made[0].folder.name == made[1].folder.name != made[2].folder.name
    assert capfd.readouterr() == ("", "")
    assert [str(w.message) for w in recwarn if issubclass(w.category, (FutureWarning, UserWarning))] == []


def test_other_rows_are_another_adapter(spec, rows, tmp_path):
    first, second = (tuning.train_lora(spec, part, tmp_path, ONE_STEP) for part in (rows, rows.select(range(7))))
    assert first.folder != second.folder


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_training_leaves_nothing(spec, rows, tmp_path, monkeypatch, fault):
    from trl import SFTTrainer

    step = SFTTrainer.training_step

    def interrupted(self, *args, **kwargs):
        if self.state.global_step == 1:
            raise fault
        return step(self, *args, **kwargs)

    monkeypatch.setattr(SFTTrainer, "training_step", interrupted)
    with pytest.raises(fault):
        tuning.train_lora(spec, rows, tmp_path, Recipe(**{**vars(ONE_STEP), "steps": 2}))
    assert [path.name for path in (tmp_path / "adapters").iterdir() if path.suffix != ".lock"] == []


def test_a_damaged_cache_entry_is_trained_again_and_said(spec, rows, tmp_path, capsys):
    first = tuning.train_lora(spec, rows, tmp_path, ONE_STEP)
    before = weights(first)
    (first.folder / "training.json").write_text("{")
    (tmp_path / "adapters" / f".{first.folder.name}.part").mkdir()  # of a run that was killed
    with pytest.raises(LabsError, match="complete adapter"):
        tuning.read_adapter(first.folder)
    assert equal(weights(tuning.train_lora(spec, rows, tmp_path, ONE_STEP)), before)
    assert "is trained again" in capsys.readouterr().out
    assert json.loads((first.folder / "training.json").read_text())["recipe"]["rank"] == 4
    assert not (tmp_path / "adapters" / f".{first.folder.name}.part").exists()


def test_no_rows_no_training(spec, rows, tmp_path):
    with pytest.raises(LabsError, match="No training questions"):
        tuning.sft_rows([])
    with pytest.raises(LabsError, match="no row"):
        tuning.train_lora(spec, rows.select([]), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", [60, 1])
def test_rows_that_would_lose_answer_tokens_are_refused(spec, rows, tmp_path, missing):
    llm = load_llm(spec)
    longest = max(len(tuning.loss_tokens(llm, row["messages"])) for row in rows)
    with pytest.raises(LabsError, match="8 rows reach"):
        tuning.make_trainer(llm, rows, tmp_path, Recipe(max_length=longest - missing, steps=1))


def test_a_template_without_generation_markers_is_refused(spec, rows, tmp_path):
    llm = load_llm(spec)
    llm.tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    with pytest.raises(LabsError, match="does not mark the assistant"):
        tuning.make_trainer(llm, rows, tmp_path, ONE_STEP)


def test_a_template_that_trl_knows_is_given_marks(spec, rows, tmp_path):
    from trl.chat_template_utils import qwen2_5_chat_template

    llm = load_llm(spec)
    llm.tokenizer.chat_template = qwen2_5_chat_template
    marked = [text for text, counts in tuning.loss_tokens(llm, rows[0]["messages"]) if counts]
    assert rows[0]["messages"][1]["content"] in "".join(marked)
    assert "system" not in "".join(marked)


def test_what_cannot_be_tuned_is_known_before_any_weights_are_read(spec, tmp_path):
    assert tuning.obstacle("clerk") == tuning.obstacle(spec) == ""
    assert "endpoint" in tuning.obstacle("openai:m@http://localhost:1/v1")
    tokenizer = load_llm(spec).tokenizer
    tokenizer.chat_template = "{{ messages }}"
    tokenizer.save_pretrained(tmp_path)
    assert "does not mark the assistant" in tuning.obstacle(f"hf:{tmp_path}")


def test_another_model_than_clerk_gets_a_recipe_for_large_ones():
    assert tuning.recipe_for("clerk") == Recipe()
    assert tuning.recipe_for("hf:some/model").optimizer == "adamw"


def test_the_optimizer_is_the_recipes(spec, rows, tmp_path):
    for name, kind in (("muon", "Muon"), ("adamw", "AdamW")):
        recipe = Recipe(**{**vars(ONE_STEP), "optimizer": name})
        trainer = tuning.make_trainer(load_llm(spec), rows, tmp_path / name, recipe)
        assert type(trainer.create_optimizer()).__name__ == kind
    with pytest.raises(LabsError, match="muon or adamw"):
        tuning.optimizer_of(Recipe(optimizer="sgd"))


def test_an_endpoint_cannot_be_trained(rows, tmp_path):
    with pytest.raises(LabsError, match="out of reach"):
        tuning.train_lora("openai:m@http://localhost:1/v1", rows, tmp_path)

"""The cross-encoder: the prompt that it reads, what it learns from, scores on disk."""

import numpy as np
import pytest
from llama_index.core import Document
from llama_index.core.schema import NodeWithScore

from labutils import models, reranking
from labutils.chunking import make_nodes
from labutils.corpus import Question, Span
from labutils.errors import LabsError
from labutils.prompts import GRADE_TEMPLATE

TEXT = "Arlo gives 20 days of notice. Brun gives 30 days of notice. The court is in Oslo."
PLACES = [(0, 29), (30, 59), (60, len(TEXT))]
DOCUMENT = Document(id_="d", text=TEXT, metadata={"title": "Supply Agreement"})


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABS_CACHE", str(tmp_path))


def found():
    return [NodeWithScore(node=node, score=1 / rank) for rank, node in enumerate(make_nodes(DOCUMENT, PLACES), 1)]


def question(text="How many days of notice does Brun give?", evidence=((30, 59),)):
    return Question("q", "lookup", "train", "d", "notice", text, "30 days", (), tuple(Span("d", *e) for e in evidence))


def test_the_pair_template_is_the_grading_prompt():
    tokenizer = models.load_llm("clerk").tokenizer
    asked = GRADE_TEMPLATE.format(context_str='A "text"\nof {two} lines', query_str="What's that?")
    wanted = tokenizer.apply_chat_template([{"role": "user", "content": asked}], tokenize=False,
                                           add_generation_prompt=True)
    pair = [{"role": "query", "content": "What's that?"}, {"role": "document", "content": 'A "text"\nof {two} lines'}]
    tokenizer.chat_template, usual = reranking.pair_template(tokenizer), tokenizer.chat_template
    try:
        assert tokenizer.apply_chat_template(pair, tokenize=False) == wanted
    finally:
        tokenizer.chat_template = usual


@pytest.mark.parametrize("task", [reranking.GRADE, reranking.JUDGE], ids=["grade", "judge"])
def test_a_score_is_the_log_odds_of_the_two_replies(task):
    import torch

    passage, query = "Supply Agreement [1]\nBrun gives 30 days of notice.", "How many days does Brun give? 30 days"
    scored = reranking.PairScorer(reranking.untrained("clerk", task)).predict([(query, passage)])[0]
    llm = models.load_llm("clerk")
    asked = task.template.format(**{task.passage: passage, task.query: query})
    ids = llm.tokenizer.apply_chat_template([{"role": "user", "content": asked}], add_generation_prompt=True,
                                            return_tensors="pt", return_dict=True)
    with torch.no_grad():
        logits = llm.model(**ids).logits[0, -1]
    yes, no = (llm.tokenizer.encode(reply, add_special_tokens=False)[0] for reply in task.replies)
    assert scored == pytest.approx(float(logits[yes] - logits[no]), abs=1e-2)


def test_what_was_found_keeps_its_own_score():
    one = found()[1]
    (scored,) = reranking.PreparedRerank(reranking.untrained("clerk")).postprocess_nodes([one], query_str="q?")
    assert one.score == 0.5 != scored.score


def test_the_answering_passage_comes_first():
    reranker = reranking.PreparedRerank(reranking.untrained("clerk"))
    ranked = reranker.postprocess_nodes(found(), query_str=question().question)
    assert ranked[0].node.text.startswith("Brun")
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_prepared_scores_are_kept_on_disk_and_a_broken_file_is_made_again(monkeypatch, capsys):
    folder = reranking.untrained("clerk")
    first = reranking.PreparedRerank(folder)
    first.prepare(["q?"], [found()])
    scores = [one.score for one in first.postprocess_nodes(found(), query_str="q?")]
    again = reranking.PreparedRerank(folder)
    monkeypatch.setattr(again._model, "read", lambda pairs: pytest.fail("the pairs lie on disk"))
    again.prepare(["q?"], [found()])
    assert [one.score for one in again.postprocess_nodes(found(), query_str="q?")] == scores
    from labutils import settings

    (stored,) = settings.cache_dir().glob("pairs-*/*.json")
    stored.write_bytes(b"no JSON")
    capsys.readouterr()
    third = reranking.PreparedRerank(folder)
    third.prepare(["q?"], [found()])
    assert "could not be read; what was in it is made again" in capsys.readouterr().err
    assert [one.score for one in third.postprocess_nodes(found(), query_str="q?")] == pytest.approx(scores)


def test_what_pairs_share_is_read_once_and_changes_no_score(monkeypatch):
    scorer = reranking.PairScorer(reranking.untrained("clerk"))
    questions = ["How long is the notice period?", "Who pays?", "q?", "Which law governs the contract, if any does?"]
    pairs = [(asked, one.node.text * times) for asked in questions for one in found() for times in (1, 3)]
    alone = scorer.read_alone(pairs)
    assert scorer.read(pairs) == pytest.approx(alone, abs=2e-3) and np.ptp(alone) > 0.1
    assert scorer.read(pairs[:1]) == pytest.approx(alone[:1], abs=2e-3), "a passage with one question"
    monkeypatch.setitem(reranking.BATCH_TOKENS, "cpu", 30)
    assert scorer.read(pairs) == pytest.approx(alone, abs=2e-3), "in many batches"


def test_pairs_are_evidence_and_the_first_misses():
    pairs = reranking.mine([question()], {"q": found()}, {"d": TEXT}, negatives=1)
    assert [(pair.label, "Brun" in pair.passage) for pair in pairs] == [(0.0, False), (1.0, True)]
    assert all("Supply Agreement" in pair.passage for pair in pairs)
    # A chunk with a small part of the evidence is neither right nor wrong.
    part = reranking.mine([question(evidence=((25, 59),))], {"q": found()}, {"d": TEXT})
    assert [pair.label for pair in part] == [1.0, 0.0]


def test_training_teaches_what_the_labels_say():
    firms = {"Arlo": 20, "Brun": 30, "Cato": 40, "Dorn": 50}
    texts = [f"{name} gives {days} days of notice." for name, days in firms.items()]
    pairs = [reranking.Pair(f"How many days of notice does {asked[:4]} give?", text, float(asked != text))
             for asked in texts for text in texts] * 3  # labels upside down: what it knew before does not help
    recipe = reranking.Recipe(batch_size=16, steps=3)
    tuned = reranking.tune(pairs, recipe)
    assert tuned.pairs == 48 and tuned.seconds > 0
    asked = [(pair.question, pair.passage) for pair in pairs]
    wanted = np.array([pair.label for pair in pairs])
    losses = [np.logaddexp(0, (1 - 2 * wanted) * reranking.PairScorer(folder).predict(asked)).mean()
              for folder in (reranking.untrained("clerk"), tuned.folder)]
    assert losses[1] < losses[0]
    assert reranking.tune(pairs, recipe).seconds == tuned.seconds  # from the cache


def test_an_optimizer_that_there_is_not_is_said():
    with pytest.raises(LabsError, match="muon or adamw"):
        reranking.tune([reranking.Pair("q", "p", 1.0)] * 2, reranking.Recipe(optimizer="sgd", batch_size=2, steps=1))


def test_what_cannot_be_done_is_said():
    with pytest.raises(LabsError, match="an endpoint"):
        reranking.untrained("openai:m@http://localhost")
    with pytest.raises(LabsError, match="do not fill a batch"):
        reranking.tune([reranking.Pair("q", "p", 1.0)])

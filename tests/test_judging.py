"""ragas' own metrics, asked through the adapter: verdicts are the model's, malformed ones are counted."""

import asyncio

import pytest
from llama_index.core.llms import CompletionResponse, MockLLM
from pydantic import BaseModel
from ragas.metrics.collections import ContextPrecisionWithoutReference, ContextPrecisionWithReference, Faithfulness

from factory import skills
from labutils import models
from labutils.errors import LabsError
from labutils.judging import Judge


class Says(MockLLM):
    """Replies by a function of the prompt."""

    def __init__(self, reply):
        super().__init__()
        self._reply = reply

    def complete(self, prompt, formatted=False, **kwargs):
        return CompletionResponse(text=self._reply(prompt))


def faithfulness(judge, contexts, answer="30 days"):
    return asyncio.run(Faithfulness(llm=judge).ascore(
        user_input="When is it due?", response=answer, retrieved_contexts=contexts)).value


@pytest.mark.parametrize(("reply", "score", "malformed"), [
    ("supported", 1.0, 0), ("Supported.", 1.0, 0), ("not supported", 0.0, 0), ("I would say so", 0.0, 1), ("", 0.0, 1)])
def test_faithfulness_is_the_model_s_verdict(reply, score, malformed):
    asked = []
    judge = Judge(Says(lambda prompt: asked.append(prompt) or reply))
    assert faithfulness(judge, ["It is due in 30 days.", 'A "quoted" word\nand a break.']) == score
    assert (judge.asked, judge.malformed) == (1, malformed)
    assert "Statement: When is it due? 30 days\n" in asked[0] and 'A "quoted" word\nand a break.' in asked[0]


@pytest.mark.parametrize(("metric", "field"), [(ContextPrecisionWithReference, "reference"),
                                               (ContextPrecisionWithoutReference, "response")])
def test_context_precision_is_average_precision_of_the_verdicts(metric, field):
    judge = Judge(Says(lambda prompt: "yes" if "gold" in prompt else "no"))
    value = asyncio.run(metric(llm=judge).ascore(
        user_input="What?", **{field: "x"}, retrieved_contexts=["other", "gold one", "other", "gold two"])).value
    assert value == pytest.approx((1 / 2 + 2 / 4) / 2) and judge.asked == 4 and judge.malformed == 0


def test_a_metric_that_is_not_known_says_what_to_do():
    class Other(BaseModel):
        """Another metric's."""

    with pytest.raises(LabsError, match="Other.*StatementGeneratorOutput.*llm_factory"):
        Judge(Says(str)).generate("Now perform the same with the following input\ninput: {}\nOutput: ", Other)


def test_the_embedded_model_judges_better_than_chance():
    """Statements of held-out passages, half of them true: the verdicts of ragas' Faithfulness agree with the truth."""
    judge, right, asked = Judge(models.load_llm("clerk")), 0, 0
    import random

    for i in range(40):
        sample = skills.judge_sample(random.Random(f"clerk-test-adapter-{i}"), 2, False)
        context = sample.prefix.split("\n\n", 1)[1].rsplit("\n\nStatement: ", 1)[0]
        for branch, answer in sample.branches[:1]:
            right += judge.supports(context, branch.split("\n")[0]) == (answer == "supported")
            asked += 1
    assert asked > 25 and judge.malformed <= 2 and right / asked > 0.8

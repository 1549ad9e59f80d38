"""The table of components of llama-index and ragas: perfect replies are well formed for each of them, noise is not."""

from random import Random

import pytest
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback

from factory import components


class Scripted(CustomLLM):
    """Answers every prompt with the same text."""

    text: str

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=2048, num_output=96)

    @llm_completion_callback()
    def complete(self, prompt, formatted=False, **kwargs):
        return CompletionResponse(text=self.text)

    @llm_completion_callback()
    def stream_complete(self, prompt, formatted=False, **kwargs):
        yield CompletionResponse(text=self.text)


RIGHT = {
    "HyDEQueryTransform": "A title\nThe supplier delivers within ten days of an order.",
    "QueryFusionRetriever": "When is it due?\nBy which day?",
    "SubQuestionQueryEngine (its question generator)":
        '{"items": [{"sub_question": "When?", "tool_name": "document_1"}]}',
    "QuestionsAnsweredExtractor": "When is it due?\nBy which day?",
    "SummaryExtractor": "Supply Agreement. payment term: 30 days.",
    "SimpleLLMPathExtractor (property graph)": "(Supply Agreement, payment term, 30 days)",
    "LLMRerank": "Doc: 2, Relevance: 9",
    "CitationQueryEngine": "30 days [1]",
    "response mode refine": "30 days",
    "response mode tree_summarize": "30 days",
    "ragas Faithfulness": "supported",
    "ragas ContextPrecision": "yes",
}


def test_every_component_has_its_right_reply():
    assert RIGHT.keys() == components.COMPONENTS.keys()


@pytest.mark.parametrize("name", RIGHT)
def test_right_replies_are_well_formed_and_noise_is_not(name):
    case = components.draw_case(Random("components"), True)
    _, run = components.COMPONENTS[name]
    assert components.usable(run, Scripted(text=RIGHT[name]), case)
    assert not components.usable(run, Scripted(text=""), case)
    if "response mode" not in name:  # any line is an answer there
        assert not components.usable(run, Scripted(text="(1"), case)


def test_cases_are_held_out_and_hold_their_answers_documents():
    cases = [components.draw_case(Random(f"components-{i}"), i % 2 == 0) for i in range(6)]
    assert len({case.question for case in cases}) == 6
    for case in cases:
        assert len({node.metadata["title"] for node in case.nodes}) == components.PASSAGES
        assert case.answer in case.nodes[0].text
        assert case.both.startswith(case.question[:-1]) and case.both.endswith("?")

"""Judge answers with the language model of the course: an adapter that lets ragas' metrics ask any of our models.

ragas asks for JSON after a prompt of a thousand tokens of examples, which a small model can't follow. The adapter takes
the question, the answer and the context out of that prompt and asks with the short templates of `labutils.prompts`. A
reply that is no verdict is counted, and read as a no.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from llama_index.core.llms import LLM
from ragas.llms.base import InstructorBaseRagasLLM

from .errors import LabsError
from .prompts import GRADE_TEMPLATE, JUDGE_TEMPLATE

_INPUT = re.compile(r"Now perform the same with the following input\s+input: (\{.*\})\s+Output:\s*$",
                    re.DOTALL | re.IGNORECASE)


class Judge(InstructorBaseRagasLLM):
    """An `llm` for `ragas.metrics.collections`: Faithfulness, and ContextPrecision with and without reference.

    Faithfulness first has an answer split into statements. Answers here are one value, so question and answer make the
    one statement; its verdict is the model's. `asked` and `malformed` count verdicts and those that could not be read.
    """

    def __init__(self, llm: LLM) -> None:
        self.llm = llm
        self.asked = self.malformed = 0

    def generate(self, prompt: str, response_model: type):
        """Return the filled response model; LabsError for a metric that the adapter does not know."""
        given = _INPUT.search(prompt)
        make = _ANSWERS.get(response_model.__name__)
        if not given or make is None:
            raise LabsError(f"The judge can't answer ragas' {response_model.__name__}. It knows {', '.join(_ANSWERS)}; "
                            "for other metrics give ragas a larger model (ragas.llms.llm_factory).")
        return response_model(**make(self, json.loads(given[1])))

    async def agenerate(self, prompt: str, response_model: type):
        """The same, as ragas' metrics call it."""
        return self.generate(prompt, response_model)

    def supports(self, context: str, statement: str) -> bool:
        """Return whether the model says that the context supports the statement."""
        prompt = JUDGE_TEMPLATE.format(context_str=context, statement=statement)
        return self._verdict(prompt, "supported", "not supported")

    def answers(self, context: str, question: str) -> bool:
        """Return whether the model says that the context answers the question."""
        return self._verdict(GRADE_TEMPLATE.format(context_str=context, query_str=question), "yes", "no")

    def _verdict(self, prompt: str, positive: str, negative: str) -> bool:
        said = self.llm.complete(prompt).text.strip().strip(".").lower()
        self.asked += 1
        self.malformed += said not in (positive, negative)
        return said == positive


def _statements(judge: Judge, given: dict) -> dict:
    return {"statements": [f"{given['question']} {given['answer']}"]}


def _verdicts(judge: Judge, given: dict) -> dict:
    verdicts = [int(judge.supports(given["context"], statement)) for statement in given["statements"]]
    return {"statements": [{"statement": statement, "reason": "", "verdict": verdict}
                           for statement, verdict in zip(given["statements"], verdicts, strict=True)]}


def _useful(judge: Judge, given: dict) -> dict:
    return {"reason": "", "verdict": int(judge.answers(given["context"], given["question"]))}


# ragas' response models by name: what is asked, and how.
_ANSWERS: dict[str, Callable[[Judge, dict], dict]] = {
    "StatementGeneratorOutput": _statements, "NLIStatementOutput": _verdicts, "ContextPrecisionOutput": _useful}

"""The prompts that the pipelines send and that Clerk was pretrained on. Larger models follow them as they are."""

from .metrics import ABSTAIN

QA_TEMPLATE = (
    "Answer the question from the passages. Cite the passage first, like [1]. If the passages do not say, answer: "
    + ABSTAIN + "\n\n{context_str}\n\nQuestion: {query_str}"
)

CLOSED_BOOK_TEMPLATE = (
    "Answer the question in a few words. If you do not know, answer: " + ABSTAIN + "\n\nQuestion: {query_str}"
)

# For SubQuestionQueryEngine: its default shows a long example, which fills a small model's context. Single braces:
# llama-index fills the names that it knows and leaves other braces as they are.
SUB_QUESTION_TEMPLATE = (
    "Split the question into one question for each document that it asks about. Answer with JSON: "
    '{"items": [{"sub_question": "...", "tool_name": "..."}]}\n\nDocuments:\n{tools_str}\n\nQuestion: {query_str}\n'
)

JUDGE_TEMPLATE = (
    "Do the passages support the statement? Answer: supported, or: not supported.\n\n{context_str}\n\n"
    "Statement: {statement}\n"
)

# Whether a passage is worth reading, for corrective retrieval.
GRADE_TEMPLATE = (
    "Does the passage answer the question? Answer: yes, or: no.\n\n{context_str}\n\nQuestion: {query_str}\n"
)

# What of a passage a question needs, for compression; NOTHING_RELEVANT where it needs none of it.
NOTHING_RELEVANT = "Nothing."
COMPRESS_TEMPLATE = (
    "Copy the sentences of the passage that answer the question. If there are none, answer: " + NOTHING_RELEVANT
    + "\n\n{context_str}\n\nQuestion: {query_str}\n"
)

# Which of two answers is better, for feedback from a model.
PREFERENCE_TEMPLATE = (
    "Which answer is better by the passages, A or B?\n\n{context_str}\n\nQuestion: {query_str}\nA: {answer_a}\n"
    "B: {answer_b}\n"
)


def format_passages(passages: list[tuple[str, str]], numbers: list[int] | None = None) -> str:
    """Number (title, text) passages as the prompts expect them: 'title [1]', a line break, the text.

    The number follows the title: a small model goes from a name in the question to the same name in a title and reads
    on. A number in front of the title it does not find (measured: see the log in factory/README.md).
    """
    numbers = numbers or list(range(1, len(passages) + 1))
    return "\n\n".join(f"{title} [{i}]\n{text}".strip() for i, (title, text) in zip(numbers, passages, strict=True))

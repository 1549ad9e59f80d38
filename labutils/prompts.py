"""The prompts that the pipelines send and that Clerk was pretrained on. Larger models follow them as they are."""

from .metrics import ABSTAIN

QA_TEMPLATE = (
    "Answer the question from the passages. Cite the passage first, like [1]. If the passages do not say, answer: "
    + ABSTAIN + "\n\n{context_str}\n\nQuestion: {query_str}"
)

CLOSED_BOOK_TEMPLATE = (
    "Answer the question in a few words. If you do not know, answer: " + ABSTAIN + "\n\nQuestion: {query_str}"
)


def format_passages(passages: list[tuple[str, str]], numbers: list[int] | None = None) -> str:
    """Number (title, text) passages as the prompts expect them: '[1] title', a line break, the text."""
    numbers = numbers or list(range(1, len(passages) + 1))
    return "\n\n".join(f"[{i}] {title}\n{text}" for i, (title, text) in zip(numbers, passages, strict=True))

"""Documents into chunks with exact character offsets, so that evidence can be measured in characters."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from llama_index.core import Document
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import NodeRelationship, TextNode

from labutils.errors import LabsError

_SPACE = re.compile(r"\s*")


def fixed_size(documents: Iterable[Document], chunk_size: int = 96, overlap: int = 16) -> list[TextNode]:
    """Return chunks of at most `chunk_size` tokens that share up to `overlap`, cut between sentences where possible.

    llama-index's SentenceSplitter does the cutting (tokens of its default tokenizer). It finds the offsets of a chunk
    by searching for its text, which is wrong for repeated boilerplate; here they are worked out so that the chunks
    cover the document in order. Every node has `start_char_idx` and `end_char_idx` with
    doc.text[start:end] == node.text. Raises LabsError for sizes that make no sense.
    """
    if not 0 <= overlap < chunk_size:
        raise LabsError(f"chunk_size must be positive and overlap smaller than it: got {chunk_size} and {overlap}")
    # The splitter sees the text alone: the length of a title shall not change where a text is cut.
    splitter = SentenceSplitter(chunk_size=chunk_size, chunk_overlap=overlap, include_metadata=False)
    nodes = []
    for document in documents:
        try:
            texts = splitter.split_text(document.text)
        except ValueError as fault:
            raise LabsError(f"{document.id_} cannot be cut into chunks of {chunk_size} tokens ({fault}); "
                            "use larger chunks") from fault
        nodes += _nodes(document, drop_contained(place_chunks(document.text, texts)))
    return nodes


def by_section(documents: Iterable[Document]) -> list[TextNode]:
    """Return one chunk per `## ` section of each Markdown document, the text before the first heading as its own chunk.

    Headings inside fenced code do not count. Offsets are exact, as in `fixed_size`.
    """
    nodes = []
    for document in documents:
        text = document.text
        cuts = [0, *_headings(text), len(text)]
        nodes += _nodes(document, [_trim(text, start, end) for start, end in zip(cuts, cuts[1:])])
    return nodes


def _headings(text: str) -> list[int]:
    """Return the offsets of the lines that start with "## ", fenced code left out."""
    found, fenced = [], False
    for line in re.finditer(r"^.*$", text, flags=re.MULTILINE):
        if line.group().lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif line.group().startswith("## ") and not fenced:
            found.append(line.start())
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    body = text[start:end]
    return start + len(body) - len(body.lstrip()), end - len(body) + len(body.rstrip())


def _occurrences(text: str, chunk: str, low: int, high: int) -> list[int]:
    """Return every start of `chunk` in `text` between low and high (both included)."""
    found, at = [], text.find(chunk, low, high + len(chunk))
    while at >= 0:
        found.append(at)
        at = text.find(chunk, at + 1, high + len(chunk))
    return found


def place_chunks(text: str, chunks: Sequence[str]) -> list[tuple[int, int]]:
    """Return (start, end) of each chunk, given that the chunks cover the text in order and leave out only white space.

    A repeated chunk has several possible places; only those count from which the following chunks still reach the end
    of the text. Where several remain, the last start is taken (the smallest overlap). Raises LabsError if none is left.
    """
    possible: list[list[int]] = []
    for number, chunk in enumerate(chunks):
        if number == 0:
            low = high = _after_space(text, 0)
        else:
            size = len(chunks[number - 1])
            low, high = possible[-1][0], _after_space(text, possible[-1][-1] + size)
        starts = _occurrences(text, chunk, low, high)
        if number > 0:
            starts = [at for at in starts if _can_follow(text, possible[-1], size, at, len(chunk))]
        if not starts:
            raise LabsError(f"chunk {number + 1} of {len(chunks)} cannot be placed in its document: {chunk[:60]!r}")
        possible.append(starts)
    return _choose(text, chunks, possible) if chunks else []


def _after_space(text: str, position: int) -> int:
    # The splitter strips the edges of chunks, so between two chunks there may be white space and nothing else.
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _can_follow(text: str, starts: list[int], size: int, at: int, next_size: int) -> bool:
    """Return whether a chunk at `at` can come after one of length `size` at any of `starts` (increasing).

    It starts and ends no earlier than that one, and nothing but white space lies between them.
    """
    nearest = bisect_right(starts, min(at, at + next_size - size)) - 1
    return nearest >= 0 and at <= _after_space(text, starts[nearest] + size)


def _next_starts(text: str, start: int, size: int, nexts: list[int], next_size: int) -> list[int]:
    """Return those of `nexts` (increasing) at which a chunk can come after the one at `start`."""
    low = bisect_left(nexts, max(start, start + size - next_size))
    return nexts[low:bisect_right(nexts, _after_space(text, start + size))]


def _choose(text: str, chunks: Sequence[str], possible: list[list[int]]) -> list[tuple[int, int]]:
    """Return the places of a chain that ends where the text does, the latest start at each step."""
    sizes = [len(chunk) for chunk in chunks]
    alive = [[start for start in possible[-1] if start + sizes[-1] == len(text.rstrip())]]
    if not alive[0]:
        raise LabsError(f"the chunks do not reach the end of their document: last is {chunks[-1][:60]!r}")
    # Backwards, keep the starts that lead to the end; forwards, take the latest of them.
    for number in range(len(chunks) - 2, -1, -1):
        alive.append([start for start in possible[number]
                      if _next_starts(text, start, sizes[number], alive[-1], sizes[number + 1])])
    alive.reverse()
    chosen = [alive[0][-1]]
    for number in range(1, len(chunks)):
        chosen.append(_next_starts(text, chosen[-1], sizes[number - 1], alive[number], sizes[number])[-1])
    return [(start, start + size) for start, size in zip(chosen, sizes)]


def drop_contained(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places without those that lie wholly inside their neighbor; starts and ends then strictly increase.

    The splitter makes such chunks of nothing but overlap where white space is as long as a chunk.
    """
    kept: list[tuple[int, int]] = []
    for start, end in places:
        if kept and end <= kept[-1][1]:
            continue
        if kept and start == kept[-1][0]:
            kept.pop()
        kept.append((start, end))
    return kept


def _nodes(document: Document, places: Iterable[tuple[int, int]]) -> list[TextNode]:
    """Return the chunks of a document as nodes with ids made of document and offsets, linked to their neighbors."""
    source = document.as_related_node_info()
    nodes = []
    for start, end in places:
        if start >= end:
            continue
        # The offset in the metadata keeps repeated paragraphs apart where llama-index hashes a node (rank fusion).
        metadata: dict[str, Any] = {**document.metadata, "start": start}
        nodes.append(TextNode(
            id_=f"{document.id_}:{start}-{end}", text=document.text[start:end], start_char_idx=start, end_char_idx=end,
            metadata=metadata, excluded_embed_metadata_keys=[*document.excluded_embed_metadata_keys, "start"],
            excluded_llm_metadata_keys=[*document.excluded_llm_metadata_keys, "start"],
            relationships={NodeRelationship.SOURCE: source}))
    for before, after in zip(nodes, nodes[1:]):
        before.relationships[NodeRelationship.NEXT] = after.as_related_node_info()
        after.relationships[NodeRelationship.PREVIOUS] = before.as_related_node_info()
    return nodes

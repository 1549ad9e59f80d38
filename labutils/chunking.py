"""Documents into chunks with exact character offsets, so that evidence can be measured in characters."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from llama_index.core import Document
from llama_index.core.node_parser import (
    HierarchicalNodeParser, SentenceSplitter, SentenceWindowNodeParser, TokenTextSplitter)
from llama_index.core.node_parser.text.utils import split_by_sentence_tokenizer
from llama_index.core.postprocessor import MetadataReplacementPostProcessor
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, TextNode

from labutils.errors import LabsError

_SPACE = re.compile(r"\s*")
KINDS = {"contract": "the contract itself, as signed", "amendment": "an amendment, which replaces what stood before",
         "side letter": "a side letter to the contract", "sow": "a statement of work under the contract",
         "memo": "a memo, which changes nothing"}
WINDOW, WINDOW_START, WINDOW_END = "window", "window_start", "window_end"


def fixed_size(documents: Iterable[Document], chunk_size: int = 96, overlap: int = 16) -> list[TextNode]:
    """Return chunks of at most `chunk_size` tokens that share up to `overlap`, cut between sentences where possible.

    llama-index's SentenceSplitter does the cutting (tokens of its default tokenizer). It finds the offsets of a chunk
    by searching for its text, which is wrong for repeated boilerplate; here they are worked out so that the chunks
    cover the document in order. Every node has `start_char_idx` and `end_char_idx` with
    doc.text[start:end] == node.text. Raises LabsError for sizes that make no sense.
    """
    _require_sizes(chunk_size, overlap)
    # The splitter sees the text alone: the length of a title shall not change where a text is cut.
    splitter = SentenceSplitter(chunk_size=chunk_size, chunk_overlap=overlap, include_metadata=False)
    return [node for document in documents for node in make_nodes(document, _cut(document, splitter.split_text))]


def by_tokens(documents: Iterable[Document], chunk_size: int = 96, overlap: int = 16) -> list[TextNode]:
    """Return chunks of `chunk_size` tokens, give or take one, cut at a blank, sentence or not.

    llama-index's TokenTextSplitter does the cutting; it adds up the tokens of words, so the sum may be off by one.
    Offsets are exact, as in `fixed_size`. Raises LabsError for sizes that make no sense.
    """
    _require_sizes(chunk_size, overlap)
    splitter = TokenTextSplitter(chunk_size=chunk_size, chunk_overlap=overlap, include_metadata=False)
    return [node for document in documents for node in make_nodes(document, _cut(document, splitter.split_text))]


def _require_sizes(chunk_size: int, overlap: int) -> None:
    if not 0 <= overlap < chunk_size:
        raise LabsError(f"chunk_size must be positive and overlap smaller than it: got {chunk_size} and {overlap}")


def _cut(document: Document, split: Callable[[str], list[str]]) -> list[tuple[int, int]]:
    """Return the places of the pieces that a splitter of llama-index makes of a document."""
    try:
        texts = split(document.text)
    except ValueError as fault:
        raise LabsError(f"{document.id_} cannot be cut into chunks ({fault}); use larger chunks") from fault
    return drop_contained(place_chunks(document.text, texts))


def by_section(documents: Iterable[Document], chunk_size: int | None = None) -> list[TextNode]:
    """Return one chunk per `## ` section of each Markdown document, the text before the first heading as its own chunk.

    Headings inside fenced code do not count. With `chunk_size`, a section of more tokens is cut between sentences into
    chunks of at most that size, without overlap; so is a document without headings. Every chunk's metadata has its
    `section`, the heading without its number ("" before the first). Offsets are exact, as in `fixed_size`. Raises
    LabsError for a size that makes no sense.
    """
    splitter = None
    if chunk_size is not None:
        _require_sizes(chunk_size, 0)
        splitter = SentenceSplitter(chunk_size=chunk_size, chunk_overlap=0, include_metadata=False)
    nodes, documents = [], list(documents)
    for document in documents:
        sections = section_spans(document.text)
        places = [place for start, end, _ in sections for place in
                  ([(start, end)] if splitter is None else _cut_part(document.text, start, end, splitter.split_text))]
        nodes += make_nodes(document, places)
    return with_sections(nodes, documents)


def _cut_part(text: str, start: int, end: int, split: Callable[[str], list[str]]) -> list[tuple[int, int]]:
    part = text[start:end]
    return [(start + first, start + last) for first, last in drop_contained(place_chunks(part, split(part)))]


def section_spans(text: str) -> list[tuple[int, int, str]]:
    """Return (start, end, heading) of each `## ` section, white space at its edges left out; empty ones do not count.

    The heading comes without its number ("## 3. Renewal" gives "Renewal"); what precedes the first one has "".
    """
    cuts = [0, *_headings(text), len(text)]
    spans = []
    for low, high in zip(cuts, cuts[1:]):
        start, end = _trim(text, low, high)
        line = text[start:end].partition("\n")[0]
        heading = re.sub(r"^##\s+(?:[\d.]+\s+)?", "", line).strip() if line.startswith("## ") else ""
        if start < end:
            spans.append((start, end, heading))
    return spans


def with_sections(nodes: list[TextNode], documents: Iterable[Document]) -> list[TextNode]:
    """Return the nodes, each with the heading of the section that it begins in as its metadata "section"."""
    spans = {document.id_: section_spans(document.text) for document in documents}
    for node in nodes:
        starts = [start for start, _, _ in spans[node.ref_doc_id]]
        node.metadata["section"] = spans[node.ref_doc_id][bisect_right(starts, node.start_char_idx) - 1][2]
        node.excluded_embed_metadata_keys.append("section")
        node.excluded_llm_metadata_keys.append("section")
    return nodes


def with_context(nodes: list[TextNode]) -> list[TextNode]:
    """Return the nodes, each with a line on its document as its metadata "context": what kind it is, its date.

    A template writes it, from what the archive knows of a document; a model does not read it.
    """
    for node in nodes:
        kind, date = node.metadata.get("kind", ""), node.metadata.get("date", "")
        said = (f"from {KINDS[kind]}" if kind in KINDS else "", f"dated {date}" if date else "")
        node.metadata["context"] = ", ".join(filter(None, said))
        node.excluded_embed_metadata_keys.append("context")
        node.excluded_llm_metadata_keys.append("context")
    return nodes


def with_header(nodes: Sequence[TextNode], keys: Sequence[str]) -> list[TextNode]:
    """Return copies of the nodes in which these metadata are embedded and searched as well, in front of the text.

    The text itself stays as it is, and so does what a model reads. Raises LabsError for a key that no node has.
    """
    for key in keys:
        if not any(key in node.metadata for node in nodes):
            raise LabsError(f"no chunk has the metadata {key!r}; write it into node.metadata first")
    headed = []
    for node in nodes:
        kept = {key: node.metadata[key] for key in keys if node.metadata.get(key)}
        rest = {key: value for key, value in node.metadata.items() if key not in kept}
        headed.append(node.model_copy(update={"metadata": kept | rest, "excluded_embed_metadata_keys": list(rest)}))
    return headed


def sentences(text: str) -> list[str]:
    """Return the sentences of a text as llama-index's default (nltk punkt) finds them, scraps put to their successor.

    A scrap has at most three words. Punkt makes one of the number of a heading ("## 3."), which says nothing by itself.
    """
    pieces: list[str] = []
    scrap = ""
    for piece in split_by_sentence_tokenizer()(text):
        piece, scrap = scrap + piece, ""
        if len(piece.split()) <= 3:
            scrap = piece
        else:
            pieces.append(piece)
    return [*pieces, scrap] if scrap else pieces


def sentence_windows(documents: Iterable[Document], window: int = 1) -> list[TextNode]:
    """Return one chunk per sentence that knows the `window` sentences on either side of it: search small, read large.

    llama-index's SentenceWindowNodeParser cuts into `sentences`. The metadata "window" holds the text to read instead,
    with its offsets in "window_start" and "window_end"; `ReplaceByWindow` puts it in. Raises LabsError for a window
    below 1.
    """
    if window < 1:
        raise LabsError(f"a sentence window takes at least one sentence on either side: got {window}")
    parser = SentenceWindowNodeParser.from_defaults(window_size=window, sentence_splitter=sentences)
    nodes = []
    for document in documents:
        texts = [node.text.strip() for node in parser.get_nodes_from_documents([document])]
        found = make_nodes(document, place_chunks(document.text, [text for text in texts if text]))
        for number, node in enumerate(found):
            start = found[max(0, number - window)].start_char_idx
            end = found[min(len(found) - 1, number + window)].end_char_idx
            node.metadata |= {WINDOW: document.text[start:end], WINDOW_START: start, WINDOW_END: end}
            for excluded in (node.excluded_embed_metadata_keys, node.excluded_llm_metadata_keys):
                excluded += [WINDOW, WINDOW_START, WINDOW_END]
        nodes += found
    return nodes


class ReplaceByWindow(MetadataReplacementPostProcessor):
    """llama-index's MetadataReplacementPostProcessor for the chunks of `sentence_windows`, which also moves offsets."""

    def __init__(self) -> None:
        super().__init__(target_metadata_key=WINDOW)

    def _postprocess_nodes(self, nodes: list[NodeWithScore],
                           query_bundle: QueryBundle | None = None) -> list[NodeWithScore]:
        for one in super()._postprocess_nodes(nodes, query_bundle):
            one.node.start_char_idx = one.node.metadata[WINDOW_START]
            one.node.end_char_idx = one.node.metadata[WINDOW_END]
        return nodes


def hierarchy(documents: Iterable[Document], parent_size: int = 192, leaf_size: int = 64) -> list[TextNode]:
    """Return parents of at most `parent_size` tokens and their leaves of at most `leaf_size`, for AutoMergingRetriever.

    llama-index's HierarchicalNodeParser does the cutting; `llama_index.core.node_parser.get_leaf_nodes` picks the
    leaves, which are what to search. Offsets are exact, as in `fixed_size`, and `ref_doc_id` is the document's on both
    levels. Raises LabsError for sizes that make no sense.
    """
    if not 0 < leaf_size < parent_size:
        raise LabsError(f"leaves must be smaller than their parents: got {leaf_size} and {parent_size}")
    splitters = {name: SentenceSplitter(chunk_size=size, chunk_overlap=0, include_metadata=False)
                 for name, size in (("parent", parent_size), ("leaf", leaf_size))}
    parser = HierarchicalNodeParser.from_defaults(node_parser_ids=list(splitters), node_parser_map=splitters)
    nodes = []
    for document in documents:
        cut = parser.get_nodes_from_documents([document])
        leaves = [node for node in cut if node.parent_node is not None]
        parents = [node for node in cut if node.parent_node is None]
        levels = [make_nodes(document, drop_contained(place_chunks(document.text, [node.text for node in level])), name)
                  for level, name in ((parents, "/parent"), (leaves, ""))]
        _link(*levels)
        nodes += levels[0] + levels[1]
    return nodes


def _link(parents: list[TextNode], leaves: list[TextNode]) -> None:
    """Make each leaf the child of the parent that it lies in."""
    starts = [parent.start_char_idx for parent in parents]
    for leaf in leaves:
        parent = parents[bisect_right(starts, leaf.start_char_idx) - 1]
        leaf.relationships[NodeRelationship.PARENT] = parent.as_related_node_info()
        parent.relationships.setdefault(NodeRelationship.CHILD, []).append(leaf.as_related_node_info())


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


def make_nodes(document: Document, places: Iterable[tuple[int, int]], suffix: str = "") -> list[TextNode]:
    """Return the chunks of a document as nodes with ids made of document, offsets and suffix, linked to neighbors."""
    source = document.as_related_node_info()
    nodes = []
    for start, end in places:
        if start >= end:
            continue
        # The offset in the metadata keeps repeated paragraphs apart where llama-index hashes a node (rank fusion).
        metadata: dict[str, Any] = {**document.metadata, "start": start}
        nodes.append(TextNode(
            id_=f"{document.id_}:{start}-{end}{suffix}", text=document.text[start:end], start_char_idx=start,
            end_char_idx=end, metadata=metadata,
            excluded_embed_metadata_keys=[*document.excluded_embed_metadata_keys, "start"],
            excluded_llm_metadata_keys=[*document.excluded_llm_metadata_keys, "start"],
            relationships={NodeRelationship.SOURCE: source}))
    for before, after in zip(nodes, nodes[1:]):
        before.relationships[NodeRelationship.NEXT] = after.as_related_node_info()
        after.relationships[NodeRelationship.PREVIOUS] = before.as_related_node_info()
    return nodes

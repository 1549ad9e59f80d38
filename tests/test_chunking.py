"""Chunks: exact offsets, also where text repeats."""

import pytest
from llama_index.core import Document
from llama_index.core.node_parser import SentenceSplitter, get_leaf_nodes, get_root_nodes
from llama_index.core.schema import NodeWithScore

from labutils.chunking import (
    ReplaceByWindow, by_section, by_tokens, drop_contained, fixed_size, hierarchy, place_chunks, section_spans,
    sentence_windows, sentences, with_context, with_header)
from labutils.errors import LabsError

BOILERPLATE = "Each party keeps the terms secret. Notices are in writing. No waiver is implied by any delay in acting."


def document(text: str, doc_id: str = "d") -> Document:
    metadata = {"title": "A title", "kind": "contract"}
    return Document(id_=doc_id, text=text, metadata=metadata, excluded_embed_metadata_keys=list(metadata),
                    excluded_llm_metadata_keys=["kind"])


def check(doc: Document, nodes: list) -> None:
    """Hold nodes to exact offsets that increase and that leave out nothing but white space."""
    ends = 0
    for before, node in zip([None, *nodes], nodes):
        assert doc.text[node.start_char_idx:node.end_char_idx] == node.text
        if before is not None:
            assert node.start_char_idx > before.start_char_idx and node.end_char_idx > before.end_char_idx
        assert doc.text[ends:node.start_char_idx].strip() == ""
        ends = node.end_char_idx
    assert doc.text[ends:].strip() == ""


@pytest.mark.parametrize(("size", "overlap"), [(96, 16), (40, 10), (24, 12), (16, 0)])
def test_offsets_are_exact_on_repeated_paragraphs(size, overlap):
    sections = [f"## {number}. Section\n\n{BOILERPLATE}" for number in range(6)]
    text = "\n\n".join([BOILERPLATE, *sections, BOILERPLATE, BOILERPLATE, " \n \n" * 60, "The end.", "The end."])
    check(document(text), fixed_size([document(text)], size, overlap))


PERIODIC = ["one. " * 300, "x" * 1500, "\n\n  A  B \n\n\n" * 80, "Yes. Yes. No. " * 90, "a\n\n\nb"]


@pytest.mark.parametrize("text", PERIODIC)
def test_offsets_are_exact_on_periodic_text(text):
    check(document(text), fixed_size([document(text)], 24, 8))


CHUNKERS = [lambda docs: by_tokens(docs, 24, 8), lambda docs: by_section(docs, 24), sentence_windows,
            lambda docs: get_leaf_nodes(hierarchy(docs, 96, 52)), lambda docs: get_root_nodes(hierarchy(docs, 96, 52))]


@pytest.mark.parametrize("chunk", CHUNKERS)
@pytest.mark.parametrize("text", [*PERIODIC, "\n\n".join(f"## {n}. Section\n\n{BOILERPLATE}" for n in range(6))])
def test_every_chunker_has_exact_offsets(chunk, text):
    check(document(text), chunk([document(text)]))


def test_offsets_are_repaired_where_the_library_is_wrong():
    # The second "Notices are in writing." is a chunk of its own; a plain search finds it inside the first chunk.
    text = ("This is law. Notices are in writing. Yes. Notices are in writing. "
            "Whoever breaks this contract pays for every damage that it does.")
    plain = SentenceSplitter(chunk_size=15, chunk_overlap=0).get_nodes_from_documents([Document(id_="d", text=text)])
    assert [node.text for node in plain][:2] == ["This is law. Notices are in writing. Yes.", "Notices are in writing."]
    assert plain[1].start_char_idx == 13, "llama-index has become exact: place_chunks may go"
    nodes = fixed_size([document(text)], 15, 0)
    assert nodes[1].text == plain[1].text and nodes[1].start_char_idx == 42
    check(document(text), nodes)


def test_chunks_keep_to_their_size():
    from llama_index.core.utils import get_tokenizer

    tokens = get_tokenizer()
    nodes = fixed_size([document(" ".join(f"Clause {n} binds party {n % 7}." for n in range(200)))], 64, 8)
    assert len(nodes) > 5 and all(len(tokens(node.text)) <= 64 for node in nodes)


def test_nodes_keep_metadata_and_have_fixed_ids():
    text = BOILERPLATE * 5
    nodes = fixed_size([document(text)], 32, 8)
    again = fixed_size([document(text)], 32, 8)
    assert [n.node_id for n in nodes] == [n.node_id for n in again] and len({n.node_id for n in nodes}) == len(nodes)
    first = nodes[0]
    assert first.ref_doc_id == "d" and first.metadata["title"] == "A title"
    assert first.node_id == f"d:{first.start_char_idx}-{first.end_char_idx}"
    assert first.get_content("embed") == first.text, "no metadata may reach the embedding"
    assert first.get_content("llm") == f"title: A title\n\n{first.text}"
    assert first.next_node.node_id == nodes[1].node_id and nodes[1].prev_node.node_id == first.node_id
    assert len({n.hash for n in nodes}) == len(nodes), "equal passages must stay apart in rank fusion"


def test_repeated_sections_stay_apart_in_rank_fusion():
    doc = document("\n\n".join(["## Notices\n\nNotices are in writing."] * 3))
    nodes = by_section([doc])
    assert len(nodes) == 3 and len({n.hash for n in nodes}) == 3
    check(doc, nodes)


def test_by_section_cuts_at_second_level_headings():
    text = ("# Title\n\nPreamble.\n\n## 1. Pay\n\nText.\n### 1.1 Not here\n\n```\n## not a heading\n```\n\n"
            "## 2. Law\nLast. ")
    doc = document(text)
    nodes = by_section([doc])
    check(doc, nodes)
    assert [n.text.splitlines()[0] for n in nodes] == ["# Title", "## 1. Pay", "## 2. Law"]
    assert "## not a heading" in nodes[1].text
    plain = by_section([document("No heading at all.")])
    assert [n.text for n in plain] == ["No heading at all."]


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (16, 16), (16, 20), (16, -1)])
def test_sizes_that_make_no_sense(size, overlap):
    with pytest.raises(LabsError, match="overlap"):
        fixed_size([document("Text.")], size, overlap)


def test_tokens_are_cut_inside_sentences():
    from llama_index.core.utils import get_tokenizer

    nodes = by_tokens([document(f"{BOILERPLATE} " * 8)], 24, 0)
    assert all(len(get_tokenizer()(node.text)) <= 24 + 1 for node in nodes)
    assert any(not node.text.endswith(".") for node in nodes)
    assert all(node.text.endswith(".") for node in fixed_size([document(f"{BOILERPLATE} " * 8)], 24, 0))


@pytest.mark.parametrize("wrong", [lambda d: by_tokens(d, 16, 16), lambda d: by_section(d, 0),
                                   lambda d: sentence_windows(d, 0), lambda d: hierarchy(d, 64, 64)])
def test_other_sizes_that_make_no_sense(wrong):
    with pytest.raises(LabsError):
        wrong([document("Text.")])


def test_sections_have_their_heading_and_long_ones_are_cut():
    long = " ".join(f"Clause {n} binds party {n % 7}." for n in range(40))
    doc = document(f"# Title\n\nPreamble.\n\n## 3. Renewal of Terms\n\n{long}\n\n## Law\n\nLaw.")
    whole, cut = by_section(iter([doc])), by_section(iter([doc]), 64)
    assert [node.metadata["section"] for node in whole] == ["", "Renewal of Terms", "Law"]
    assert len(cut) > 4 and [n.metadata["section"] for n in cut[1:-1]] == ["Renewal of Terms"] * (len(cut) - 2)
    assert whole[1].get_content("embed") == whole[1].text and "section" not in whole[1].get_content("llm")
    assert section_spans(doc.text)[1][2] == "Renewal of Terms"
    assert len(by_section([document(long)], 64)) > 3, "a text without headings is cut all the same"


def test_scraps_are_no_sentences():
    text = "## 1. Payment\n\n1.1 The Buyer pays within 30 days. Late payments bear interest. Yes. Or no"
    assert sentences(text) == ["## 1. Payment\n\n1.1 The Buyer pays within 30 days. ",
                               "Late payments bear interest. ", "Yes. Or no"]
    assert "".join(sentences(text)) == text and sentences("") == []


def test_a_sentence_is_found_and_its_window_is_read():
    doc = document("One is the first sentence. Two is the second sentence. Three is the third one. Four ends it all.")
    nodes = sentence_windows([doc], 1)
    assert [n.text.split()[0] for n in nodes] == ["One", "Two", "Three", "Four"]
    assert nodes[1].get_content("embed") == nodes[1].text == "Two is the second sentence."
    assert nodes[1].get_content("llm") == f"title: A title\n\n{nodes[1].text}"
    (read,) = ReplaceByWindow().postprocess_nodes([NodeWithScore(node=nodes[1].model_copy(), score=1.0)])
    assert read.node.text == "One is the first sentence. Two is the second sentence. Three is the third one."
    assert doc.text[read.node.start_char_idx:read.node.end_char_idx] == read.node.text
    edge = nodes[3].metadata
    assert edge["window"].startswith("Three") and (edge["window_start"], edge["window_end"]) == (55, len(doc.text))


def test_leaves_know_their_parent_and_the_document():
    text = " ".join(f"Clause {n} binds party {n % 7} for {n} days." for n in range(60))
    docs = [document(text, name) for name in "ab"]
    nodes = hierarchy(docs, 96, 52)
    leaves, parents = get_leaf_nodes(nodes), {node.node_id: node for node in get_root_nodes(nodes)}
    assert len(parents) + len(leaves) == len(nodes) == len({node.node_id for node in nodes})
    for leaf in leaves:
        parent = parents[leaf.parent_node.node_id]
        assert leaf.text in parent.text and leaf.ref_doc_id == parent.ref_doc_id in ("a", "b")
        assert parent.start_char_idx <= leaf.start_char_idx and leaf.end_char_idx <= parent.end_char_idx
    assert sum(len(parent.child_nodes) for parent in parents.values()) == len(leaves)


def test_three_leaves_of_four_are_merged_into_their_parent():
    from llama_index.core import StorageContext
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.retrievers import AutoMergingRetriever
    from llama_index.core.storage.docstore import SimpleDocumentStore

    doc = document(" ".join(f"Clause {n} binds party {n % 7} for {n} days." for n in range(60)))
    nodes = hierarchy([doc], 192, 52)
    parent = next(node for node in get_root_nodes(nodes) if len(node.child_nodes) >= 4)
    leaves = [node for node in get_leaf_nodes(nodes) if node.parent_node.node_id == parent.node_id]

    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle):
            return [NodeWithScore(node=leaf, score=0.5) for leaf in leaves[:-1]]

    store = SimpleDocumentStore()
    store.add_documents(nodes)
    merged = AutoMergingRetriever(Fixed(), StorageContext.from_defaults(docstore=store)).retrieve("?")
    assert [one.node.node_id for one in merged] == [parent.node_id]
    assert doc.text[merged[0].node.start_char_idx:merged[0].node.end_char_idx] == merged[0].node.text


def test_a_header_is_searched_and_the_text_stays():
    nodes = by_section([document("# A\n\nIntro.\n\n## 1. Law\n\nThe law of X applies.")])
    headed = with_header(nodes, ["title", "section"])
    assert headed[1].get_content("embed") == f"title: A title\nsection: Law\n\n{nodes[1].text}"
    assert headed[0].get_content("embed") == f"title: A title\n\n{nodes[0].text}", "an empty heading is no heading"
    assert headed[1].text == nodes[1].text and headed[1].get_content("llm") == nodes[1].get_content("llm")
    assert nodes[1].get_content("embed") == nodes[1].text, "the given chunks stay as they are"
    with pytest.raises(LabsError, match="'summary'"):
        with_header(nodes, ["summary"])


def test_a_context_line_says_what_the_document_is():
    contract, other = document("The law of X applies."), document("Notes.", "own")
    contract.metadata["date"], other.metadata["kind"] = "2024-05-01", "own"
    one, two = with_context(fixed_size([contract, other]))
    assert one.metadata["context"] == "from the contract itself, as signed, dated 2024-05-01"
    assert two.metadata["context"] == "", "nothing is known of it"
    assert "from" not in one.get_content("embed") + one.get_content("llm"), "who wants it searched says so (with_header)"


def test_chunk_that_is_not_from_the_text_is_an_error():
    with pytest.raises(LabsError, match="chunk 2 of 2"):
        place_chunks("one two three", ["one", "four"])
    with pytest.raises(LabsError, match="end of their document"):
        place_chunks("one two three", ["one", "two"])
    assert place_chunks("one two one two", ["one two", "one two"]) == [(0, 7), (8, 15)]


def test_contained_chunks_are_dropped():
    assert drop_contained([(0, 5), (3, 5), (6, 9), (6, 12), (6, 12)]) == [(0, 5), (6, 12)]

"""Chunks: exact offsets, also where text repeats."""

import pytest
from llama_index.core import Document
from llama_index.core.node_parser import SentenceSplitter

from labutils.chunking import by_section, drop_contained, fixed_size, place_chunks
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


def test_chunk_that_is_not_from_the_text_is_an_error():
    with pytest.raises(LabsError, match="chunk 2 of 2"):
        place_chunks("one two three", ["one", "four"])
    with pytest.raises(LabsError, match="end of their document"):
        place_chunks("one two three", ["one", "two"])
    assert place_chunks("one two one two", ["one two", "one two"]) == [(0, 7), (8, 15)]


def test_contained_chunks_are_dropped():
    assert drop_contained([(0, 5), (3, 5), (6, 9), (6, 12), (6, 12)]) == [(0, 5), (6, 12)]

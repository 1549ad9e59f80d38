"""Look-ups, routes and several questions: what the house's documents say, and what the retrievers make of it."""

import pytest
from llama_index.core import Document
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.retrievers import TransformRetriever
from llama_index.core.schema import NodeWithScore, TextNode

from labutils import queries
from labutils.chunking import by_section
from labutils.corpus import Span, load_corpus
from labutils.errors import LabsError

GLOSSARY = """# Glossary

## 1. Terms

1.1 In our files, green fence stands for the most that we may have to pay.

1.2 When we say late anchor, we mean a contract signed by the wrong person.

1.3 Fence is house language for a border. This sentence explains nothing.

## 2. Code names

2.1 Project Oak is our code name for the supply contract between Alder Mills and Birch Foods.
"""
REGISTER = """# Register

## 1. Alder Mills AG

1.1 The full legal name of Alder Mills is Alder Mills AG. Alder Mills has its registered seat in Port Elm.

1.2 All shares in Alder Mills are held by its parent company, Fir Group.

1.3 Ada Quill signs alone on behalf of Alder Mills.

## 2. Cedar Tools BV

2.1 The full legal name of Cedar Tools is Cedar Tools BV. The registered seat of Cedar Tools is Upper Yew.

2.2 Cedar Tools is a wholly owned subsidiary of Fir Group.

2.3 Cedar Tools took its present name on 2 May 2001; it was formerly called Larch Optics.

2.4 Bo Reed is the authorized signatory of Cedar Tools.

## 3. Birch Foods Ltd

3.1 Until 14 April 2003, Birch Foods was called Whin Software.
"""
AMENDED = "Amendment No. 1 to the Supply Agreement between Alder Mills and Birch Foods"


def document(doc_id: str, text: str = "Text.", title: str = "", parties: str = "") -> Document:
    metadata = {"doc_id": doc_id, "title": title, "parties": parties}
    return Document(id_=doc_id, text=text, metadata=metadata, excluded_embed_metadata_keys=list(metadata))


CONTRACTS = [document("c1", title="Supply Agreement between Alder Mills and Birch Foods",
                      parties="Alder Mills; Birch Foods"),
             document("c1-a1", title=AMENDED, parties="Alder Mills; Birch Foods"),
             document("c2", title="Equipment Lease Agreement between Cedar Tools and Birch Foods",
                      parties="Cedar Tools; Birch Foods"),
             document("memo", title="Memo: Note on the Supply Agreement of Alder Mills and Birch Foods"),
             document("c1-s1", title="Side Letter of 3 May 2024 to the Supply Agreement between Alder Mills and Birch Foods",
                      parties="Alder Mills; Birch Foods")]


@pytest.fixture
def glossary():
    return queries.read_entries(document("glossary", GLOSSARY), queries.GLOSSARY)


@pytest.fixture
def register():
    return queries.read_entries(document("register", REGISTER), queries.REGISTER)


def test_entries_are_read_with_the_sentence_that_says_so(glossary):
    assert [(e.term, e.meaning) for e in glossary] == [
        ("green fence", "the most that we may have to pay"), ("late anchor", "a contract signed by the wrong person"),
        ("Fence", "a border"), ("Project Oak", "the supply contract between Alder Mills and Birch Foods")]
    sources = [GLOSSARY[e.source.start:e.source.end] for e in glossary]
    assert sources[0] == "In our files, green fence stands for the most that we may have to pay."
    assert sources[2] == "Fence is house language for a border."
    assert {e.source.doc_id for e in glossary} == {"glossary"}


def test_the_register_says_what_a_company_may_be_called_by(register):
    assert {(e.term, e.meaning) for e in register} == {
        ("Port Elm", "Alder Mills"), ("Fir Group", "Alder Mills"), ("Ada Quill", "Alder Mills"),
        ("Upper Yew", "Cedar Tools"), ("Fir Group", "Cedar Tools"), ("Larch Optics", "Cedar Tools"),
        ("Bo Reed", "Cedar Tools"), ("Whin Software", "Birch Foods")}
    assert [REGISTER[e.source.start:e.source.end] for e in register if e.term == "Bo Reed"] == [
        "Bo Reed is the authorized signatory of Cedar Tools."]


def test_a_document_in_other_words_is_an_error():
    with pytest.raises(LabsError, match="no sentence of d fits"):
        queries.read_entries(document("d", "Green fence: the cap."), queries.GLOSSARY)


def test_terms_are_found_as_people_write_them(glossary):
    def found(question):
        return [entry.term for entry in queries.find_entries(question, glossary)]

    assert found("Fence or Green Fence under project oak?") == ["Fence", "green fence", "Project Oak"]
    assert found("fences, Project Oakley, anchor") == []
    assert queries.find_entries("anything", []) == []


def test_one_term_may_have_several_entries(register):
    found = queries.find_entries("Who belongs to Fir Group?", register)
    assert [entry.meaning for entry in found] == ["Alder Mills", "Cedar Tools"]


@pytest.mark.parametrize(("question", "named"), [
    ("What is the cap under the supply contract of Birch Foods with Alder Mills?", ["c1", "c1-a1", "c1-s1"]),
    ("What is the cap under the supply contract of Birch Foods?", []),
    ("What is the cap under the lease agreement of Alder Mills with Birch Foods?", []),
    ("And the equipment lease of cedar tools and birch foods?", ["c2"]),
    (f"What does the {AMENDED} say?", ["c1", "c1-a1", "c1-s1"]),
    ("Which passages concern the Memo: Note on the Supply Agreement of Alder Mills and Birch Foods?",
     ["c1", "c1-a1", "memo", "c1-s1"]),
    ("Compare the supply contract of Alder Mills and Birch Foods with the equipment lease contract of Cedar Tools and "
     "Birch Foods.", ["c1", "c1-a1", "c2", "c1-s1"]),
    # Both types and the parties of c2 are named, but not together.
    ("Compare the equipment lease contract of Alder Mills and Birch Foods with the supply agreement of Cedar Tools and "
     "Dorn Freight.", []),
    ("For what Cedar Tools and Birch Foods agreed in their equipment lease, who pays?", ["c2"]),
])
def test_documents_are_named_by_title_or_by_parties_and_type(question, named):
    assert queries.documents_named(question, CONTRACTS) == named


def test_a_described_company_is_the_one_that_has_the_contract(register):
    def resolved(question):
        return [e.meaning for e in queries.resolve_companies(question, register, CONTRACTS)]

    assert resolved("the supply contract between Birch Foods and a subsidiary of Fir Group") == ["Alder Mills"]
    assert resolved("the equipment lease of a subsidiary of Fir Group with Birch Foods") == ["Cedar Tools"]
    assert resolved("the supply contract of Birch Foods with the company for which Ada Quill signs") == ["Alder Mills"]
    assert resolved("the supply contract of Alder Mills with Birch Foods, seated in Port Elm") == []
    assert resolved("Who is seated in Upper Yew?") == []


def test_names_give_way_to_the_matter():
    names = ["Alder Mills", "Alder Mills East", "Birch Foods"]
    asked = queries.without_names("Does Alder Mills East owe Birch Foods rent?", names)
    assert asked == "Does a company owe a company rent?"
    assert queries.without_names("Does it?", []) == "Does it?"


class Said(BaseRetriever):
    """Finds one chunk, named as the question, and notes what it was asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def _retrieve(self, query_bundle):
        self.asked.append(query_bundle.query_str)
        return [NodeWithScore(node=TextNode(id_=query_bundle.query_str, text=query_bundle.query_str), score=1.0),
                NodeWithScore(node=TextNode(id_="all", text="all"), score=0.5)]


def test_a_rewritten_question_is_what_is_searched():
    inner = Said()
    TransformRetriever(inner, queries.RewriteTransform(str.upper)).retrieve("who pays?")
    assert inner.asked == ["WHO PAYS?"]


@pytest.mark.parametrize(("keep", "asked"), [(True, ["q", "a", "b"]), (False, ["a", "b"])])
def test_several_questions_are_fused(keep, asked):
    inner = Said()
    found = queries.MultiQueryRetriever([inner], lambda question: ["a", "b"], k=9, keep=keep).retrieve("q")
    assert inner.asked == asked
    assert found[0].node.node_id == "all", "what every question finds comes first"
    assert {one.node.node_id for one in found} == {"all", *asked}
    assert len(queries.MultiQueryRetriever([inner], lambda question: ["a"], k=1).retrieve("q")) == 1


def test_without_other_questions_the_first_one_stays():
    inner = Said()
    queries.MultiQueryRetriever([inner], lambda question: [], keep=False).retrieve("q")
    assert inner.asked == ["q"]


def test_a_route_restricts_the_search():
    docs = [document("a", "## 1. Cap\n\nThe cap is ten."), document("b", "## 1. Cap\n\nThe cap is twelve.")]
    everywhere = Said()
    routed = queries.RoutedRetriever(everywhere, by_section(docs), MockEmbedding(embed_dim=4),
                                     lambda question: {"b"} if "B" in question else set(), 5)
    assert [one.node.ref_doc_id for one in routed.retrieve("The cap of B?")] == ["b"]
    routed.retrieve("The cap?")
    assert everywhere.asked == ["The cap?"]
    lost = queries.RoutedRetriever(everywhere, by_section(docs), MockEmbedding(embed_dim=4), lambda question: {"none"})
    lost.retrieve("Where?")
    assert everywhere.asked == ["The cap?", "Where?"]


def test_what_was_looked_up_comes_first(glossary):
    sourced = queries.SourcedRetriever(Said(), lambda question: queries.find_entries(question, glossary),
                                       [document("glossary", GLOSSARY, "Glossary")])
    first, *rest = sourced.retrieve("The green fence?")
    assert first.node.text == "In our files, green fence stands for the most that we may have to pay."
    assert GLOSSARY[first.node.start_char_idx:first.node.end_char_idx] == first.node.text
    assert first.node.ref_doc_id == "glossary" and first.node.metadata["title"] == "Glossary"
    assert rest[0].node.node_id == "The green fence?" and len(sourced.retrieve("Who?")) == 2


def archive() -> list[Document]:
    documents = [document("glossary", GLOSSARY, "Glossary"), document("register", REGISTER, "Register"), *CONTRACTS]
    kinds = ("glossary", "register", "contract", "amendment", "contract", "memo", "side_letter")
    for one, kind in zip(documents, kinds, strict=True):
        one.metadata["kind"] = kind
    return documents


def test_look_ups_stand_in_front_of_a_search():
    inner, house = Said(), queries.LookUps(archive())
    asked = ("What is the green fence of the equipment lease agreement of Birch Foods with the company formerly called "
             "Larch Optics?")
    understood = ("What is the green fence (the most that we may have to pay) of the equipment lease agreement of Birch "
                  "Foods with the company formerly called Larch Optics (Cedar Tools)?")
    assert house.rewrite(asked) == understood
    found = [one.node.text for one in house.retriever(inner, 1).retrieve(asked)]
    assert found == ["In our files, green fence stands for the most that we may have to pay.",
                     "Cedar Tools took its present name on 2 May 2001; it was formerly called Larch Optics.", understood]
    assert inner.asked == [understood]


def test_look_ups_ask_each_contract_that_is_compared():
    inner, house = Said(), queries.LookUps(archive())
    house.retriever(inner, 2).retrieve("Is the cap in the supply agreement of Alder Mills and Birch Foods higher than in "
                                       "the equipment lease agreement of Cedar Tools and Birch Foods?")
    assert [question.partition(":")[0] for question in inner.asked] == [
        "Supply Agreement between Alder Mills and Birch Foods",
        "Equipment Lease Agreement between Cedar Tools and Birch Foods"]


def test_without_lists_look_ups_change_nothing():
    inner, house = Said(), queries.LookUps([document("own", title="Notes")])
    house.retriever(inner, 5).retrieve("What is the green fence?")
    assert inner.asked == ["What is the green fence?"] == [house.rewrite("What is the green fence?")]


def test_the_course_world_is_understood():
    corpus = load_corpus("harbour")
    documents = {one.id_: one for one in corpus.documents}
    terms = queries.read_entries(documents["glossary"], queries.GLOSSARY)
    companies = queries.read_entries(documents["register"], queries.REGISTER)

    def holds(entries, span: Span) -> bool:
        return any(e.source.doc_id == span.doc_id and e.source.start <= span.start and span.end <= e.source.end
                   for e in entries)

    asked = corpus.select(split="dev", family="jargon")
    found = [any(holds(queries.find_entries(q.question, terms), span) for span in q.evidence) for q in asked]
    assert len(found) >= 20 and all(found)
    asked = corpus.select(split="dev", family="multihop")
    found = [any(holds(queries.resolve_companies(q.question, companies, corpus.documents), span) for span in q.evidence)
             for q in asked]
    assert len(found) >= 20 and all(found)


def test_a_route_names_documents_and_the_lists_that_are_called_for():
    contract = document("c1", title="Supply Agreement between Alder Mills and Birch Foods",
                        parties="Alder Mills; Birch Foods")
    lists = [Document(id_=kind, text=text, metadata={"kind": kind, "title": kind})
             for kind, text in (("glossary", GLOSSARY), ("register", REGISTER), ("playbook", "Rules."))]
    house = queries.LookUps([contract, *lists])
    named = "the supply agreement between Alder Mills and Birch Foods"
    assert house.route(f"What is the fee of {named}?") == ["c1"]
    assert house.route(f"What is the green fence of {named}?") == ["c1", "glossary"]
    assert house.route(f"How risky is the fee of {named}, whose parent is Fir Group?") == ["c1", "register", "playbook"]
    assert house.route("What is a green fence?") == [], "no document is named: search all"

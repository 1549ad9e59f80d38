"""A knowledge graph of the archive: triplets that a model reads, names brought together, ranks that spread along edges.

llama-index extracts and stores (SimpleLLMPathExtractor, SimplePropertyGraphStore), networkx computes. Notebook 1.5.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import pandas as pd
from llama_index.core.graph_stores.types import KG_RELATIONS_KEY, EntityNode, Relation
from llama_index.core.graph_stores import SimplePropertyGraphStore
from llama_index.core.schema import BaseNode, Document

from . import queries
from .chunking import sentences
from .corpus import Span

# What the register says of a company, and the sentences that say so (patterns of `queries.REGISTER`).
RELATIONS = {"seat": queries.REGISTER[0:2], "owner": queries.REGISTER[2:4], "former name": queries.REGISTER[4:6],
             "signatory": queries.REGISTER[6:8]}
PARTY, TYPE, LAW = "party", "is a", "governed by"
# '..., Flounton Aviation LLC ("the Lessee")': whoever is given a name for the rest of the contract is a party.
_PARTY = re.compile(r'\b(?!Between )([A-Z][\w.&-]*(?: (?:[A-Z][\w.&-]*|plc))+)'
                    r'(?: \(|, )(?:hereinafter (?:called )?|in this document )?"')


@dataclass(frozen=True)
class Triplet:
    """(head, relation, tail), and the sentence that says so; without one if it comes from metadata."""

    head: str
    relation: str
    tail: str
    source: Span | None = None

    @property
    def said(self) -> tuple[str, str, str]:
        """The three without their source."""
        return self.head, self.relation, self.tail


def read_triplets(nodes: Iterable[BaseNode]) -> list[Triplet]:
    """Return what SimpleLLMPathExtractor wrote into the metadata of chunks, each with the sentence that names its tail.

    A triplet comes once.
    """
    found: dict[tuple[str, str, str], Triplet] = {}
    for node in nodes:
        for relation in node.metadata.get(KG_RELATIONS_KEY, []):
            triplet = Triplet(relation.source_id, relation.label, relation.target_id,
                              sentence_naming(node, relation.target_id))
            found.setdefault(triplet.said, triplet)
    return list(found.values())


def sentence_naming(node: BaseNode, tail: str) -> Span | None:
    """Return where the first sentence of a chunk that names the tail lies; None if no sentence does."""
    at = 0
    for sentence in sentences(node.text):
        start = node.text.find(sentence.strip(), at)
        if start < 0:
            continue
        at = start + len(sentence.strip())
        if queries.mentions(sentence, tail):
            return Span(node.ref_doc_id, node.start_char_idx + start, node.start_char_idx + at)
    return None


def stated(register: Document) -> list[Triplet]:
    """Return what the register states of its companies, read with patterns instead of a model."""
    return [Triplet(entry.meaning, relation, entry.term, entry.source) for relation, patterns in RELATIONS.items()
            for entry in queries.read_entries(register, patterns)]


def company(node: BaseNode) -> str:
    """Return the company of a register's entry: its heading without the legal form."""
    return str(node.metadata["section"]).rpartition(" ")[0]


def precision_recall(found: Iterable[tuple[str, str, str]], gold: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a row per relation of `gold` and one for all: triplets found and stated, precision, recall.

    Case does not count: llama-index's parser writes names with one capital letter.
    """
    found, gold = ({tuple(map(str.casefold, one)) for one in some} for some in (found, gold))
    rows = []
    for name in [*dict.fromkeys(sorted(relation for _, relation, _ in gold)), "all"]:
        ours, theirs = ({t for t in some if name in (t[1], "all")} for some in (found, gold))
        right = len(ours & theirs)
        rows.append({"relation": name, "found": len(ours), "stated": len(theirs),
                     "precision": right / len(ours) if ours else float("nan"), "recall": right / len(theirs)})
    return pd.DataFrame(rows)


def party_mentions(document: Document) -> list[str]:
    """Return the names of a contract's parties as its first paragraph writes them, legal form included."""
    opening = document.text.partition("\n## ")[0]
    return list(dict.fromkeys(found[1] for found in _PARTY.finditer(opening)))


def contract_triplets(documents: Iterable[Document]) -> list[Triplet]:
    """Return what titles and metadata say without a model: the parties and the type of each contract."""
    made = []
    for document in documents:
        title = str(document.metadata.get("title", ""))
        if document.metadata.get("kind") == "contract":
            made += [Triplet(title, PARTY, party) for party in queries.parties(document)]
            if kind := queries.contract_type(document):  # real titles may name none
                made.append(Triplet(title, TYPE, f"{kind} contract"))
    return made


def build_store(triplets: Iterable[Triplet]) -> SimplePropertyGraphStore:
    """Return llama-index's property graph of the triplets; ids are names."""
    triplets, store = list(triplets), SimplePropertyGraphStore()
    names = dict.fromkeys(name for t in triplets for name in (t.head, t.tail))
    store.upsert_nodes([EntityNode(name=name) for name in names])
    store.upsert_relations([Relation(source_id=t.head, target_id=t.tail, label=t.relation) for t in triplets])
    return store


def build_graph(triplets: Iterable[Triplet]) -> nx.Graph:
    """Return the same as an undirected graph of networkx; an edge keeps its triplet."""
    made = nx.Graph()
    for triplet in triplets:
        made.add_edge(triplet.head, triplet.tail, triplet=triplet)
    return made


def seeds(question: str, graph: nx.Graph) -> list[str]:
    """Return the nodes that a question names: whole words, any case, longer names first served."""
    entries = [queries.Entry(term, name, Span("", 0, 0)) for name in graph
               for term in {name, re.sub(r" contract$", " agreement", name)}]
    return list(dict.fromkeys(entry.meaning for entry in queries.find_entries(question, entries)))


def rank(graph: nx.Graph, start: Sequence[str], damping: float = 0.85) -> dict[str, float]:
    """Return each node's personalized PageRank from the start nodes (Haveliwala 2002); empty without any.

    Source: HippoRAG (arXiv 2405.14831) ranks passages so.
    """
    return nx.pagerank(graph, alpha=damping, personalization=dict.fromkeys(start, 1.0)) if start else {}


def path_sources(graph: nx.Graph, start: Sequence[str], end: str, longest: int = 3) -> list[queries.Entry]:
    """Return the sentences behind the edges of the shortest paths from the start nodes to a node, near ones only."""
    found = {}
    for node in start:
        if end not in graph or not nx.has_path(graph, node, end):
            continue
        path = nx.shortest_path(graph, node, end)
        if len(path) - 1 > longest:
            continue
        for triplet in (graph.edges[pair]["triplet"] for pair in zip(path, path[1:])):
            if triplet.source:
                found[triplet.source] = queries.Entry(triplet.tail, triplet.head, triplet.source)
    return list(found.values())


def communities(graph: nx.Graph, resolution: float = 1.0, seed: int = 0) -> list[set[str]]:
    """Return groups of densely linked nodes, largest first (Louvain: Blondel et al. 2008, arXiv 0803.0476)."""
    return sorted(nx.community.louvain_communities(graph, resolution=resolution, seed=seed), key=len, reverse=True)


def counted(question: str, triplets: Iterable[Triplet]) -> list[Triplet]:
    """Return the edges from contracts to the last thing that a question of "how many" names; none for other questions.

    Only edges that lead from contracts count: parties, types, laws. Each comes once.
    """
    linked = {t.said: t for t in triplets if t.relation in (PARTY, TYPE, LAW)}.values()
    named = seeds(question, build_graph(linked)) if re.search(r"\bhow many\b", question, re.IGNORECASE) else []
    return [t for t in linked if named and t.tail == named[-1]]


def count_answer(question: str, triplets: Iterable[Triplet]) -> str | None:
    """Return how many edges are `counted` for a question; None where there are none."""
    found = counted(question, triplets)
    return str(len(found)) if found else None


def counts(triplets: Iterable[Triplet], relation: str) -> dict[str, int]:
    """Return how many heads each tail has under a relation, most first."""
    return dict(Counter(tail for _, _, tail in {t.said for t in triplets if t.relation == relation}).most_common())

"""What is done to a question before it is searched: look-ups in the house's own documents, routes, several questions.

The look-ups read the glossary and the register as any reader of the archive could; no gold evidence is used.
"""

import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from llama_index.core import Document
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.indices.query.query_transform.base import BaseQueryTransform
from llama_index.core.llms import MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.retrievers import QueryFusionRetriever, TransformRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters

from labutils import retrieval
from labutils.chunking import make_nodes
from labutils.corpus import Span
from labutils.errors import LabsError

GLOSSARY = (r"In our files, (?P<term>.+?) stands for (?P<meaning>.+)\.",
            r"When we say (?P<term>.+?), we mean (?P<meaning>.+)\.",
            r"(?P<term>.+?) is house language for (?P<meaning>.+)\.",
            r"(?P<term>.+?) is our code name for (?P<meaning>.+)\.")
# What a question may say of a company is the term, its name the meaning.
REGISTER = (r"The registered seat of (?P<meaning>.+?) is (?P<term>.+)\.",
            r"(?P<meaning>.+?) has its registered seat in (?P<term>.+)\.",
            r"(?P<meaning>.+?) is a wholly owned subsidiary of (?P<term>.+)\.",
            r"All shares in (?P<meaning>.+?) are held by its parent company, (?P<term>.+)\.",
            r"Until [^,]+, (?P<meaning>.+?) was called (?P<term>.+)\.",
            r"(?P<meaning>.+?) took its present name on [^;]+; it was formerly called (?P<term>.+)\.",
            r"(?P<term>.+?) is the authorized signatory of (?P<meaning>.+)\.",
            r"(?P<term>.+?) signs alone on behalf of (?P<meaning>.+)\.")
_SENTENCE = re.compile(r"[^\s#][^\n]*?\.(?=\s|$)")
_NUMBER = re.compile(r"^[\d.]+\s+")
_TYPE = re.compile(r"^(?:.*\bthe )?([A-Z][\w ]+?) (?:Agreement|Contract) (?:between|of) ", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A term that questions use, what other documents say for it, and the sentence that says so."""

    term: str
    meaning: str
    source: Span


def read_entries(document: Document, patterns: Sequence[str]) -> list[Entry]:
    """Return an entry per sentence of a document that fits one of the patterns (GLOSSARY, REGISTER), in its order.

    A pattern is a regular expression with the groups `term` and `meaning` that has to fit the whole sentence. Raises
    LabsError when no sentence fits.
    """
    entries = []
    for sentence in _sentences(document.text):
        text = document.text[sentence[0]:sentence[1]]
        found = next(filter(None, (re.fullmatch(pattern, text) for pattern in patterns)), None)
        if found:
            entries.append(Entry(found["term"], found["meaning"], Span(document.id_, *sentence)))
    if not entries:
        raise LabsError(f"no sentence of {document.id_} fits the patterns; write patterns for its wording")
    return entries


def _sentences(text: str) -> list[tuple[int, int]]:
    """Return the places of sentences that end with a full stop, without the number of their paragraph."""
    places = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start() + (len(number.group()) if (number := _NUMBER.match(line.group())) else 0)
        places += [(found.start(), found.end()) for found in _SENTENCE.finditer(text, start, line.end())]
    return places


def find_entries(question: str, entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries whose term the question uses: whole words, in any case, longer terms first served.

    In the order of the question; where one term has several entries, all of them.
    """
    by_term: dict[str, list[Entry]] = {}
    for entry in entries:
        by_term.setdefault(entry.term.casefold(), []).append(entry)
    if not by_term:
        return []
    terms = "|".join(re.escape(term) for term in sorted(by_term, key=len, reverse=True))
    used = dict.fromkeys(found.group().casefold()
                         for found in re.finditer(rf"(?<!\w)(?:{terms})(?!\w)", question, re.IGNORECASE))
    return [entry for term in used for entry in by_term[term]]


def parties(document: Document) -> list[str]:
    """Return the parties that a document's metadata name; none where they name none."""
    return [party for party in str(document.metadata.get("parties", "")).split("; ") if party]


def mentions(question: str, name: str) -> bool:
    """Return whether a question names something: whole words, in any case."""
    return bool(_whole(name).search(question))


@functools.lru_cache(maxsize=10_000)
def _whole(name: str) -> re.Pattern:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def contract_type(document: Document) -> str:
    """Return the type of contract in a title ("software license"), also in that of an amendment; "" without one."""
    found = _TYPE.search(str(document.metadata.get("title", "")))
    return found[1].casefold() if found else ""


def documents_named(question: str, documents: Iterable[Document]) -> list[str]:
    """Return the ids of documents that a question names: by their title, or by their parties and type of contract.

    A question may name several contracts: then both parties have to stand between the type of theirs and the next type.
    """
    kinds = [(document, contract_type(document)) for document in documents]
    pieces = _by_type(question, {kind for _, kind in kinds} - {""})
    named = []
    for document, kind in kinds:
        title, its_parties = str(document.metadata.get("title", "")), parties(document)
        by_parties = len(its_parties) > 1 and any(
            kind == of_type and all(mentions(piece, party) for party in its_parties) for of_type, piece in pieces)
        if by_parties or (title and mentions(question, title)):
            named.append(document.id_)
    return named


def _by_type(question: str, types: Collection[str]) -> list[tuple[str, str]]:
    """Return (type of contract, the part of the question from there to the next type); the whole one for a single type."""
    if not types:
        return []
    longest = "|".join(re.escape(kind) for kind in sorted(types, key=len, reverse=True))
    found = list(re.finditer(rf"(?<!\w)(?P<kind>{longest})(?= (?:contract|agreement)s?(?!\w))", question, re.IGNORECASE))
    if len(found) < 2:
        return [(kind, question) for kind in types if mentions(question, kind)]
    ends = [following.start() for following in found[1:]] + [len(question)]
    return [(one["kind"].casefold(), question[one.start():end]) for one, end in zip(found, ends)]


def resolve_companies(question: str, register: Iterable[Entry], documents: Sequence[Document]) -> list[Entry]:
    """Return the register's entries on companies that a question describes but does not name.

    A description may fit several companies (two subsidiaries of one parent). Only those count with which a company
    named in the question has a contract, of the type that the question names.
    """
    entries = [entry for entry in find_entries(question, register) if not mentions(question, entry.meaning)]
    candidates = {entry.meaning for entry in entries}
    partners = set()
    for document in documents:
        its_parties = parties(document)
        kind = contract_type(document)
        if kind and mentions(question, kind) and any(mentions(question, party) for party in its_parties):
            partners |= candidates & set(its_parties)
    return [entry for entry in entries if entry.meaning in partners]


def expand_terms(question: str, meanings: Mapping[str, str]) -> str:
    """Return the question with each term's meaning in parentheses behind it: whole words, any case, longer terms first."""
    if not meanings:
        return question
    by_lower = {term.lower(): meaning for term, meaning in meanings.items()}
    terms = "|".join(re.escape(term) for term in sorted(by_lower, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{terms})(?!\w)", lambda found: f"{found[0]} ({by_lower[found[0].lower()]})", question,
                  flags=re.IGNORECASE)


def without_names(question: str, names: Collection[str]) -> str:
    """Return the question with every name in it replaced by "a company": what is asked, of nobody in particular."""
    if not names:
        return question
    found = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{found})(?!\w)", "a company", question)


class RewriteTransform(BaseQueryTransform):
    """A query transform of llama-index, for TransformRetriever, made of a function from question to question."""

    def __init__(self, rewrite: Callable[[str], str]) -> None:
        super().__init__()
        self._rewrite = rewrite

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """There are none."""

    def _run(self, query_bundle: QueryBundle, metadata: dict) -> QueryBundle:
        return QueryBundle(self._rewrite(query_bundle.query_str))


class MultiQueryRetriever(QueryFusionRetriever):
    """llama-index's QueryFusionRetriever, rank fusion over several questions, with `others` in place of its prompt.

    `others` gives further questions for one; without `keep`, they take its place (it stays if there are none).
    """

    def __init__(self, retrievers: list[BaseRetriever], others: Callable[[str], list[str]], k: int = 5,
                 keep: bool = True) -> None:
        super().__init__(retrievers, llm=MockLLM(), mode="reciprocal_rerank", similarity_top_k=k, use_async=False)
        self._others, self._keep = others, keep

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        others = [QueryBundle(text) for text in self._others(query_bundle.query_str)]
        asked = [query_bundle, *others] if self._keep or not others else others
        return self._reciprocal_rerank_fusion(self._run_sync_queries(asked))[:self.similarity_top_k]


class RoutedRetriever(BaseRetriever):
    """Hybrid search in the chunks of those documents only that `route` picks for a question.

    Where it picks none, or documents without chunks, `everywhere` is searched. An index is made for each set of
    documents when it is first asked for.
    """

    def __init__(self, everywhere: BaseRetriever, nodes: Sequence[TextNode], embedder: BaseEmbedding,
                 route: Callable[[str], Collection[str]], k: int = 5) -> None:
        super().__init__()
        self._everywhere, self._nodes, self._embedder, self._route, self._k = everywhere, nodes, embedder, route, k
        self._made: dict[frozenset[str], BaseRetriever] = {}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        picked = frozenset(self._route(query_bundle.query_str))
        if picked not in self._made:
            inside = [node for node in self._nodes if node.ref_doc_id in picked]
            self._made[picked] = self._build(inside) if inside else self._everywhere
        return self._made[picked].retrieve(query_bundle)

    def _build(self, inside: list[TextNode]) -> BaseRetriever:
        return retrieval.hybrid(retrieval.build_index(inside, self._embedder), inside, self._k)


class SourcedRetriever(BaseRetriever):
    """What `retriever` finds, behind the sentences that a look-up rests on: what was read to ask is evidence, too."""

    def __init__(self, retriever: BaseRetriever, look_up: Callable[[str], list[Entry]],
                 documents: Iterable[Document]) -> None:
        super().__init__()
        self._retriever, self._look_up = retriever, look_up
        self._documents = {document.id_: document for document in documents}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        spans = dict.fromkeys(entry.source for entry in self._look_up(query_bundle.query_str))
        sources = [NodeWithScore(node=make_nodes(self._documents[span.doc_id], [(span.start, span.end)])[0], score=1.0)
                   for span in spans]
        return sources + self._retriever.retrieve(query_bundle)


class LookUps:
    """The house's own lists, put in front of a search: glossary, register, and the titles of its contracts.

    All is read from the documents of the archive. Where there is no glossary or register, that step changes nothing.
    Notebook 1.2 takes them one by one.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = list(documents)
        self._glossary, self._register = self._read("glossary", GLOSSARY), self._read("register", REGISTER)
        self._contracts = [d for d in self._documents if d.metadata.get("kind") == "contract"]
        self._names = sorted({party for d in self._documents for party in parties(d)})
        # Rewriting, sources and routes of one question ask for the same: looked up once.
        self._named = functools.cache(lambda question: documents_named(question, self._documents))
        self._described = functools.cache(
            lambda question: resolve_companies(self.with_terms(question), self._register, self._documents))

    def _read(self, kind: str, patterns: Sequence[str]) -> list[Entry]:
        found = [d for d in self._documents if d.metadata.get("kind") == kind]
        return [entry for document in found for entry in read_entries(document, patterns)]

    def with_terms(self, question: str) -> str:
        """Return the question with its house terms explained from the glossary."""
        return expand_terms(question, {entry.term: entry.meaning for entry in self._glossary})

    def companies(self, question: str) -> list[Entry]:
        """Return the register's entries on companies that the question only describes."""
        return list(self._described(question))

    def rewrite(self, question: str) -> str:
        """Return the question with house terms explained and described companies named."""
        return expand_terms(self.with_terms(question),
                            {entry.term: entry.meaning for entry in self.companies(question)})

    def sources(self, question: str) -> list[Entry]:
        """Return the entries that `rewrite` rests on."""
        return find_entries(question, self._glossary) + self.companies(question)

    def parts(self, question: str) -> list[str]:
        """Return one question per contract, if the question names several: the title, and what is asked of nobody."""
        named = self._named(question)
        titles = [d.metadata["title"] for d in self._contracts if d.id_ in named]
        return [f"{title}: {without_names(question, self._names)}" for title in titles] if len(titles) > 1 else []

    def route(self, question: str) -> list[str]:
        """Return the ids of the documents to search in, none for all: those named, and the house's lists as called for.

        Playbook: by a word of the question; glossary and register: if the question uses one of their terms.
        """
        named = self._named(question)
        calls = {"playbook": bool(re.search(r"playbook|house (?:position|rules)|\brisk", question, re.IGNORECASE)),
                 "glossary": bool(find_entries(question, self._glossary)),
                 "register": bool(find_entries(question, self._register))}
        lists = [d.id_ for d in self._documents if calls.get(str(d.metadata.get("kind")))]
        return named + lists if named else []

    def filters(self, question: str) -> MetadataFilters:
        """Return `route` as a filter for chunks; an empty one where all documents are searched."""
        ids = self.route(question)
        return MetadataFilters(filters=[MetadataFilter(key="doc_id", value=ids, operator=FilterOperator.IN)] if ids else [])

    def retriever(self, search: BaseRetriever, k: int = 5) -> BaseRetriever:
        """Return `search` behind the look-ups: its k best for the rewritten question, after the sentences looked up."""
        each = MultiQueryRetriever([search], self.parts, k, keep=False)
        return SourcedRetriever(TransformRetriever(each, RewriteTransform(self.rewrite)), self.sources, self._documents)

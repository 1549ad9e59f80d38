"""Checks of the exercises: `rank = check.rank(rank)` says how far you are and always gives back something that works.

Each checker prints one line: "[not attempted]" while the stub is untouched (it returns `...` or None, or raises
NotImplementedError), "[diagnosis]" with what is wrong but not the answer (or which of several `...` is left), or
"[passed]". It returns the reference unless passed, then your own object, so that a notebook always runs to its end.
What your code prints or raises during a check stays inside it. In judgement exercises you hand in a value, or a
function of the measured numbers that returns it.

There is a module for each notebook; of each exercise it holds the reference, then the checker, then the cases and known
mistakes that it is told by. `attempts` holds what all of them are made of.
"""

from .attempts import CHECKERS
from .baseline_rag import choose_k, evidence_recall, rrf
from .best_pipeline import audit_choice, front, mend
from .four_arms import cost_per_correct, decide, paired_bootstrap
from .knowledge_graph import audit_triplets, canonical, pagerank
from .multi_document import audit_computed, difference, settle
from .post_retrieval import audit_citations, mmr, risk_coverage
from .pre_retrieval import audit, expand_terms, fill_budget, predict
from .retrieval import audit_indexes, in_force, weighted_fusion
from .sft_lora import forgetting, format_example, split_by_contract

# %% [markdown]
# # A tiny lab
#
# **What you will learn**: how two rankings become one. **Why it matters**: no single search finds everything.
#
# Measured: 5 s on CPU, 300 MiB of memory. Claims it will test: fusing finds more.

# %%
from labutils import check
from labutils.claims import claim, claims_table, record
from labutils.stats import Difference

# %% [markdown]
# ## Exercise 1: fuse
#
# Difficulty: easy. 5 minutes.
#
# <details><summary>Hint</summary>Sum over both lists.</details>


# %%
def rrf(first, second, k=60):
    # SOLUTION
    scores = {}
    for ranking in (first, second):
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0) + 1 / (k + rank)
    return sorted(scores, key=scores.get, reverse=True)
    # STUB
    # # Collect 1 / (k + rank) from both lists.
    # scores = {}
    # return ...
    # END


rrf = check.rrf(rrf)
print(rrf(["a", "b"], ["b", "c"]))

# %% [markdown]
# ## Exercise 2: measure
#
# Difficulty: medium. 5 minutes.

# %% [markdown]
# <details><summary>Hint</summary>Think of characters.</details>


# %%
def evidence_recall(retrieved, gold):
    # SOLUTION
    wanted = {i for start, end in gold for i in range(start, end)}
    return len(wanted & {i for start, end in retrieved for i in range(start, end)}) / len(wanted)
    # STUB
    # return ...
    # END


evidence_recall = check.evidence_recall(evidence_recall)
record("recall", evidence_recall([(0, 5)], [(0, 10)]))

# %% [markdown]
# ## Exercise 3: judgement
#
# Difficulty: hard. 3 minutes.
#
# <details><summary>Hint</summary>Do the intervals meet?</details>

# %%
# SOLUTION
verdict = "cannot tell"
# STUB
# verdict = ...
# END
verdict = check.forgetting(verdict, before=(0.8, 0.7, 0.9), after=(0.75, 0.65, 0.85))

# %%
claim("fusing finds more", Difference("fused", "single", "correct", 0.2, 0.1, 0.3, 60, 20), expected="helps")

# %% [markdown]
# ## What you found

# %%
claims_table()

# %% [markdown]
# **What to remember**: ranks can be added. **When not to use it**: with one list. **Read on**: Cormack et al. 2009.

# %% [markdown]
# # 2.1 Fine-tuning with LoRA: what it teaches, and what it costs you
#
# **What you will learn**
#
# - to turn questions and answers into training examples, and to see which tokens the loss counts
# - to train a LoRA adapter with trl and peft, and to say what in the model it changes
# - to split by contract, and to check for leaks before you train
# - to measure what fine-tuning taught, with a control group that it cannot have taught
# - to measure what it broke: honesty about what the model does not know, and reading
#
# **Why it matters.** Fine-tuning lowers its own loss: it is made for that. So a low loss proves little. You want to
# know four things: does the model answer new questions, or has it learned a list by heart? What does it say where it
# knows nothing? What could it do before that it does worse now? And was it worth the price? Each has a measurement, and
# none of them is the training loss.
#
# **Time, memory, device.** At most 120 s and 3 GB of memory on 2 CPU cores; no GPU. The first run also trains the
# adapter and embeds the chunks: plan for five more minutes. Both stay in a cache, and lab 3 uses the same adapter. The
# last cells of code print what your run took. Reading and exercises: about 50 min.
#
# **Claims this notebook tests.** Each compares the same model after fine-tuning (*SFT*) with itself before (*base*), on
# the same questions:
#
# 1. Fine-tuning on facts helps with the same facts, asked in words that training never used.
# 2. It helps with facts of contracts that it never saw. That is the control: there is nothing it could know.
# 3. It helps to be honest about those contracts, that is, to be right or to abstain.
# 4. It helps with reading: answers from passages that are given.
#
# A claim may come out as *helps*, *hurts* or *inconclusive*. Read the verdict line, not the claim.

# %%
import dataclasses
import random
import tempfile
import time
from collections import Counter
from itertools import groupby
from pathlib import Path

import pandas as pd
import psutil
import torch
from datasets import Dataset
from IPython.display import display
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore
from safetensors.torch import load_file

from labutils import bench, check, metrics, models, plots, retrieval, settings, tuning
from labutils.claims import claim, claims_table, record, record_table
from labutils.corpus import load_corpus
from labutils.errors import LabsError
from labutils.pipelines import ClosedBookPipeline, RagPipeline
from labutils.prompts import ABSTAIN, CLOSED_BOOK_TEMPLATE
from labutils.stats import mean_interval, paired_difference

STARTED = time.perf_counter()
FACTS = ("lookup", "version", "extract")  # families that ask for values of a contract
# Training ends in other weights on another processor, and so may every answer after it: how far the share of right
# answers may move, and that of habits such as abstaining, which move more. Measured: 0.05 and 0.18.
DRIFT, HABITS = 0.10, 0.25


def show(figure) -> None:
    """Show a figure; its text alternative goes with the picture."""
    display(figure, metadata={"image/png": {"alt": plots.alt_text(figure)}})


corpus = load_corpus()
if why_not := bench.Benchmark(corpus).arms()["sft"]:
    raise LabsError(f"There is nothing to fine-tune: {why_not}. Choose another LABS_LLM or LABS_CORPUS.")
train, known, test = (corpus.select(split=split) for split in ("train", "known", "test"))
print(f"model {settings.llm()}, corpus {settings.corpus()}")
record_table("Questions by family and split", pd.crosstab(
    pd.Series([q.family for q in train + known + test], name="family"),
    pd.Series(["train"] * len(train) + ["known"] * len(known) + ["test"] * len(test), name="split")))

# %% [markdown]
# Three splits do three jobs. The model is trained on **train**. **known** asks about the same contracts in wordings
# that train does not use: what the model can know by now. **test** is about contracts that training does not touch, and
# asks in all wordings, those of training among them. So *known* and *test* differ in words as well as in contracts:
# compare SFT with base inside a split, never split with split.
# Fine-tuning needs the model's weights: with an endpoint in `LABS_LLM` the first cell stops and says so.
#
# ## 1. A training example
#
# **Supervised fine-tuning** (SFT) shows the model a prompt with the answer that you want, and makes that answer more
# likely. It is next-token prediction as in pretraining, with one change: the loss counts the answer's tokens only. For
# a prompt $x$ and an answer of the tokens $y_1 \dots y_n$:
#
# $$\text{loss} = -\frac{1}{n} \sum_{i=1}^{n} \log p(y_i \mid x, y_1 \dots y_{i-1})$$
#
# So an example has two parts, and who says what is written into it. It is a list of messages with roles.
#
# ## Exercise 1: format a training example
#
# Difficulty: easy. 5 minutes. Write `format_example(question, template)`. It returns a list of two messages, each a
# dict with the keys `role` and `content`. The `user` says the template filled with the question's text (`{query_str}`
# is the placeholder). The `assistant` says the answer, and nothing else.
#
# <details><summary>Hint 1</summary><code>template.format(query_str=...)</code> fills the placeholder.</details>
#
# <details><summary>Hint 2</summary>A question has the attributes <code>question</code> and <code>answer</code>. The
# model will later be asked with the very same template. Why would the bare question be the wrong prompt to train
# on?</details>


# %%
def format_example(question, template: str) -> list[dict[str, str]]:
    """Return the messages of one training example: what the user says, what the assistant says."""
    # SOLUTION
    return [{"role": "user", "content": template.format(query_str=question.question)},
            {"role": "assistant", "content": question.answer}]
    # STUB
    # # 1. the user's message: the template, filled
    # # 2. the assistant's message: the answer
    # return ...
    # END


format_example = check.format_example(format_example)

# %%
reference = tuning.sft_rows(train)
rows = Dataset.from_list([{"messages": format_example(question, CLOSED_BOOK_TEMPLATE)} for question in train])
for message in rows[0]["messages"]:
    print(f"--- {message['role']}\n{message['content']}")
print(f"\n{len(rows)} rows; the same as labutils.tuning.sft_rows makes: {rows.to_list() == reference.to_list()}")

# %% [markdown]
# ## 2. Which tokens carry loss
#
# A model reads one string of tokens. The **chat template** turns messages into that string. It is a small program in
# the Jinja language that comes with the tokenizer. Look for `{% generation %}` and `{% endgeneration %}`: what stands
# between them is what the model itself has to write. `SFTConfig(assistant_only_loss=True)` needs these markers.

# %%
llm = models.load_llm()
print(llm.tokenizer.chat_template)

# %%
messages = rows[0]["messages"]
for counts, part in groupby(tuning.loss_tokens(llm, messages), key=lambda token: token[1]):
    print(f"{'LOSS' if counts else 'no loss':>7} | {''.join(text for text, _ in part)!r}")

some = rows.select(range(min(200, len(rows))))["messages"]
marked = [counts for messages in some for _, counts in tuning.loss_tokens(llm, messages)]
record("share of tokens that carry loss, first rows", sum(marked) / len(marked))

# %% [markdown]
# Look at the end of the part with loss. The token that ends the turn belongs to it. If it did not, the model would
# learn what to answer, but not when to stop. That fault does not show in the loss. It shows in answers that run on.
#
# ## 3. What LoRA changes
#
# Full fine-tuning moves every weight. **LoRA** (low-rank adaptation) freezes them all and puts a small detour beside
# each linear layer. Where the layer computed $Wx$, it now computes
#
# $$Wx + \frac{\alpha}{r} B A x$$
#
# $A$ has $r$ rows and $B$ has $r$ columns. Only $A$ and $B$ are trained, so the change of the layer has at most rank
# $r$. $B$ starts at zero: before the first step the tuned model *is* the base model. Afterwards you can add
# $\frac{\alpha}{r} BA$ to $W$ (*merge*), so answering costs nothing extra, or keep it apart and switch it off.
#
# Three objects say all of that: peft's `LoraConfig` (where and how large), trl's `SFTConfig` (how to train) and trl's
# `SFTTrainer` (the loop). `tuning.make_trainer` puts them together.

# %%
recipe = tuning.recipe_for(settings.llm())
lora, training = tuning.lora_config(recipe), tuning.sft_config(Path("unused"), recipe)
for config, names in (
        (lora, ("r", "lora_alpha", "lora_dropout", "target_modules", "task_type")),
        (training, ("max_steps", "per_device_train_batch_size", "learning_rate", "lr_scheduler_type", "warmup_steps",
                    "max_length", "assistant_only_loss", "train_sampling_strategy", "bf16", "seed"))):
    print(type(config).__name__)
    for name in names:
        value = getattr(config, name)
        print(f"    {name:<28}{getattr(value, 'value', value)}")
print(f"optimizer\n    {recipe.optimizer}")

# %% [markdown]
# | setting | what it decides |
# |---|---|
# | `r`, `lora_alpha` | how much room the detour has, and how strongly it is scaled |
# | `target_modules` | which layers get one; `all-linear` is all but the output layer |
# | `learning_rate` | the one to search first; LoRA and small models take larger ones than full fine-tuning |
# | `optimizer` | Muon takes equal steps in all directions of a matrix, AdamW scales the step of each weight |
# | `assistant_only_loss` | loss on the answer's tokens only, through the template's markers |
# | `max_length` | longer rows are cut at their end, where the answer stands; `make_trainer` refuses such rows |
# | `train_sampling_strategy` | rows of like length share a batch, so less is spent on padding |
#
# Now put an adapter into a model and look at it, before any training.

# %%
with tempfile.TemporaryDirectory() as folder:
    trainer = tuning.make_trainer(models.load_llm(), rows.select(range(4)), Path(folder), recipe)
layers = [module for module in trainer.model.modules() if hasattr(module, "lora_A")]
print(f"{type(trainer).__name__}, {len(layers)} layers with a detour, for example:\n{layers[0]}")
print("B starts at zero:", all(not module.lora_B["default"].weight.any() for module in layers))

labels = trainer.train_dataset[0]["labels"]
print("the trainer's labels say:", repr(llm.tokenizer.decode([label for label in labels if label != tuning.NO_LOSS])))
trainable, total = trainer.model.num_parameters(only_trainable=True), llm.model.num_parameters()
record("trainable parameters", trainable, unit="parameters")
record("trainable parameters for each parameter of the model", trainable / total)

# %% [markdown]
# On a model this small the detours are large beside the layers. On a model of several billion parameters the same rank
# comes to about two percent, because a detour grows with the width of a layer, and the layer with its square. Settings
# do not carry over either: this recipe (its rank, Muon, its learning rate) was chosen on earlier weights of the model,
# among a dozen, with what they remembered of training questions and of *known* in view (the log in `factory/README.md`
# lists them). On the present weights nothing was compared; claim 1 may still be a little too kind. And nothing was
# chosen for what it keeps: claims 3 and 4 show the price of *this* recipe, and a gentler one may remember less and
# forget less (Biderman and others). A large model wants AdamW and a learning rate from 1e-5 to 5e-4:
# `tuning.recipe_for` takes these for any model but Clerk.
#
# ## 4. Splits and leaks
#
# A held-out question says something only if training did not contain its answer. Questions come in contracts, and a
# contract's facts are asked again and again in other words. So shuffle contracts, never questions.
#
# ## Exercise 2: split by contract
#
# Difficulty: medium. 10 minutes. Write `split_by_contract(questions, share, seed)`. It returns two lists, train and
# test. About `share` of the contracts go to test, with all of their questions. `question.cluster` is the contract. The
# same seed gives the same split, another seed another one.
#
# <details><summary>Hint 1</summary>Draw contracts, not questions. Which contracts there are, you find in a set, and a
# set has no order that you could rely on.</details>
#
# <details><summary>Hint 2</summary><code>random.Random(seed).shuffle(contracts)</code> shuffles a list in place, and
# touches no other random numbers of the program.</details>


# %%
def split_by_contract(questions: list, share: float, seed: int) -> tuple[list, list]:
    """Return (train, test): about `share` of the contracts, drawn by `seed`, go to test with all of their questions."""
    # SOLUTION
    contracts = sorted({question.cluster for question in questions})
    random.Random(seed).shuffle(contracts)
    held_out = set(contracts[: max(1, round(share * len(contracts)))])
    return ([question for question in questions if question.cluster not in held_out],
            [question for question in questions if question.cluster in held_out])
    # STUB
    # # 1. list the contracts in a fixed order, then shuffle them with the seed
    # # 2. the first ones are held out
    # # 3. each question follows its contract
    # return ..., ...
    # END


split_by_contract = check.split_by_contract(split_by_contract)


# %%
def share_seen(kept: list, held_out: list) -> float:
    """Return the share of held-out questions whose fact (contract and class) some kept question asks for, too."""
    facts = {(question.cluster, question.klass) for question in kept}
    return sum((question.cluster, question.klass) in facts for question in held_out) / len(held_out)


kept, held_out = split_by_contract(train, 0.25, seed=0)
shuffled = random.Random(0).sample(train, len(train))
record("held-out questions whose fact is in training, split by contract", share_seen(kept, held_out))
record("the same, questions shuffled instead", share_seen(shuffled[len(held_out):], shuffled[:len(held_out)]))

# %% [markdown]
# The second number is what a random split of these questions would have hidden from you: you would call it a test, and
# it would be a memory exercise. Now check the splits that this notebook really uses. For *known*, shared facts are the
# point, but shared texts would be a leak. For *test*, any share above zero would be one.

# %%
texts = {" ".join(question.question.lower().split()) for question in train}
contracts = {question.cluster for question in train}
record_table("Share of questions that have this in common with train", pd.DataFrame([
    {"split": name, "contract": sum(q.cluster in contracts for q in part) / len(part),
     "fact": share_seen(train, part),
     "text of the question": sum(" ".join(q.question.lower().split()) in texts for q in part) / len(part)}
    for name, part in (("known", known), ("test", test))]))

example = next(question for question in known if question.family in FACTS)
print("known:", example.question)
for question in [q for q in train if (q.cluster, q.klass) == (example.cluster, example.klass)][:3]:
    print("train:", question.question)

# %% [markdown]
# ## Predict before you run
#
# Results of an earlier run stand below. Clear them first: *Edit*, *Clear Outputs of All Cells*. Then write down four
# guesses before you train:
#
# 1. Closed book, before training: which share of the facts of *known* does the base model get right?
# 2. And after training?
# 3. What will it answer about contracts that it never saw: will it abstain, or name a value?
# 4. Training never showed it a passage. Will it read passages as well as before?
#
# Then run, and see which of the four surprises you. That is where your picture of fine-tuning needs work.
#
# ## 5. Train
#
# The first run trains; later ones take the adapter from the cache. `train_lora` is `make_trainer`, `train()` and
# `save_pretrained`, kept under a hash of model, rows and recipe.

# %%
adapter = tuning.train_lora(settings.llm(), rows, settings.cache_dir(), recipe)
curve = pd.DataFrame(adapter.history, columns=["step", "loss"]).assign(series="train")
show(plots.learning_curve(curve, "Fine-tuning: loss on the tokens of the answers"))
record("loss at the first entry", adapter.history[0][1], tolerance=0.5, unit="nats")
record("loss at the last entry", adapter.history[-1][1], tolerance=0.25, unit="nats")

# %% [markdown]
# The curve shows that the trainer works. It does not show that the model knows anything: the same curve comes from a
# model that learns the rows by heart and understands no other wording. So leave the curve and ask questions.
#
# First, look at the change itself: two thin matrices for each layer. On this small model they have a third to a half of
# a layer's numbers, on a large one a few percent, which makes an adapter small to store.

# %%
weights = load_file(adapter.folder / "adapter_model.safetensors")
name = next(name for name in weights if "lora_A" in name)
a, b = weights[name].double(), weights[name.replace("lora_A", "lora_B")].double()
print(f"{len(weights)} matrices in the adapter. The first pair: A {tuple(a.shape)}, B {tuple(b.shape)}; "
      f"their product {tuple((b @ a).shape)} has rank {int(torch.linalg.matrix_rank(b @ a))}")

# %% [markdown]
# ## 6. Closed book, before and after
#
# Closed book means that the model gets the question and nothing else. What it answers is what its weights hold. Both
# models get the same prompts and decode greedily.

# %%
tuned = models.load_llm(settings.llm(), adapter.folder)


def ask(arm: str, kind: str, pipeline, questions: list) -> pd.DataFrame:
    """Return the rows of the results table for an arm of a kind that bench knows (base, sft, rag, sft_rag)."""
    return bench.results_rows(kind, questions, pipeline.answer(questions), corpus).assign(arm=arm)


asked = known + [question for question in test if question.family in (*FACTS, "unanswerable")]
closed = pd.concat([ask("base", "base", ClosedBookPipeline(llm), asked),
                    ask("SFT", "sft", ClosedBookPipeline(tuned), asked)], ignore_index=True)
closed["honest"] = closed["correct"] | closed["abstained"]
facts = closed["family"].isin(FACTS)
known_facts, test_facts = closed[facts & (closed["split"] == "known")], closed[facts & (closed["split"] == "test")]
for part, label in ((known_facts, "known contracts, new wordings"), (test_facts, "unseen contracts")):
    for arm in ("base", "SFT"):
        record(f"facts right, {label}, {arm}", float(part.loc[part["arm"] == arm, "correct"].mean()), tolerance=DRIFT)

heart = random.Random(0).sample([question for question in train if question.family in FACTS], 100)
record("facts right, the very questions of training, SFT",
       float(ask("SFT", "sft", ClosedBookPipeline(tuned), heart)["correct"].mean()), tolerance=HABITS)

# %%
learned = paired_difference(known_facts, "SFT", "base")
claim("Fine-tuning on facts helps with the same facts in new words", learned, drift=DRIFT)

# %% [markdown]
# Hold the questions of training against the same facts in new words. Right there and wrong here: learned by heart.
# Wrong in both: not learned. The two are on other questions, so take it as a hint.
#
# The interval says how sure these questions can make us about *this* adapter. The training itself ends differently on
# another processor: sums are rounded in another order, and in hundreds of steps that grows. Numbers of the tuned model
# may move by `DRIFT` from machine to machine, which no interval over questions shows. Where that could turn the
# verdict, its line says *close*. To be sure of a recipe and not of one adapter, train it several times.
#
# ### The control: contracts that it never saw
#
# The facts of the test contracts occur nowhere in training. A model that gets better at them has found another way than
# knowing them. There are three: a leak; a habit of training answers that happens to fit; or a better guess, because it
# has seen which values are common. The third you can price. The next cell guesses without any model: for each kind of
# fact, the value that training names most often. And it counts who is right how often.

# %%
unseen = paired_difference(test_facts, "SFT", "base")
claim("Fine-tuning on facts helps with facts of contracts it never saw", unseen, drift=DRIFT)

answers: dict[tuple[str, str], Counter] = {}
for question in train:
    answers.setdefault((question.family, question.klass), Counter())[question.answer] += 1
asked_facts = [question for question in test if question.family in FACTS]
guesses = [answers[q.family, q.klass].most_common(1)[0][0] if (q.family, q.klass) in answers else ABSTAIN
           for q in asked_facts]
record_table("Unseen contracts: questions right", pd.DataFrame([
    {"who": "guess", "right": sum(map(metrics.exact_match, guesses, asked_facts)), "of": len(asked_facts)},
    *({"who": arm, "right": int(rows["correct"].sum()), "of": len(rows)}
      for arm, rows in test_facts.groupby("arm", sort=False))]),
    tolerance={"right": [0, 0, DRIFT * len(asked_facts)]})

# %% [markdown]
# Read the control together with these counts. If SFT is above the base model by no more than such guessing brings, then
# what it knows of these contracts is nothing, whatever its line says: an interval from one or two right answers means
# little. If it is far above, go back to section 4 and find the leak.
#
# ### What happens to honesty
#
# Now the other side. Where a model does not know, it can abstain or invent. Before training it had habits. Training
# then showed it many rows in which a question about some contract is followed at once by a value, and fewer in which it
# is followed by an abstention. The picture splits the replies about contracts that it **never saw**. There is nothing
# to know, so *wrong value* means invented. In `unanswerable`, where nobody could know, abstaining is *correct*. A
# *malformed* reply is one that is wrong and not in the form asked for, such as no JSON where JSON is wanted.

# %%
strangers = closed[closed["split"] == "test"]
strangers = strangers.assign(arm=strangers["family"] + ", " + strangers["arm"])
order = [f"{family}, {arm}" for family in (*FACTS, "unanswerable") for arm in ("base", "SFT")]
stages = plots.error_stages(strangers)
show(plots.waterfall(stages.loc[[row for row in order if row in stages.index]], "Closed book, contracts never seen"))

for arm in ("base", "SFT"):
    part = test_facts[test_facts["arm"] == arm]
    record(f"unseen contracts, abstained, {arm}", float(part["abstained"].mean()), tolerance=HABITS)
    record(f"unseen contracts, neither right nor abstained, {arm}", float(1 - part["honest"].mean()), tolerance=HABITS)
for split in ("known", "test"):
    for arm in ("base", "SFT"):
        part = closed[(closed["family"] == "unanswerable") & (closed["split"] == split) & (closed["arm"] == arm)]
        record(f"unanswerable, {split}, abstained, {arm}", float(part["abstained"].mean()), tolerance=HABITS)

# %%
honesty = paired_difference(test_facts, "SFT", "base", metric="honest")
claim("Fine-tuning on facts helps to be honest about contracts it never saw", honesty, drift=HABITS)

# %% [markdown]
# Gekhman and others asked the same of a large model (arXiv 2405.05904). They fine-tuned it on facts that it did not
# know. It learned those rows more slowly than others, and the more of them it had learned, the more it invented
# elsewhere. The worry behind their study: such rows teach a model to state what its weights do not hold. Compare with
# your verdict line. Another outcome would not contradict them: the models, their sizes and the share of abstentions in
# training differ.
#
# ## 7. Forgetting: can it still read?
#
# Your rows had no passages. The model could read before. Weights that moved to store facts also serve reading, so
# measure it. To see reading alone, give the passages: the chunk with the gold evidence among distractors that a plain
# hybrid search finds (the arms of lab 3 look terms and companies up as well). Distractors from the trained contracts
# are left out, so that nothing in the prompt is what SFT was trained on.


# %%
class GivenPassages(BaseRetriever):
    """The chunks that hold the gold evidence, among the best distractors, in an order drawn for each question."""

    def __init__(self, questions: list, nodes: list, distractors: BaseRetriever, k: int) -> None:
        self._questions = {question.question: question for question in questions}
        self._nodes, self._distractors, self._k = nodes, distractors, k
        super().__init__()

    def _gold(self, question) -> list[NodeWithScore]:
        chosen = {}
        for gold in question.evidence:
            spans = [(node, retrieval.node_span(node)) for node in self._nodes if node.ref_doc_id == gold.doc_id]
            touching = [(node, span) for node, span in spans if span.start < gold.end and gold.start < span.end]
            whole = [(node, span) for node, span in touching if span.start <= gold.start and gold.end <= span.end]
            chosen.update((node.node_id, NodeWithScore(node=node)) for node, _ in whole[:1] or touching)
        return list(chosen.values())

    def _retrieve(self, query_bundle) -> list[NodeWithScore]:
        question = self._questions[query_bundle.query_str]
        passages = self._gold(question)
        given = {passage.node.node_id for passage in passages}
        others = [found for found in self._distractors.retrieve(question.question) if found.node.node_id not in given]
        passages += others[: max(0, self._k - len(passages))]
        random.Random(question.question_id).shuffle(passages)
        return passages


setup = bench.Setup()
nodes = [node for node in bench.Benchmark(corpus, setup=setup).nodes if node.metadata.get("split") != "train"]
distractors = bench.make_retriever(setup.retriever, nodes, 3 * setup.k)
to_read = [question for question in test if question.family in ("lookup", "version")]
to_read = random.Random(0).sample(to_read, min(80, len(to_read)))
given = GivenPassages(to_read, nodes, distractors, setup.k)
reading = pd.concat([ask("base", "rag", RagPipeline(given, llm), to_read),
                     ask("SFT", "sft_rag", RagPipeline(given, tuned), to_read)], ignore_index=True)
record("gold evidence in the passages given", float(reading["evidence_recall"].mean()))
sizes = [len(given.retrieve(question.question)) for question in to_read[:8]]
record("passages given in all", sum(sizes) / len(sizes), unit="passages")

# %%
before, after = (mean_interval(reading[reading["arm"] == arm]) for arm in ("base", "SFT"))
for arm, score in (("base", before), ("SFT", after)):
    for what, value in (("right", score.estimate), ("low", score.low), ("high", score.high)):
        record(f"reading, {arm}, {what}", value, tolerance=DRIFT)
    part = reading[reading["arm"] == arm]
    record(f"reading, {arm}, citation fine", float(part["citations_ok"].astype(float).mean()), tolerance=HABITS)
show(plots.waterfall(plots.error_stages(reading), "Reading from given passages, contracts never seen"))

# %% [markdown]
# *Citation fine* is the share of all replies, abstentions among them, that cite a passage with gold evidence. It
# matters as much as *right*, which asks for no citation. In the picture, *malformed* stands for replies that are wrong
# **and** cite nothing: with a citation they would still be wrong. Training rows had no passages, so no answer in them
# cites. If the model stopped citing, you lost the way to check it, even where it is still right.
#
# ## Exercise 3: did it forget?
#
# This one asks for judgement. Difficulty: medium. 10 minutes. You have two scores with their 95% intervals, as most
# papers give them. Write the rule by which you would speak, before you apply it to the numbers above. `judge(before,
# after, margin)` gets two scores `(estimate, low, high)` and the loss that would not matter to you. It returns
#
# - `"forgot"`, if even the kindest reading of both intervals is a loss, however small,
# - else `"kept"`, if even the harshest reading of both intervals is a loss below `margin`,
# - else `"cannot tell"`.
#
# <details><summary>Hint 1</summary>The kindest reading: it was as low as possible before, and is as high as possible
# now.</details>
#
# <details><summary>Hint 2</summary>Intervals that overlap do not show that nothing was lost. That is why there are
# three answers and a margin, and not two answers.</details>


# %%
def judge(before: tuple[float, float, float], after: tuple[float, float, float], margin: float) -> str:
    """Return "forgot", "kept" or "cannot tell" for two scores (estimate, low, high) and a loss that does not matter."""
    # SOLUTION
    _, low_before, high_before = before
    _, low_after, high_after = after
    smallest_loss, largest_loss = low_before - high_after, high_before - low_after
    if smallest_loss > 0:
        return "forgot"
    return "kept" if largest_loss < margin else "cannot tell"
    # STUB
    # # 1. the smallest and the largest loss that both intervals allow
    # # 2. your three answers
    # return ...
    # END


judge = check.forgetting(judge)
scores = [(score.estimate, score.low, score.high) for score in (before, after)]
print("two intervals, margin 0.05:", judge(*scores, 0.05))

# %% [markdown]
# Two separate intervals are a blunt tool. They forget that both models answered the same questions: a hard question was
# hard for both. The paired difference uses that. Its interval is usually narrower, so it can tell where two intervals
# cannot.

# %%
forgetting = paired_difference(reading, "SFT", "base")
claim("Fine-tuning on facts helps with reading from given passages", forgetting, drift=DRIFT)
print("paired, margin 0.05:", "forgot" if forgetting.high < 0 else
      "kept" if forgetting.low > -0.05 else "cannot tell")

# %% [markdown]
# ### The same base, inside the tuned model
#
# You compared two loaded models. There is a shorter way that cannot mix up two versions of a base model. An adapter
# that is not merged can be switched off, and `disable_adapter` of peft is then your baseline. That is also how
# preference training keeps its reference model without a second copy.

# %%
attached = tuning.attach(models.load_llm(), adapter.folder)
sample = to_read[:16]
with attached.model.disable_adapter():
    off = [answer.raw for answer in RagPipeline(given, attached).answer(sample)]
on = [answer.raw for answer in RagPipeline(given, attached).answer(sample)]
by_arm = {arm: reading[reading["arm"] == arm]["answer"].tolist()[: len(sample)] for arm in ("base", "SFT")}
record("adapter off, answers equal to the base model's", sum(map(str.__eq__, off, by_arm["base"])) / len(sample))
record("adapter on, answers equal to the merged model's", sum(map(str.__eq__, on, by_arm["SFT"])) / len(sample),
       tolerance=DRIFT)

# %% [markdown]
# ## 8. What it cost
#
# You pay for training once, and again whenever the facts change. You pay for every answer by its tokens. Closed book
# reads a question, RAG reads passages as well.

# %%
record("trained parameters", adapter.trainable, unit="parameters")
record("tokens read in training", adapter.tokens, unit="tokens")
record("training", adapter.seconds, unit="s")
record("size of the adapter", (adapter.folder / "adapter_model.safetensors").stat().st_size / 2**20, unit="MiB")
for label, frame in (("closed book", closed), ("with passages", reading)):
    record(f"prompt of one question, {label}", float(frame["tokens_in"].mean()), unit="tokens")

# %% [markdown]
# Seconds are those of the machine that trained, which need not be yours if the cache came from elsewhere. Lab 3 turns
# them, and the tokens, into money.
#
# ## What you found

# %%
named = {"known facts, SFT": learned, "unseen facts, SFT": unseen, "honesty, SFT": honesty, "reading, SFT": forgetting}
show(plots.forest([dataclasses.replace(difference, a=name) for name, difference in named.items()],
                  "What fine-tuning on facts changed"))

# %% [markdown]
# From top to bottom: what it learned, the control, honesty about what it does not know, reading. A fine-tuning report
# that shows the first line only is half a report.

# %%
record("this run took", time.perf_counter() - STARTED, unit="s")
record("memory in use", psutil.Process().memory_info().rss / 2**20, unit="MiB")
claims_table()

# %% [markdown]
# **What to remember**
#
# - The loss counts the tokens you mark. Look at them once before you train, with the end of the turn.
# - Split by contract, and let a program prove it. A split by question measures memory.
# - Never show a gain without its control: the same measurement where nothing could be learned.
# - After training on facts, count invented values, not right ones only. One adapter shows what happened to it, not why:
#   whether such rows train a model to state what it does not know, Gekhman and others have tested.
# - Measure what you did not train. An interval that crosses zero does not show that nothing was lost.
# - One recipe is one point on the curve of learning against forgetting. People try fewer steps or a lower rate, rows of
#   the old task mixed in (here: passages with a cited answer, questions that the passages leave open), more rows that
#   abstain. Each needs the same four measurements. Training with passages was tried on Clerk and gained nothing:
#   `factory/README.md` has it.
# - Facts in weights have no source and no date. You cannot cite, correct or delete one of them alone.
#
# **When not to use it**
#
# - Facts change, or each answer needs its source: retrieve. Every change of a fact would be another training run.
# - Not every reader may know every fact: weights know no access rights.
# - A prompt with a few examples already gives the form that you want.
# - You have few rows, or rows whose answers nobody has checked: the model will learn the faults, too.
# - You cannot measure the before and after on questions that training did not touch.
#
# **Read on**
#
# - Hu et al. 2021, *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv 2106.09685
# - Biderman et al. 2024, *LoRA Learns Less and Forgets Less*, arXiv 2405.09673: learning and forgetting on one plane
# - Gekhman et al. 2024, *Does Fine-Tuning LLMs on New Knowledge Encourage Hallucinations?*, arXiv 2405.05904
# - Ovadia et al. 2023, *Fine-Tuning or Retrieval? Comparing Knowledge Injection in LLMs*, arXiv 2312.05934
# - Allen-Zhu, Li 2023, *Physics of Language Models: Part 3.1, Knowledge Storage and Extraction*, arXiv 2309.14316: why
#   a fact has to be seen in several wordings
# - Zhang et al. 2023, *R-Tuning: Instructing Large Language Models to Say "I Don't Know"*, arXiv 2311.09677
# - Miller 2024, *Adding Error Bars to Evals*, arXiv 2411.00640

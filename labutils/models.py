"""Language models behind one setting: Clerk (inside this package), a Hugging Face folder or repository, or an endpoint.

    clerk                      the embedded model, weights checked by hash
    hf:<path or repository>    any causal language model with a chat template, safetensors only
    openai:<model>@<base url>  any OpenAI-compatible endpoint; the key comes from OPENAI_API_KEY

`load_llm` returns a llama-index LLM, so every llama-index component can use it. `generate` answers many prompts at once;
`PreparedLLM` lets components that ask one prompt at a time find replies that were made so and kept on disk.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from llama_index.core.llms import LLM, CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.utils import get_tokenizer
from pydantic import PrivateAttr
from tqdm.auto import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

from . import attention, cache, decoding, meter, settings
from .batching import BATCH_TOKENS, WRITE_TOKENS, at_once, batches, device, on_each_core
from .errors import LabsError

CLERK = Path(__file__).parent / "clerk"
ATTEMPTS = 4
KEPT_AT_ONCE = 400  # replies written between two files on the disk


@dataclass(frozen=True)
class Reply:
    """A generated answer with its prompt and answer length in tokens of the model, and its share of the time in ms.

    `probability` (0..1): what the model gives this very answer, the product over its tokens; None for an endpoint.
    """

    text: str
    tokens_in: int
    tokens_out: int
    ms: float
    probability: float | None = None


class LocalChat(CustomLLM):
    """A transformers model as a llama-index LLM: greedy decoding, prompts go through the chat template as one user turn."""

    name: str
    context_window: int
    num_output: int = 256
    _model: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()

    def __init__(self, model, tokenizer, name: str, **fields):
        context = min(model.config.max_position_embeddings, tokenizer.model_max_length)
        super().__init__(name=name, context_window=context, **fields)
        self._model, self._tokenizer = model, tokenizer

    @property
    def model(self):
        """The transformers model."""
        return self._model

    @property
    def tokenizer(self):
        """The transformers tokenizer."""
        return self._tokenizer

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.context_window, num_output=self.num_output, model_name=self.name)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        reply = generate(self, [prompt], kwargs.get("max_new_tokens", self.num_output))[0]
        return CompletionResponse(text=reply.text, raw=vars(reply))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        # Short answers: one chunk is as good as many, and keeps one decoding path.
        reply = generate(self, [prompt], kwargs.get("max_new_tokens", self.num_output))[0]
        yield CompletionResponse(text=reply.text, delta=reply.text)


class PreparedLLM(CustomLLM):
    """A llama-index LLM that gives the replies which `prepare` made in batches; other prompts it passes on.

    A component of llama-index sends its prompts one by one. Prepared, they run in batches, and once per model:
    each reply is kept on disk. It is charged with the time that it took.
    """

    llm: Any
    spec: str
    _replies: dict[str, Reply] = PrivateAttr(default_factory=dict)
    _store: cache.Store = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        model = cache.digest(weights_id(self.spec), self.spec, device())[:16]
        self._store = cache.Store(f"replies-{model}", lambda row: Reply(**row))

    @property
    def metadata(self) -> LLMMetadata:
        inner = self.llm.metadata
        return LLMMetadata(context_window=inner.context_window, num_output=inner.num_output,
                           model_name=inner.model_name)

    def prepare(self, prompts: list[str], max_new_tokens: int = 64) -> list[Reply]:
        """Return a reply per prompt; those that this model gave before, in any run, come from the disk.

        An interrupted call keeps what it has: every few hundred replies are written.
        """
        by_key = {cache.digest(max_new_tokens, prompt)[:24]: prompt for prompt in prompts}
        missing = sorted(self._store.missing(by_key), key=lambda key: len(by_key[key]))
        if missing:
            print(f"{len(missing)} replies are not in the cache; the model writes them now.", file=sys.stderr)
        for start in range(0, len(missing), KEPT_AT_ONCE):
            keys = missing[start:start + KEPT_AT_ONCE]
            replies = generate(self.llm, [by_key[key] for key in keys], max_new_tokens)
            self._store.put({key: asdict(reply) for key, reply in zip(keys, replies, strict=True)})
        self._replies.update({prompt: self._store[key] for key, prompt in by_key.items()})
        return [self._replies[prompt] for prompt in prompts]

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        reply = self._replies.get(prompt)
        if reply is None:
            return self.llm.complete(prompt, formatted=formatted, **kwargs)
        meter.add_saved(reply.ms)
        return CompletionResponse(text=reply.text, raw=asdict(reply))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        response = self.complete(prompt, formatted=formatted, **kwargs)
        yield CompletionResponse(text=response.text, delta=response.text)


def load_llm(spec: str | None = None, adapter: Path | None = None) -> LLM:
    """The model that `spec` (default: $LABS_LLM) names, with a LoRA adapter merged in if one is given.

    Raises LabsError for an unknown spec, missing or damaged weights, or an adapter on an endpoint.
    """
    spec = spec or settings.llm()
    kind, _, rest = spec.partition(":")
    if spec == "clerk":
        ok, message = clerk_status()
        if not ok:
            raise LabsError(message)
        return _load_local(str(CLERK), "clerk", adapter)
    if kind == "hf" and rest:
        return _load_local(rest, rest, adapter)
    if kind == "openai" and "@" in rest:
        if adapter is not None:
            raise LabsError(f"{spec} is an endpoint: an adapter can't be loaded into it. Use clerk or hf:<path>.")
        return _load_endpoint(rest)
    raise LabsError(f"LABS_LLM={spec!r} is not known. Use clerk, hf:<path or repository> or openai:<model>@<base url>.")


def clerk_status(folder: Path = CLERK) -> tuple[bool, str]:
    """Whether the embedded weights are complete and unchanged, and a line that says so or what to do."""
    listing = folder / "hashes.json"
    if not listing.exists():
        return False, (f"Clerk's weights are missing ({folder.name}/hashes.json). Restore them: "
                       "git checkout -- labutils/clerk")
    for name, expected in json.loads(listing.read_text(encoding="utf-8")).items():
        path = folder / name
        if not path.exists():
            return False, f"Clerk's file {name} is missing. Restore it: git checkout -- labutils/clerk"
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            return False, f"Clerk's file {name} is damaged (its hash differs). Restore it: git checkout -- labutils/clerk"
    return True, "Clerk's weights are complete and unchanged"


def weights_id(spec: str) -> str:
    """What tells two versions of a model apart: Clerk's hash list, or the size and date of a local folder's weight files."""
    if spec == "clerk":
        return (CLERK / "hashes.json").read_text(encoding="utf-8") if (CLERK / "hashes.json").exists() else ""
    path = Path(spec.partition(":")[2])
    return str([spec] + [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(path.glob("*.safetensors"))])


def load_transformers(path: str) -> tuple[Any, Any]:
    """(model, tokenizer) in evaluation mode; float32 on a CPU, bfloat16 on a GPU. Safetensors only, no remote code.

    In bfloat16 a processor that has instructions for it takes 0.7 of the time, but one reply in 300 is another, and what
    is trained on what a search found ends elsewhere: notebooks would show other numbers on one processor than on the next.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            path, trust_remote_code=False, use_safetensors=True,
            dtype=torch.bfloat16 if device() == "cuda" else torch.float32)
    except (OSError, ValueError) as error:
        hint = "" if os.environ.get("HF_HUB_OFFLINE") == "0" else " To allow a download from the hub set HF_HUB_OFFLINE=0."
        raise LabsError(f"The model {path!r} could not be loaded: {str(error).splitlines()[0]}.{hint}") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to(device()).eval(), tokenizer


def _load_local(path: str, name: str, adapter: Path | None) -> LocalChat:
    model, tokenizer = load_transformers(path)
    if adapter is not None:
        from peft import PeftModel

        from .tuning import quiet

        if not (Path(adapter) / "adapter_model.safetensors").exists():
            raise LabsError(f"No adapter in {Path(adapter).name}: adapter_model.safetensors is missing. Train it again.")
        # Merged: the same numbers as the unmerged adapter, and no extra work at every token.
        with quiet():
            model = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().eval()
        name = f"{name}+lora"
    return LocalChat(attention.quicken(model), tokenizer, name)


def _load_endpoint(rest: str) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    model, _, url = rest.partition("@")
    if not model or not url.startswith(("http://", "https://")):
        raise LabsError(f"LABS_LLM='openai:{rest}' lacks a model or an address. "
                        "Example: openai:my-model@http://localhost:8000/v1")
    return OpenAILike(model=model, api_base=url, api_key=os.environ.get("OPENAI_API_KEY", "none"), is_chat_model=True,
                      context_window=8192, temperature=0.0, max_retries=0, timeout=60.0)


def token_counter(llm: LLM) -> Callable[[str], int]:
    """Return a function that counts the tokens which the model reads in a text, without those of the chat template.

    A local model has its own tokenizer; for an endpoint, llama-index's default one is a good guess.
    """
    encode = functools.partial(llm.tokenizer.encode, verbose=False) if isinstance(llm, LocalChat) else get_tokenizer()
    return functools.lru_cache(maxsize=100_000)(lambda text: len(encode(text)))


def generate(llm: LLM, prompts: list[str], max_new_tokens: int = 48, progress: str | None = None) -> list[Reply]:
    """Answer each prompt greedily, in the order given; `progress` labels a progress bar.

    Local models run in batches sorted by length, so that little is spent on padding; endpoints run four requests at a
    time, with back-off. Raises LabsError for a prompt longer than the context or an endpoint that stays silent.
    """
    if not prompts:
        return []
    bar = tqdm(total=len(prompts), desc=progress, disable=progress is None, leave=False)
    with bar:
        if isinstance(llm, LocalChat):
            return _generate_local(llm, prompts, max_new_tokens, bar)
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(_ask_endpoint, llm, prompt, max_new_tokens) for prompt in prompts]
            replies = []
            for future in futures:
                replies.append(future.result())
                bar.update()
            return replies


def _generate_local(llm: LocalChat, prompts: list[str], max_new_tokens: int, bar) -> list[Reply]:
    tokenizer = llm.tokenizer
    texts = [tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True)
             for prompt in prompts]
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    longest = max(map(len, encoded))
    if longest + max_new_tokens > llm.context_window:
        raise LabsError(f"A prompt has {longest} tokens; with {max_new_tokens} for the answer that is more than the "
                        f"{llm.context_window} of {llm.name}. Retrieve fewer or smaller chunks.")
    lengths = [len(ids) for ids in encoded]
    order = sorted(range(len(prompts)), key=lengths.__getitem__)
    room = WRITE_TOKENS[device()]
    # Few prompts are shared out among the cores.
    room = max(BATCH_TOKENS[device()], min(room, sum(lengths) // at_once(len(prompts)) + longest))
    jobs = list(batches(order, lengths, room))[::-1]  # the long ones first

    def write(chosen: list[int]) -> list[Reply]:
        started = time.perf_counter()
        written = decoding.write(llm.model, tokenizer, [encoded[i] for i in chosen], max_new_tokens)
        # Jobs run side by side, so each has its share of the time.
        ms = (time.perf_counter() - started) * 1000 / len(chosen) / at_once(len(jobs))
        replies = [Reply(tokenizer.decode(one.tokens, skip_special_tokens=True).strip(), lengths[i], len(one.tokens), ms,
                         math.exp(one.log_probability)) for i, one in zip(chosen, written, strict=True)]
        bar.update(len(chosen))
        return replies

    written = zip(jobs, on_each_core(write, jobs), strict=True)
    by_prompt = {i: reply for job, replies in written for i, reply in zip(job, replies, strict=True)}
    return [by_prompt[i] for i in range(len(prompts))]


def _ask_endpoint(llm: LLM, prompt: str, max_new_tokens: int) -> Reply:
    """One request with up to four attempts, waiting 1, 2, 4 seconds between them."""
    for attempt in range(ATTEMPTS):
        started = time.perf_counter()
        try:
            response = llm.complete(prompt, max_tokens=max_new_tokens)
        except Exception as error:  # The client raises many kinds; each means that no answer came.
            if attempt == ATTEMPTS - 1 or not _worth_retrying(error):
                raise LabsError(f"The endpoint of {llm.metadata.model_name} gave no answer after {attempt + 1} attempts "
                                f"({type(error).__name__}). Check its address, key and rate limit.") from error
            time.sleep(2**attempt)
            continue
        ms = (time.perf_counter() - started) * 1000
        usage = getattr(response.raw, "usage", None)
        count = lambda name, text: getattr(usage, name, None) or len(text) // 4
        text = (response.text or "").strip()
        return Reply(text, count("prompt_tokens", prompt), count("completion_tokens", text), ms)
    raise AssertionError("unreachable")


def _worth_retrying(error: Exception) -> bool:
    status = getattr(error, "status_code", None)
    return status is None or status == 429 or status >= 500

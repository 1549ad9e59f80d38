"""Clerk's tokenizer: byte-level BPE with single digits, so that any UTF-8 text survives a round trip.

The space before a number belongs to its first digit (" 4", "5"). Were it a token of its own, every number of a text
would follow the same token, and a small model that copies by what came before would confuse them (see README.md). For
the same reason the number of a passage is one token, "[3]" where it begins an answer and " [3]" behind a title.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

# Ids 0..7 are special, in this order; `pretrain.build_model` and the copy stage rely on it.
SPECIAL = ["<|endoftext|>", "<|im_end|>", "<|pad|>", "<|im_start|>", "<|reserved_4|>", "<|reserved_5|>", "<|reserved_6|>",
           "<|reserved_7|>"]

NUMBERS = 20
CITATIONS = [f"{space}[{number}]" for space in ("", " ") for number in range(1, NUMBERS + 1)]

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{{ '<|im_start|>assistant\n' }}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Train on `texts`; the result holds the chat template with generation markers, as trl's assistant_only_loss needs."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r" ?[0-9]"), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(CITATIONS), special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(citation, normalized=False) for citation in CITATIONS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=SPECIAL[0], eos_token=SPECIAL[1], pad_token=SPECIAL[2],
        chat_template=CHAT_TEMPLATE, model_max_length=2048, padding_side="left", clean_up_tokenization_spaces=False,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast.from_pretrained(str(folder))

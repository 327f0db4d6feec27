"""Examples as files that other trainers read: checked with `datasets`, and by TRL itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ExampleFileUnreadable, NothingToExport
from bot.learning.book_words import Wanted
from bot.learning.exporting import Choice, ExportReport, Format, Reader, export_examples
from bot.learning.importing import Refused, import_examples
from model.examples import Example, Origin, Review, Shown, What
from model.tasks import BUILT_IN, taught_prompt
from tests.shelves import FakeShelf

TASKS = {task.name: task for task in BUILT_IN}
PAIR = Example(What.STYLE, "rewrite", "cant come", "I can't come.", "No.", "politely")
GOOD = Example(What.STYLE, "rewrite", "bye then", "See you soon.", origin=Origin.THUMB)
BAD = Example(What.STYLE, "summarize", "a long text", rejected="Bad.", origin=Origin.THUMB)
FILED = Example(What.STYLE, "rewrite", "thx", "Thank you.")
LEAVE = Shown("Leave", "Full-time staff get 27 days of leave each year.", True)
TRAVEL = Shown("Travel", "Trips are booked by the office.", False)
TOLD = Example(What.ANSWERS, "answers", "How much leave?", "27 days", "9", passages=(LEAVE, TRAVEL))
SILENT = Example(What.ANSWERS, "answers", "What is for lunch?", passages=(TRAVEL,))
ALL = (PAIR, GOOD, BAD, FILED)
ODD = (
    *(
        "one\u2028two\u2029three\x85four",
        "a\r\nb\rc\td",
        "nul\0here",
        "\ufeffa mark",
        "e\u0301\U0010ffff",
    ),
    *("👩🏽‍💻 \u202eabc מרחבא", "<|im_end|>\n<|im_start|>system", "{{ messages }}{% for x in y %}"),
    *('"quotes" \\u0041 \\', "0", "null", '{"a": 1}', "word " * 20_000),
)
SFT, KTO, DPO = Format.SFT, Format.KTO, Format.DPO


def export(
    folder: Path, examples: Sequence[Example], format: Format, **more: Any
) -> tuple[Path, ExportReport]:
    """The file, and the report; all of the examples are on the training side."""
    file = folder / f"{format}.jsonl"
    held = [replace(example, id=number) for number, example in enumerate(examples, 1)]
    return file, export_examples(FakeShelf(held), TASKS, Choice(format, **more), file)


def rows(file: Path) -> list[dict[str, Any]]:
    """As `datasets` reads them."""
    from datasets import load_dataset

    told = load_dataset("json", data_files=str(file), split="train", cache_dir=str(file.parent))
    return list(told)


def said(messages: Sequence[dict[str, str]]) -> list[str]:
    return [message["role"] for message in messages]


def test_good_answers_are_conversations_for_sft(tmp_path: Path) -> None:
    file, report = export(tmp_path, ALL, SFT)
    made = rows(file)
    assert [said(row["messages"]) for row in made] == [["system", "user", "assistant"]] * 2
    assert [row["messages"][-1]["content"] for row in made] == ["Thank you.", "I can't come."]
    assert (report.examples, report.rows) == (4, 2)


def test_a_prompt_is_the_one_that_the_taught_model_gets(tmp_path: Path) -> None:
    [row] = rows(export(tmp_path, [PAIR], SFT)[0])
    asked = taught_prompt(TASKS["rewrite"], "cant come", "politely")
    assert [m["content"] for m in row["messages"][:-1]] == [m.text for m in asked.messages]


def test_pairs_are_for_dpo_alone(tmp_path: Path) -> None:
    [row] = rows(export(tmp_path, ALL, DPO)[0])
    assert row["chosen"] == [{"role": "assistant", "content": "I can't come."}]
    assert row["rejected"] == [{"role": "assistant", "content": "No."}]
    assert said(row["prompt"]) == ["system", "user"]


def test_good_and_bad_answers_are_for_kto(tmp_path: Path) -> None:
    made = rows(export(tmp_path, ALL, KTO)[0])
    told = {(row["completion"][0]["content"], row["label"]) for row in made}
    assert told == {
        *(("I can't come.", True), ("No.", False), ("See you soon.", True)),
        *(("Bad.", False), ("Thank you.", True)),
    }


def test_the_others_have_their_own_shape_of_pairs(tmp_path: Path) -> None:
    """LLaMA-Factory's converter and Axolotl's `chat_template.default` take one message each."""
    for reader in (Reader.LLAMA_FACTORY, Reader.AXOLOTL):
        [row] = rows(export(tmp_path, [PAIR], DPO, reader=reader)[0])
        assert row["chosen"] == {"role": "assistant", "content": "I can't come."}
        assert said(row["messages"]) == ["system", "user"]


def test_the_others_have_their_own_shape_of_thumbs(tmp_path: Path) -> None:
    [row] = rows(export(tmp_path, [BAD], KTO, reader=Reader.LLAMA_FACTORY)[0])
    assert (said(row["messages"]), row["label"]) == (["system", "user", "assistant"], False)
    [row] = rows(export(tmp_path, [BAD], KTO, reader=Reader.AXOLOTL)[0])
    assert ("a long text" in row["prompt"], row["completion"], row["label"]) == (
        True,
        "Bad.",
        False,
    )


def test_answers_are_asked_with_their_notes(tmp_path: Path) -> None:
    made = rows(export(tmp_path, [TOLD, SILENT], SFT, what=What.ANSWERS)[0])
    assert [row["messages"][-1]["content"] for row in made] == ["Unknown", "Answer 2: 27 days"]
    assert "2. Full-time staff get 27 days" in made[1]["messages"][1]["content"]


def test_a_wrong_answer_is_rejected_for_the_right_one_or_silence(tmp_path: Path) -> None:
    silent = replace(SILENT, rejected="Pizza")
    made = rows(export(tmp_path, [TOLD, silent], DPO, what=What.ANSWERS)[0])
    told = [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in made]
    assert told == [("Unknown", "Answer: Pizza"), ("Answer 2: 27 days", "Answer: 9")]


@pytest.mark.parametrize("review", [Review.WAITING, Review.REJECTED])
def test_what_is_not_accepted_is_not_exported(tmp_path: Path, review: Review) -> None:
    with pytest.raises(NothingToExport):
        export(tmp_path, [replace(FILED, review=review)], SFT)


def test_the_held_out_ones_are_exported_only_when_asked_for(tmp_path: Path) -> None:
    many = [Example(What.STYLE, "rewrite", f"text {n}", f"Text {n}.") for n in range(60)]
    _, trained = export(tmp_path, many, SFT)
    _, held = export(tmp_path, many, SFT, held_out=True)
    assert trained.rows + held.rows == 60
    assert held.rows == sum(example.held_out for example in many) > 0


def test_one_task_can_be_exported(tmp_path: Path) -> None:
    [row] = rows(export(tmp_path, ALL, KTO, task="summarize")[0])
    assert row["completion"][0]["content"] == "Bad."


def test_a_task_that_is_set_no_more_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(NothingToExport, match="none of the 1 accepted"):
        export(tmp_path, [replace(FILED, task="gone")], SFT)


def test_where_nothing_is_exported_the_earlier_file_stays(tmp_path: Path) -> None:
    file, _ = export(tmp_path, ALL, DPO)
    before = file.read_bytes()
    with pytest.raises(NothingToExport):
        export(tmp_path, [GOOD], DPO)
    assert file.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


class Breaking(FakeShelf):
    """Breaks when the second page is read."""

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        if wanted is not None and wanted.before_id is not None:
            raise RuntimeError("broken")
        return super().examples(wanted)


def test_a_file_that_was_not_finished_never_has_its_name(tmp_path: Path) -> None:
    file = tmp_path / "sft.jsonl"
    with pytest.raises(RuntimeError):
        export_examples(Breaking([replace(FILED, id=1)]), TASKS, Choice(SFT), file)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExampleFileUnreadable, match="cannot be written"):
        export(tmp_path / "none", ALL, SFT)


def test_what_is_exported_can_be_imported_again(tmp_path: Path) -> None:
    file, _ = export(tmp_path, [PAIR], DPO)
    shelf, refused = FakeShelf([]), list[Refused]()
    import_examples(shelf, file, TASKS, "rewrite", refused.append)
    [back] = shelf.held
    assert refused == []
    assert (back.text, back.wish, back.chosen, back.rejected) == (
        *("cant come", "politely"),
        *("I can't come.", "No."),
    )


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("what", [What.STYLE, What.ANSWERS])
def test_odd_words_come_back_as_they_were(tmp_path: Path, format: Format, what: What) -> None:
    file, report = export(tmp_path, odd(what), format, what=what)
    written = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
    assert len(written) == report.rows >= len(ODD) // 2
    assert rows(file) == written


def odd(what: What) -> list[Example]:
    """Examples of odd words, also where a question and a passage are empty."""
    if what is What.STYLE:
        return [Example(what, "rewrite", o, f"{o} good", f"{o} bad", o[:300]) for o in ODD]
    empty = Example(what, "answers", "", "x", "y", passages=(Shown("", "", True),))
    made = (
        Example(what, "answers", o, f"{o} good", "bad", passages=(Shown(o[:99], o, True), TRAVEL))
        for o in ODD
    )
    return [*made, empty]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder of a model of random weights, and its tokenizer."""
    from bench.tiny_models import writer

    model, tokenizer = writer()
    tokenizer.pad_token = tokenizer.eos_token
    folder = tmp_path_factory.mktemp("tiny")
    model.save_pretrained(folder)
    return folder, tokenizer


@pytest.mark.endurance
@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("what", [What.STYLE, What.ANSWERS])
def test_trl_takes_the_file_as_it_is(
    tmp_path: Path, tiny: tuple[Path, Any], format: Format, what: What
) -> None:
    from trl.data_utils import is_conversational, maybe_apply_chat_template

    held = [*(ALL if what is What.STYLE else (TOLD, replace(SILENT, rejected="Pizza"))), *odd(what)]
    file, report = export(tmp_path, held, format, what=what)
    made, (model, tokenizer) = rows(file), tiny
    assert all(is_conversational(row) for row in made)
    assert all(maybe_apply_chat_template(row, tokenizer) for row in made)
    trained = trainer(format, model, tokenizer, file, tmp_path).train_dataset
    long = 0 if format is SFT else sum("word word" in json.dumps(row) for row in made)
    assert len(trained) == report.rows - long  # of two answers TRL leaves out what is too long


def trainer(format: Format, model: Path, tokenizer: Any, file: Path, folder: Path) -> Any:
    """TRL's own trainer of the format, which has prepared the file."""
    from datasets import load_dataset
    from trl.trainer import (
        dpo_config,
        dpo_trainer,
        kto_config,
        kto_trainer,
        sft_config,
        sft_trainer,
    )

    made, config = {
        SFT: (sft_trainer.SFTTrainer, sft_config.SFTConfig),
        KTO: (kto_trainer.KTOTrainer, kto_config.KTOConfig),
        DPO: (dpo_trainer.DPOTrainer, dpo_config.DPOConfig),
    }[format]
    told = load_dataset("json", data_files=str(file), split="train", cache_dir=str(folder))
    dials: dict[str, Any] = {"use_cpu": True, "report_to": "none", "bf16": False}
    dials |= {"activation_checkpointing": False}  # TRL sets what transformers has deprecated
    given = config(str(folder / "out"), per_device_train_batch_size=2, **dials)
    return made(model=str(model), args=given, train_dataset=told, processing_class=tokenizer)


def test_the_rows_are_json_lines(tmp_path: Path) -> None:
    file, report = export(tmp_path, ALL, KTO)
    lines = file.read_text("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == report.rows

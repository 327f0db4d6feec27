"""A stage of a training: one of TRL's trainers over rows that lie in their order already."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

from model.errors import TrainingFailed
from model.spelling import read_spelling
from model.training.recipe import Recipe
from model.training.rows import Stage, collated
from model.training.scoring import score_answers_only
from model.training.watching import BEST, Watch, callback, checkpoints
from model.training.words import Plan

DONE = "done"  # the adapter of a stage that is learned, and its curve
CURVE = "curve.json"
POINTS = 100  # of the loss curve of a stage, about


def quiet_libraries() -> None:
    """No progress bars but ours, and no warnings about what is known."""
    from datasets.utils.logging import disable_progress_bar
    from transformers.utils import logging

    disable_progress_bar()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    warnings.simplefilter("ignore")


def base_model(plan: Plan) -> Any:
    """The base as it is trained: in float32, the quickest on a CPU (model/LOG.md)."""
    import torch
    from transformers import AutoModelForCausalLM

    try:
        made: Any = AutoModelForCausalLM.from_pretrained(plan.weights, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise TrainingFailed(f"the base in {plan.weights} cannot be loaded ({error})") from error
    return made


def adapted(model: Any, plan: Plan, how: Recipe, start: Path | None) -> Any:
    """The base with the adapter that learns: a new one, or one whose training goes on."""
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model

    torch.manual_seed(how.seed)
    if start is not None:
        made = PeftModel.from_pretrained(model, str(start), is_trainable=True)
    else:
        config = LoraConfig(
            r=how.rank,
            lora_alpha=how.alpha,
            lora_dropout=how.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        made = get_peft_model(model, config)
    made.peft_config["default"].base_model_name_or_path = plan.base
    return made


def learn(model: Any, plan: Plan, stage: Stage, how: Recipe, watch: Watch) -> bool:
    """Learn a stage; killed at any step, it goes on where it was. False: it was told to stop.

    The adapter then lies in `watch.folder / DONE`. Raises `TrainingFailed`.
    """
    from transformers import PrinterCallback

    folder = watch.folder
    trainer = trainer_for(model, plan, stage, how, folder)
    trainer.remove_callback(PrinterCallback)  # what is told is told by the watch
    trainer.add_callback(callback(watch))
    kept = checkpoints(folder)
    trainer.train(resume_from_checkpoint=str(kept[-1]) if kept else None)
    if watch.stopping.asked and trainer.state.global_step < stage.steps:
        return False
    if trainer.args.should_save:
        _end(trainer, folder)
    return True


def _end(trainer: Any, folder: Path) -> None:
    """Keep what was learned, or the best of it, as a whole."""
    half = folder / f"{DONE}.half"
    shutil.rmtree(half, ignore_errors=True)
    if (folder / BEST).is_dir():
        shutil.copytree(folder / BEST, half)
    else:
        save_adapter(trainer.accelerator.unwrap_model(trainer.model), half)
    (half / CURVE).write_text(json.dumps(curve(trainer.state)))
    half.replace(folder / DONE)


def save_adapter(model: Any, folder: Path) -> None:
    """The adapter that learns, as PEFT stores it, and nothing beside."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    found = get_peft_model_state_dict(model, adapter_name="default")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in found.items()}
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = model.peft_config["default"]
    learning, config.inference_mode = config.inference_mode, True
    config.save_pretrained(str(folder))
    config.inference_mode = learning


def curve(state: Any) -> list[dict[str, float]]:
    """What was logged: step, epoch, loss or validation loss."""
    names = {"step": "step", "loss": "loss", "eval_loss": "validation"}
    return [
        {ours: float(entry[theirs]) for theirs, ours in names.items() if theirs in entry}
        for entry in state.log_history
        if "loss" in entry or "eval_loss" in entry
    ]


def trainer_for(model: Any, plan: Plan, stage: Stage, how: Recipe, folder: Path) -> Any:
    """TRL's trainer of the stage's method.

    The rows are tokens already, by our own reader: TRL's trainers for preferences would put the
    texts into tokens anew, so they are made with one short text and given the rows afterwards.
    """
    from datasets import Dataset

    rows = Dataset.from_list(list(stage.rows))
    validation = Dataset.from_list(list(stage.validation)) if stage.validation else None
    args, tokenizer = arguments(stage, how, folder), _tokenizer(plan)
    if stage.method == "sft":
        from trl.trainer.sft_trainer import SFTTrainer

        made: Any = SFTTrainer(
            model=model,
            args=args,
            data_collator=collated,
            train_dataset=rows,
            eval_dataset=validation,
            processing_class=tokenizer,
        )
    else:
        made = _preferring(model, stage, args, tokenizer)
        made.train_dataset, made.eval_dataset = rows, validation
    made.processing_class = None  # else each checkpoint would hold the base's tokenizer
    score_answers_only(model.get_base_model())
    return made


def _preferring(model: Any, stage: Stage, args: Any, tokenizer: Any) -> Any:
    from datasets import Dataset
    from trl.trainer.dpo_trainer import DPOTrainer
    from trl.trainer.kto_trainer import KTOTrainer

    if stage.method == "dpo":
        short = Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "a"}])
        kind: Any = DPOTrainer
    else:
        short = Dataset.from_list([{"prompt": "a", "completion": "b", "label": True}])
        kind = KTOTrainer
    known = short if args.eval_strategy != "no" else None
    return kind(
        model=model, args=args, train_dataset=short, eval_dataset=known, processing_class=tokenizer
    )


def _tokenizer(plan: Plan) -> Any:
    """The base's tokenizer as transformers knows it; only its padding is used."""
    from transformers import PreTrainedTokenizerFast

    spelling = read_spelling(Path(plan.weights))
    family: Any = PreTrainedTokenizerFast
    return family(
        tokenizer_object=spelling.tokenizer, eos_token=spelling.end, pad_token=spelling.end
    )


def arguments(stage: Stage, how: Recipe, folder: Path) -> Any:
    """The settings of TRL's trainer: one pass over the rows, which hold all epochs in order."""
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.kto_config import KTOConfig
    from trl.trainer.sft_config import SFTConfig

    looks = max(1, round(stage.epoch / how.looks))
    told = common(stage, how, folder) | {
        "eval_strategy": "steps" if stage.validation else "no",
        "eval_steps": min(looks, stage.steps),
    }
    if stage.method == "sft":
        return SFTConfig(**told, max_length=None, dataset_kwargs={"skip_prepare_dataset": True})
    if stage.method == "dpo":
        return DPOConfig(**told, beta=how.beta, max_length=None)
    good, bad = stage.balance
    return KTOConfig(
        **told, beta=how.beta, max_length=None, desirable_weight=good, undesirable_weight=bad
    )


def common(stage: Stage, how: Recipe, folder: Path) -> dict[str, Any]:
    """The settings that all methods share."""
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "per_device_train_batch_size": stage.batch,
        "per_device_eval_batch_size": stage.batch,
        "gradient_accumulation_steps": how.accumulate,
        "learning_rate": how.rate if stage.method == "sft" else how.preference_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": round(how.warm * stage.steps),
        "weight_decay": how.decay,
        "max_steps": stage.steps,
        "train_sampling_strategy": "sequential",
        "save_strategy": "steps",
        "save_steps": how.keep_every,
        "save_total_limit": 2,  # while one is written, the one before it is there
        "logging_steps": max(1, stage.steps // POINTS),
        "prediction_loss_only": True,
        "remove_unused_columns": False,
        "gradient_checkpointing": False,  # TRL's default computes everything twice
        "use_cpu": not gpu,
        "bf16": gpu and torch.cuda.is_bf16_supported(),
        "dataloader_pin_memory": gpu,
        "report_to": "none",
        "disable_tqdm": True,
        "seed": how.seed,
    }

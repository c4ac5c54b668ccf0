"""Servers that run models, or proxy them: usage counts (or none, which is told), answers bound to a JSON Schema.

`litellm[proxy]` with a mocked model, and llama.cpp's server with a tiny random model that is made here. Both take
minutes to install, so they run only where MNTUI_REAL_SERVERS=1 asks for it; README.md has the command. MNTUI_SERVERS
may name another Python that has them.
"""

import os
import random
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mntui.core.events import ModelAnswered
from tests.worker.wired import Wired

INSTALL = "pip install 'litellm[proxy]' 'llama-cpp-python[server]' gguf"
PYTHON = os.environ.get("MNTUI_SERVERS", sys.executable)
START_SECONDS = 120
OFFLINE = {
    **os.environ,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # it listens on this machine only
}
pytestmark = [
    pytest.mark.skipif(
        os.environ.get("MNTUI_REAL_SERVERS") != "1",
        reason=f"real model servers: {INSTALL}, then MNTUI_REAL_SERVERS=1 pytest tests/models/test_real_servers.py",
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # litellm's own
]
SAYS = """
models: {fast: {max_tokens: 60}}
agents: {a: {role: executor, model: fast, instructions: Answer briefly.}}
"""
FREE = SAYS + "steps: {s: {agent: a, with: {question: What is it?}}}\noutputs: {said: '{{ s.text }}'}\n"
BOUND = SAYS + (
    "steps: {s: {agent: a, with: {question: Yes?}, output: {yes: boolean, kind: a | b}}}\noutputs: {s: '{{ s }}'}\n"
)
PROXY = """
model_list:
  - model_name: mocked
    litellm_params: {model: openai/mocked, api_key: none, mock_response: "It is a stone, and it lies by the river."}
"""


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def needs(module: str) -> None:
    found = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False, env=OFFLINE)
    if found.returncode:
        pytest.skip(f"{PYTHON} can't import {module}: {INSTALL}")


@contextmanager
def serving(command: list[str], health: str, log: Path) -> Iterator[None]:
    """A server as a process, from when it answers."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=OFFLINE)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(health):
            assert server.poll() is None, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
            time.sleep(0.5)
        yield
    finally:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    needs("litellm.proxy.proxy_server")
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    (folder / "config.yaml").write_text(PROXY)
    program = str(Path(PYTHON).with_name("litellm"))
    command = [program, "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, f"http://127.0.0.1:{port}/health/liveliness", folder / "log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    needs("llama_cpp.server.app")
    folder, port = tmp_path_factory.mktemp("llama"), free_port()
    model = folder / "tiny.gguf"
    write_tiny(model)
    command = [PYTHON, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--n_ctx", "2048", "--chat_format", "chatml"]
    with serving(command, f"http://127.0.0.1:{port}/v1/models", folder / "log"):
        yield f"http://127.0.0.1:{port}"


async def test_a_proxy_counts_and_is_counted(proxy: str, tmp_path: Path) -> None:
    async with Wired(tmp_path, proxy, model="custom/mocked", prices=PRICE) as wired:
        run, events = await wired.ended(FREE)
    (answer,) = [event for event in events if isinstance(event, ModelAnswered)]
    assert run.outputs == {"said": "It is a stone, and it lies by the river."}
    assert answer.usage.input_tokens > 5
    assert answer.usage.output_tokens > 5
    assert run.spend.micros > 0


PRICE = {"custom/mocked": {"input": 10, "output": 10}, "custom/tiny": {"input": 10, "output": 10}}


async def test_a_server_whose_streams_bring_no_usage_is_estimated_and_told_so(llama: str, tmp_path: Path) -> None:
    async with Wired(tmp_path, llama, model="custom/tiny", prices=PRICE) as wired:
        run, events = await wired.ended(FREE)
    (answer,) = [event for event in events if isinstance(event, ModelAnswered)]
    assert run.ended == "succeeded"
    assert answer.usage.estimated
    assert answer.usage.input_tokens > 0
    assert 0 < answer.usage.output_tokens <= 61
    assert run.spend.micros == 10 * (answer.usage.input_tokens + answer.usage.output_tokens)


async def test_even_a_random_model_answers_by_the_schema_that_it_is_bound_to(llama: str, tmp_path: Path) -> None:
    async with Wired(tmp_path, llama, model="custom/tiny", prices=PRICE) as wired:
        run, events = await wired.ended(BOUND)
    answers = [event for event in events if isinstance(event, ModelAnswered)]
    assert run.ended == "succeeded", [answer.text for answer in answers]
    assert isinstance(run.outputs["s"]["yes"], bool)
    assert run.outputs["s"]["kind"] in {"a", "b"}


# A model of two layers, drawn by lot. Its tokens are bytes and a few pieces, so any text can be read and written.

WIDTH, HEADS, HIDDEN, LAYERS = 64, 4, 128, 2


def write_tiny(path: Path) -> None:
    """Write it with the library that the format's own project publishes, in the Python that has it."""
    needs("gguf")
    script = path.with_suffix(".py")
    script.write_text(MAKER)
    subprocess.run([PYTHON, str(script), str(path)], check=True, capture_output=True)
    with path.open("rb") as file:
        assert struct.unpack("<4sI", file.read(8))[0] == b"GGUF"


MAKER = f"""
import sys
import numpy
from gguf import GGUFWriter, TokenType

draw = numpy.random.default_rng({random.Random(7).randint(0, 10**6)})
tokens = ["<unk>", "<s>", "</s>", *(f"<0x{{byte:02X}}>" for byte in range(256)), "▁", "▁a", "▁b", "e", "t"]
kinds = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, *[TokenType.BYTE] * 256, *[TokenType.NORMAL] * 5]
out = GGUFWriter(sys.argv[1], "llama")
out.add_name("tiny")
out.add_context_length(4096)
out.add_embedding_length({WIDTH})
out.add_block_count({LAYERS})
out.add_feed_forward_length({HIDDEN})
out.add_head_count({HEADS})
out.add_head_count_kv({HEADS})
out.add_rope_dimension_count({WIDTH // HEADS})
out.add_layer_norm_rms_eps(1e-5)
out.add_vocab_size(len(tokens))
out.add_file_type(0)
out.add_tokenizer_model("llama")
out.add_token_list(tokens)
out.add_token_scores([-float(place) for place in range(len(tokens))])
out.add_token_types([int(kind) for kind in kinds])
out.add_bos_token_id(1)
out.add_eos_token_id(2)
out.add_unk_token_id(0)


def matrix(name, *shape):
    out.add_tensor(name, (draw.standard_normal(shape) / shape[-1] ** 0.5).astype(numpy.float32))


def ones(name):
    out.add_tensor(name, numpy.ones({WIDTH}, dtype=numpy.float32))


matrix("token_embd.weight", len(tokens), {WIDTH})
matrix("output.weight", len(tokens), {WIDTH})
ones("output_norm.weight")
for layer in range({LAYERS}):
    at = f"blk.{{layer}}."
    ones(at + "attn_norm.weight")
    ones(at + "ffn_norm.weight")
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        matrix(at + part + ".weight", {WIDTH}, {WIDTH})
    matrix(at + "ffn_gate.weight", {HIDDEN}, {WIDTH})
    matrix(at + "ffn_up.weight", {HIDDEN}, {WIDTH})
    matrix(at + "ffn_down.weight", {WIDTH}, {HIDDEN})
out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()
"""

"""llama.cpp measuring itself: random weights of Gemma 2B's shape as GGUF, then `prefill N`,
`decode N`, `anon` and `file` on standard input, seconds or bytes on standard output."""

import sys
import time
from pathlib import Path

import gguf
import llama_cpp as llama
import numpy as np

LAYERS, HIDDEN, MLP, HEADS, HEAD_DIM, VOCABULARY = 18, 2048, 16384, 8, 256, 257216
Kind = gguf.GGMLQuantizationType
# kind: (weights in a block, bytes of it, where its 16-bit scales lie)
BLOCKS = {Kind.Q4_0: (32, 18, [0]), Kind.Q4_K: (256, 144, [0, 2]), Kind.Q6_K: (256, 210, [208])}


def noise(kind, rows, cols, random):
    """Random quants with scales of about the size of trained ones: [rows, bytes of a row]."""
    weights, size, scales = BLOCKS[kind]
    block = random.integers(0, 256, (rows, cols // weights, size), dtype=np.uint8)
    for at in scales:
        block[:, :, at : at + 2] = np.frombuffer(np.float16(0.002).tobytes(), np.uint8)
    return block.reshape(rows, -1)


def matrices(name):
    """(tensor, kind, rows, cols): the kinds that llama.cpp's own quantiser gives each, but for the
    embedding of Q4_0, which stays in 4 bits too: fewer bytes for each token."""
    plain, better = (Kind.Q4_0, Kind.Q4_0) if name == "q4_0" else (Kind.Q4_K, Kind.Q6_K)
    yield "token_embd", better, VOCABULARY, HIDDEN
    for i in range(LAYERS):
        # An eighth at both ends and every third between.
        more = i < LAYERS // 8 or i >= 7 * LAYERS // 8 or (i - LAYERS // 8) % 3 == 2
        kind = better if more else plain
        yield f"blk.{i}.attn_q", plain, HEADS * HEAD_DIM, HIDDEN
        yield f"blk.{i}.attn_k", plain, HEAD_DIM, HIDDEN
        yield f"blk.{i}.attn_v", kind, HEAD_DIM, HIDDEN
        yield f"blk.{i}.attn_output", plain, HIDDEN, HEADS * HEAD_DIM
        yield f"blk.{i}.ffn_gate", plain, MLP, HIDDEN
        yield f"blk.{i}.ffn_up", plain, MLP, HIDDEN
        yield f"blk.{i}.ffn_down", kind, HIDDEN, MLP


def write(name, path):
    random = np.random.default_rng(1)
    part = path.with_suffix(".part")
    out = gguf.GGUFWriter(part, "gemma")
    out.add_context_length(8192)
    out.add_embedding_length(HIDDEN)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(MLP)
    out.add_head_count(HEADS)
    out.add_head_count_kv(1)
    out.add_key_length(HEAD_DIM)
    out.add_value_length(HEAD_DIM)
    out.add_layer_norm_rms_eps(1e-6)
    out.add_vocab_size(VOCABULARY)
    out.add_tokenizer_model("no_vocab")
    for tensor, kind, rows, cols in matrices(name):
        out.add_tensor(f"{tensor}.weight", noise(kind, rows, cols, random), raw_dtype=kind)
    norms = [f"blk.{i}.{n}_norm.weight" for i in range(LAYERS) for n in ("attn", "ffn")]
    for norm in [*norms, "output_norm.weight"]:
        out.add_tensor(norm, np.ones(HIDDEN, np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    part.rename(path)


def memory(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


@llama.llama_log_callback
def silent(level, text, data):
    pass


class Model:
    def __init__(self, path, threads):
        llama.llama_log_set(silent, None)
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(
            str(path).encode(), llama.llama_model_default_params()
        )
        params = llama.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = 1024, 512, 512
        params.n_threads = params.n_threads_batch = threads
        self.context = llama.llama_init_from_model(self.model, params)

    def feed(self, tokens):
        array = (llama.llama_token * len(tokens))(*tokens)
        code = llama.llama_decode(self.context, llama.llama_batch_get_one(array, len(tokens)))
        if code != 0:
            sys.exit(f"llama_decode: {code}")
        return llama.llama_get_logits(self.context)[0]

    def prefill(self, count):
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        start = time.perf_counter()
        self.feed([100 + i for i in range(count)])
        return time.perf_counter() - start

    def decode(self, count):
        self.prefill(276)
        start = time.perf_counter()
        for i in range(count):
            self.feed([200 + i])
        return time.perf_counter() - start


def main():
    name, path, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if not path.exists():
        write(name, path)
    model = Model(path, threads)
    model.prefill(276)
    print("ready", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["prefill", count]:
                print(model.prefill(int(count)), flush=True)
            case ["decode", count]:
                print(model.decode(int(count)), flush=True)
            case ["anon"]:
                print(memory("RssAnon:"), flush=True)
            case ["file"]:
                print(memory("RssFile:"), flush=True)


main()

"""What products are computed in."""

import torch

# AVX-512 and AMX name it so; a 64-bit ARM says no more than this.
HAS_BFLOAT16 = any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def products():
    """A context with products in bfloat16 where the processor multiplies it: elsewhere that is slower than float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=HAS_BFLOAT16)

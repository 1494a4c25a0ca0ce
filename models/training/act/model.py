"""A small `llama` decoder (RMSNorm, interleaved RoPE, grouped queries, SwiGLU, tied embeddings) read at one position."""
import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Shape:
    vocab: int = 2560
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    feed_forward: int = 512
    rope_base: float = 10000.0
    norm_epsilon: float = 1e-5
    context: int = 256

    def dict(self):
        return asdict(self)


def norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def rope_tables(shape, length):
    frequency = shape.rope_base ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
    angle = torch.arange(length).float()[:, None] * frequency[None]
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """Pairs (x0,x1),(x2,x3)…, which is what llama.cpp does for architecture `llama`. x: batch, heads, time, width."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        kv = shape.kv_heads * shape.head_width
        self.attn_norm = nn.Parameter(torch.ones(shape.width))
        self.attn_q = nn.Linear(shape.width, shape.heads * shape.head_width, bias=False)
        self.attn_k = nn.Linear(shape.width, kv, bias=False)
        self.attn_v = nn.Linear(shape.width, kv, bias=False)
        self.attn_output = nn.Linear(shape.heads * shape.head_width, shape.width, bias=False)
        self.ffn_norm = nn.Parameter(torch.ones(shape.width))
        self.ffn_gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.ffn_down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x, tables, last, dropout):
        """`last`: null for all positions, or the one position of each row that is read (the last block)."""
        s, (batch, time, _) = self.shape, x.shape
        cos, sin = tables
        h = norm(x, self.attn_norm, s.norm_epsilon)
        k = rotate(self.attn_k(h).view(batch, time, s.kv_heads, s.head_width).transpose(1, 2), cos, sin)
        v = self.attn_v(h).view(batch, time, s.kv_heads, s.head_width).transpose(1, 2)
        if last is None:
            q = rotate(self.attn_q(h).view(batch, time, s.heads, s.head_width).transpose(1, 2), cos, sin)
            hidden = torch.ones(time, time, dtype=torch.bool).triu(1)
        else:
            rows = torch.arange(batch)
            x = x[rows, last][:, None]
            q = self.attn_q(h[rows, last]).view(batch, s.heads, 1, s.head_width)
            q = rotate(q, cos[last][:, None, None], sin[last][:, None, None])
            hidden = (torch.arange(time)[None] > last[:, None])[:, None, None, :]
        repeat = s.heads // s.kv_heads
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(s.head_width)).masked_fill(hidden, float("-inf")).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, -1, s.heads * s.head_width)
        x = x + F.dropout(self.attn_output(mixed), dropout, self.training)
        h = norm(x, self.ffn_norm, s.norm_epsilon)
        return x + F.dropout(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)), dropout, self.training)


class ActModel(nn.Module):
    def __init__(self, shape, dropout=0.1):
        super().__init__()
        self.shape, self.dropout = shape, dropout
        self.token_embd = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.Parameter(torch.ones(shape.width))
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        nn.init.normal_(self.token_embd.weight, std=0.05)
        for block in self.blocks:
            nn.init.normal_(block.attn_output.weight, std=0.02 / math.sqrt(2 * shape.layers))
            nn.init.normal_(block.ffn_down.weight, std=0.02 / math.sqrt(2 * shape.layers))
        self.tables = rope_tables(shape, shape.context)

    def hidden(self, ids, last):
        x = F.dropout(self.token_embd(ids), self.dropout, self.training)
        tables = tuple(t[: ids.shape[1]] for t in self.tables)
        for i, block in enumerate(self.blocks):
            x = block(x, tables, last if i == len(self.blocks) - 1 else None, self.dropout)
        return norm(x[:, 0], self.output_norm, self.shape.norm_epsilon)

    def forward(self, ids, last, labels):
        """Logits of `labels` (token ids) at position `last` of each row; rows are padded on the right."""
        return self.hidden(ids, last) @ self.token_embd.weight[labels].T

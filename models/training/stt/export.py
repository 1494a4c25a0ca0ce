"""Write the trained network as a sherpa-onnx online `nemo_ctc` model: python3 export.py NET.pt OUT_DIR [--float]

Convolution weights are stored as int8 with one scale per output channel and turned back into float32 when the model is loaded, so the
file is a quarter of the size and the arithmetic stays float32. `read_weights` is the way back, to train on from the ONNX file.
"""
import os
import sys

import numpy as np
import onnx
import torch
import torch.nn as nn
from onnx import TensorProto, helper, numpy_helper

from network import BINS, BLANK, PAST, Net
from pronounce import PHONES

WINDOW, CHUNK = 25, 16
INPUTS = ["audio_signal", "length", "cache_last_channel", "cache_last_time", "cache_last_channel_len"]
OUTPUTS = ["logprobs", "encoded_lengths", "cache_last_channel_next", "cache_last_time_next", "cache_last_channel_next_len"]
WEIGHT_PREFIX, INT8, SCALE = "net.", "_int8", "_scale"


class Online(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, audio_signal, length, cache_last_channel, cache_last_time, cache_last_channel_len):
        found, cache = self.net(audio_signal.transpose(1, 2), cache_last_channel)
        return found, length // 4, cache, cache_last_time * 1.0, cache_last_channel_len + 1


def quantise(model):
    """Large float weights become int8 and a scale per row; the runtime folds Cast and Mul into float32 constants when it loads them."""
    graph, added = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 4096:
            continue
        rows = values.reshape(values.shape[0], -1)
        scale = np.maximum(np.abs(rows).max(1) / 127, 1e-8).astype(np.float32)
        whole = np.clip(np.round(rows / scale[:, None]), -127, 127).astype(np.int8).reshape(values.shape)
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(whole, name + INT8))
        graph.initializer.append(numpy_helper.from_array(scale.reshape(-1, *[1] * (values.ndim - 1)), name + SCALE))
        added.append(helper.make_node("Cast", [name + INT8], [name + "_whole"], to=TensorProto.FLOAT))
        added.append(helper.make_node("Mul", [name + "_whole", name + SCALE], [name]))
    for node in reversed(added):
        graph.node.insert(0, node)


def read_weights(path):
    """The network of an exported model, as a state to train on from."""
    held = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    state = Net(held[WEIGHT_PREFIX + "bn.weight"].shape[0]).state_dict()
    for name, value in state.items():
        key = WEIGHT_PREFIX + name
        if key + INT8 in held:
            value.copy_(torch.tensor(held[key + INT8].astype(np.float32) * held[key + SCALE]))
        elif value.is_floating_point():
            value.copy_(torch.tensor(held[key]))
    return state


def read_state(path):
    """The weights in a file of `train.py` or in an exported model."""
    if path.endswith(".onnx"):
        return read_weights(path)
    return {name: value.float() if value.is_floating_point() else value for name, value in torch.load(path, map_location="cpu").items()}


def export(state, folder, as_float):
    net = Net(state["bn0.weight"].shape[0])
    net.load_state_dict(state)
    net.eval()
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.onnx")
    sample = (torch.zeros(2, BINS, WINDOW), torch.tensor([WINDOW, WINDOW]), torch.zeros(2, PAST, 1, net.width), torch.zeros(2, 1, 1, 1), torch.zeros(2, dtype=torch.int64))
    torch.onnx.export(Online(net).eval(), sample, path, input_names=INPUTS, output_names=OUTPUTS, dynamic_axes={k: {0: "B"} for k in INPUTS + OUTPUTS}, opset_version=14, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    model = onnx.load(path)
    if not as_float:
        quantise(model)
    facts = dict(
        model_type="EncDecCTCModel", window_size=WINDOW, chunk_shift=CHUNK, subsampling_factor=4, vocab_size=len(PHONES), normalize_type="",
        cache_last_channel_dim1=PAST, cache_last_channel_dim2=1, cache_last_channel_dim3=net.width, cache_last_time_dim1=1, cache_last_time_dim2=1, cache_last_time_dim3=1,
        version=2, comment="Vestibule starter recogniser, English phones, 8 kHz, trained on synthetic speech",
    )
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=str(value))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    with open(os.path.join(folder, "tokens.txt"), "w", encoding="utf-8") as f:
        f.writelines(f"{phone} {i}\n" for i, phone in enumerate(PHONES))
        f.write(f"<blk> {BLANK}\n")
    print(path, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    export(read_state(sys.argv[1]), sys.argv[2], "--float" in sys.argv)

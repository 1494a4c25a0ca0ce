"""Token ids exactly as sherpa-onnx feeds them to a Piper voice. Usage: phonemes.py SENTENCES OUTPUT.json

A voice whose output is its own input runs through OfflineTts (phonemes.ts); nothing here imitates the front end.
"""

import os
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto, helper

import symbols

HERE = os.path.dirname(os.path.abspath(__file__))


def write_echo_voice(path):
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("x_length", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    nodes = [
        helper.make_node("Cast", ["x"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "scale"], ["scaled"]),
        helper.make_node("Unsqueeze", ["scaled", "axis"], ["y"]),
    ]
    constants = [helper.make_tensor("scale", TensorProto.FLOAT, [], [1 / 1024]), helper.make_tensor("axis", TensorProto.INT64, [1], [0])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "s"])]
    graph = helper.make_graph(nodes, "echo", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    helper.set_model_props(
        model, {"model_type": "vits", "comment": "piper", "language": "English", "voice": "en-us", "has_espeak": "1", "n_speakers": "1", "sample_rate": "8000"}
    )
    onnx.save(model, path)


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_echo_voice(os.path.join(folder, "voice.onnx"))
        symbols.write_tokens(os.path.join(folder, "tokens.txt"))
        node = os.path.join(HERE, "../../../bin/node")
        subprocess.run([node, os.path.join(HERE, "phonemes.ts"), folder, sys.argv[1], sys.argv[2]], check=True)


if __name__ == "__main__":
    main()

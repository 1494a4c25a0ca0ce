"""Writes GGUF v3 (little-endian) with F32 and Q8_0 tensors."""
import struct

import numpy as np

ALIGNMENT = 32
F32, Q8_0 = 0, 8
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


class U32(int):
    pass


def value(item):
    """A typed value: bool, U32, float, str, or a non-empty list of str or int (int32)."""
    if isinstance(item, bool):
        return struct.pack("<I?", BOOL, item)
    if isinstance(item, U32):
        return struct.pack("<II", UINT32, item)
    if isinstance(item, float):
        return struct.pack("<If", FLOAT32, item)
    if isinstance(item, str):
        return struct.pack("<I", STRING) + string(item)
    if isinstance(item, list) and isinstance(item[0], str):
        return struct.pack("<IIQ", ARRAY, STRING, len(item)) + b"".join(string(s) for s in item)
    if isinstance(item, list) and isinstance(item[0], int):
        return struct.pack("<IIQ", ARRAY, INT32, len(item)) + np.asarray(item, dtype="<i4").tobytes()
    raise TypeError(type(item))


def q8_0(array):
    """Blocks of 32 weights along the row: fp16 scale, 32 int8. 34 bytes a block."""
    rows = np.ascontiguousarray(array, dtype=np.float32).reshape(-1, 32)
    scale = np.abs(rows).max(axis=1, keepdims=True) / 127.0
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    quants = np.clip(np.rint(rows * inverse), -127, 127).astype(np.int8)
    return np.concatenate([scale.astype("<f2").view(np.uint8), quants.view(np.uint8)], axis=1).tobytes()


def write(path, metadata, tensors):
    """`tensors`: name → (numpy array, F32 | Q8_0), shapes as numpy has them (rows, columns)."""
    infos, blobs, offset = [], [], 0
    for name, (array, kind) in tensors.items():
        data = q8_0(array) if kind == Q8_0 else np.ascontiguousarray(array, dtype="<f4").tobytes()
        dims = list(reversed(array.shape))
        infos.append(string(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, offset))
        padding = -len(data) % ALIGNMENT
        blobs.append(data + b"\0" * padding)
        offset += len(data) + padding
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(string(key) + value(item) for key, item in metadata.items()) + b"".join(infos)
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT))
        for blob in blobs:
            file.write(blob)

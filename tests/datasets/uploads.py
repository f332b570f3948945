"""Files of each kind that may be added as data, for the tests of what becomes of them."""

import gzip
import io
import struct
import zipfile

import numpy as np
from PIL import Image


def images(num=40, side=12, channels=1, seed=0):
    """(N, C, side, side) uint8, up to 255."""
    return np.random.default_rng(seed).integers(0, 256, (num, channels, side, side), dtype=np.uint8)


def classes(num=40, count=2):
    return np.arange(num) % count


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def idx(array):
    """An IDX file of unsigned bytes, as MNIST's are."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(folder, x, y=None, packed=False, stem="train"):
    """The files of images and labels under MNIST's names; their paths."""
    parts = {f"{stem}-images-idx3-ubyte": x} | ({} if y is None else {f"{stem}-labels-idx1-ubyte": y.astype(np.uint8)})
    paths = []
    for name, array in parts.items():
        paths.append(folder / (name + ".gz" * packed))
        paths[-1].write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    return paths


def png(array, kind="PNG", **how):
    """A picture of (H, W) or (H, W, 3) as a file's bytes."""
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **how)
    return out.getvalue()


def pictures(num=40, side=12, classes=("cat", "dog"), colour=True, kind="PNG"):
    """Files by name, a folder a class."""
    x = images(num, side, 3 if colour else 1)
    drawn = [np.moveaxis(image, 0, 2) if colour else image[0] for image in x]
    return {f"pets/{classes[i % len(classes)]}/{i}.{kind.lower()}": png(drawn[i], kind) for i in range(num)}


def zipped(path, parts, packing=zipfile.ZIP_DEFLATED):
    """An archive of {name or ZipInfo: content}."""
    with zipfile.ZipFile(path, "w", packing) as whole:
        for name, content in parts.items():
            whole.writestr(name, content)
    return path

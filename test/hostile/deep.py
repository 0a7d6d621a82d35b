"""Makes directories below one another, deeper than any path can be long, with a file in each: deep.py BASE LEVELS LENGTH.

Says of each file how many bytes its absolute path has, and its SHA-256.
"""
import hashlib
import os
import sys

base, levels, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.chdir(base)
path = len(os.fsencode(os.getcwd()))
for level in range(levels):
    content = f"file {level}\n".encode()
    with open("f", "wb") as file:
        file.write(content)
    os.utime("f", (1e9, 1e9))
    print(path + 2, hashlib.sha256(content).hexdigest())
    name = "d" * length
    os.mkdir(name)
    os.chdir(name)
    path += 1 + length

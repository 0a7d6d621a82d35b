"""Writes files through memory maps, until it is killed: the first and the last byte of each, never so that the first
is B while the last is A.

Usage: mapper.py SIZE FILE...; prints a line when all files are there.
"""

import mmap
import sys

size = int(sys.argv[1])
maps = []
for path in sys.argv[2:]:
    with open(path, "wb") as file:
        file.write(b"A" * size)
    with open(path, "r+b") as file:
        maps.append(mmap.mmap(file.fileno(), size))
print("ready", flush=True)
last = size - 1
while True:
    for one in maps:
        one[last] = ord("B")
        one[0] = ord("B")
        one[0] = ord("A")
        one[last] = ord("A")

"""Exchanges pairs of paths, each in one step, in no order, until standard input is closed; says how often it did.

The first line of it is JSON: {"pairs": [[path, path], ...], "contents": {file: [text, ...]}, "pause": seconds, "seed": number}.
Of a file with contents, one after the other is written in place, each under a time of its own that is long ago.
"""
import ctypes
import json
import os
import random
import select
import sys

plan = json.loads(sys.stdin.buffer.raw.readline())
dice = random.Random(plan["seed"])
libc = ctypes.CDLL(None, use_errno=True)
RENAME_EXCHANGE = 2
AT_FDCWD = -100


def exchange(one, other):
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), one)


def rewrite(file, texts):
    number = dice.randrange(len(texts))
    with open(file, "r+b", buffering=0) as opened:
        opened.truncate(0)
        opened.write(texts[number].encode())
        os.utime(opened.fileno(), (1e9 + number, 1e9 + number))


pairs, contents = plan["pairs"], list(plan["contents"].items())
swaps = 0
print("ready", flush=True)
while True:
    for _ in range(dice.randrange(1, 9)):
        if contents and dice.random() < 0.2:
            rewrite(*dice.choice(contents))
        else:
            exchange(*dice.choice(pairs))
        swaps += 1
    if select.select([0], [], [], dice.random() * plan["pause"])[0]:
        break
print(swaps)

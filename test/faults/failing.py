"""Runs a program under strace, so that one kind of system call fails on some files and directories.

Usage: failing.py CALLS ERROR PATHS PROGRAM [ARGUMENT...], with a JSON array of absolute PATHS. The program reaches most
files as /proc/PID/fd/N/NAME; only strace's -D leaves it the process number that is known here.
"""
import json, os, sys

calls, error, paths, *program = sys.argv[1:]
DESCRIPTORS = range(3, 120)
filters = []
for path in json.loads(paths):
    name = os.path.basename(path)
    for way in [path, *('/proc/%d/fd/%d/%s' % (os.getpid(), n, name) for n in DESCRIPTORS)]:
        filters += ['-P', way]
os.execvp('strace', ['strace', '-D', '-f', '-qq', '-o', '/dev/null', *filters, '-e', 'trace=' + calls,
                     '-e', 'inject=%s:error=%s' % (calls, error), *program])

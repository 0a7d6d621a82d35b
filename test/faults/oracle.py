"""What the databases must say of a tree: one JSON object a line for each file, by path.

Usage: oracle.py TREE. It stands on hashlib and, where it is installed, on zsyncmake; on nothing of mirrorhash. It takes
files of less than 100,000,000 bytes whose names are UTF-8, and knows the default recipe only.
"""
import hashlib, json, os, re, shutil, stat, subprocess, sys, tempfile

PIECE = 262144
ZSYNCMAKE = shutil.which('zsyncmake')
ARMOUR = re.compile(r'\A-----BEGIN PGP SIGNATURE-----[ \t]*\r?\n(?:.*\n)?-----END PGP SIGNATURE-----\s*\Z', re.S)


def bencoded(value):
    if isinstance(value, int):
        return b'i%de' % value
    if isinstance(value, bytes):
        return b'%d:%s' % (len(value), value)
    return b'd' + b''.join(bencoded(key) + bencoded(value[key]) for key in sorted(value)) + b'e'


def infohash(name, content, digests, pieces):
    return hashlib.sha1(bencoded({
        b'length': len(content), b'md5sum': digests['md5'].encode(), b'name': name, b'piece length': PIECE,
        b'pieces': pieces, b'sha1': bytes.fromhex(digests['sha1']), b'sha256': bytes.fromhex(digests['sha256']),
    })).hexdigest()


def zsync(content):
    """Block size, Hash-Lengths and the sums, as zsyncmake makes them when it does not look into gzip; None where nobody can tell."""
    if ZSYNCMAKE is None:
        return None
    if content == b'':
        return [0, '', '']
    with tempfile.TemporaryDirectory() as scratch:
        source, target = os.path.join(scratch, 'input'), os.path.join(scratch, 'output')
        with open(source, 'wb') as file:
            file.write(content)
        subprocess.run([ZSYNCMAKE, '-C', '-Z', '-u', 'input', '-o', target, source], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(target, 'rb') as file:
            header, sums = file.read().split(b'\n\n', 1)
    fields = dict(line.split(': ', 1) for line in header.decode('latin-1').split('\n'))
    return [int(fields['Blocksize']), fields['Hash-Lengths'], hashlib.sha256(sums).hexdigest()]


def signature(path):
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return ''
    if not stat.S_ISREG(found.st_mode) or found.st_size > 65536:
        return ''
    with open(path, 'rb') as file:
        content = file.read()
    try:
        text = content.decode('utf-8')
    except UnicodeDecodeError:
        return ''
    return text if '\0' not in text and ARMOUR.match(text) else ''


def described(base, path):
    with open(path, 'rb') as file:
        content = file.read()
    found = os.lstat(path)
    digests = {name: hashlib.new(name, content).hexdigest() for name in ('md5', 'sha1', 'sha256')}
    pieces = b''.join(hashlib.sha1(content[at:at + PIECE]).digest() for at in range(0, len(content), PIECE))
    return {
        'path': os.fsdecode(os.path.relpath(path, base)), 'size': found.st_size, 'mtime': str(found.st_mtime_ns),
        **digests, 'pieces': pieces.hex(), 'btih': infohash(os.path.basename(path), content, digests, pieces),
        'pgp': signature(path + b'.asc'), 'zsync': zsync(content),
    }


def main(base):
    for directory, _, names in os.walk(base):
        for name in names:
            path = os.path.join(directory, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                print(json.dumps(described(base, path)))


sys.stdout.reconfigure(encoding='utf-8')
main(os.fsencode(sys.argv[1]))

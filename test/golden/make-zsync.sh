#!/bin/sh
# Writes zsync.json beside itself: what the real zsyncmake says, so that the tests need no zsyncmake.
# Run by hand, with zsyncmake 0.6.2 and Node in the PATH; takes one or two minutes and a sparse file of 4 GiB.
#
# bodies:  Hash-Lengths and SHA-1 of all block sums, for files of three contents:
#            mod251  byte i is i % 251
#            lcg     x starts at 1; per byte x = (1664525 x + 1013904223) mod 2^32, the byte is x >>> 24
#            ff      every byte is 255 (the largest sums there are)
# lengths: Hash-Lengths of large files (sparse: the content does not matter), at both sides of the sizes where
#          they change, and of the limits of the automatic block size.
set -eu
cd "$(dirname "$0")"
exec node - <<'EOF'
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const contents = {
  mod251: (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251)),
  lcg: (size) => {
    let x = 1;
    return Buffer.from(Uint8Array.from({ length: size }, () => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return x >>> 24;
    }));
  },
  ff: (size) => Buffer.alloc(size, 255),
};
const sizes = [
  1, 15, 16, 17, 2047, 2048, 2049, 4095, 4096, 4097, 16383, 16384, 16385, 33071, 33072, 34815, 34816,
  262143, 262144, 262145, 524293,
];
const blockSizes = [256, 512, 1024, 2048, 4096, 8192, 16384];
const large = {
  512: [2247167, 2247168, 575403519, 575403520],
  1024: [4494335, 4494336, 1150807039, 1150807040],
  2048: [8988671, 8988672, 99999999, 813744135, 813744136, 1073741824],
  4096: [17977343, 17977344, 100000000, 134217728, 406872067, 406872068, 1073741823, 1073741824],
  8192: [139263, 139264, 35954687, 35954688, 203436033, 203436034, 1073741825, 1288490189, 4294967297],
  16384: [278527, 278528, 71909375, 71909376, 101718016, 101718017, 1288490189],
};

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'make-zsync-'));
const input = path.join(scratch, 'input');
const output = path.join(scratch, 'output.zsync');

function zsyncmake(size, blockSize) {
  execFileSync('zsyncmake', ['-b', String(blockSize), '-u', 'input', '-o', output, input], { stdio: 'ignore' });
  const bytes = fs.readFileSync(output);
  const end = bytes.indexOf('\n\n');
  const header = bytes.subarray(0, end).toString('latin1');
  const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(header)[1];
  if (field('zsync') !== '0.6.2') throw new Error(`zsyncmake ${field('zsync')}, not 0.6.2`);
  if (field('Length') !== String(size)) throw new Error(`length ${field('Length')}, not ${size}`);
  if (field('Blocksize') !== String(blockSize)) throw new Error(`block size ${field('Blocksize')}`);
  return { hashLengths: field('Hash-Lengths'), body: bytes.subarray(end + 2) };
}

try {
  const bodies = [];
  for (const content of Object.keys(contents)) {
    for (const size of sizes) {
      fs.writeFileSync(input, contents[content](size));
      for (const blockSize of blockSizes) {
        const { hashLengths, body } = zsyncmake(size, blockSize);
        const sha1OfBody = createHash('sha1').update(body).digest('hex');
        bodies.push({ content, size, blockSize, hashLengths, bodyLength: body.length, sha1OfBody });
      }
    }
  }
  const lengths = [];
  for (const [blockSize, list] of Object.entries(large)) {
    for (const size of list) {
      fs.writeFileSync(input, '');
      fs.truncateSync(input, size);
      const { hashLengths, body } = zsyncmake(size, Number(blockSize));
      lengths.push({ size, blockSize: Number(blockSize), hashLengths, bodyLength: body.length });
    }
  }
  const rows = (list) => list.map((row) => `  ${JSON.stringify(row)}`).join(',\n');
  fs.writeFileSync('zsync.json', `{\n "bodies": [\n${rows(bodies)}\n ],\n "lengths": [\n${rows(lengths)}\n ]\n}\n`);
} finally {
  fs.rmSync(scratch, { recursive: true });
}
EOF

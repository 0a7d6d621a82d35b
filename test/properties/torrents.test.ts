/** Torrents of any file: other decoders read what we wrote, and their infohash is ours. */
import { createHash } from 'node:crypto';
import bencode, { type BencodeValue } from 'bencode';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { infohash } from '../../src/formats/infohash.js';
import { nameOf } from '../../src/formats/names.js';
import { torrent } from '../../src/formats/torrent.js';
import type { Published } from '../../src/model.js';
import { noDistribution } from '../support/published.js';
import { pythonHas } from '../support/python.js';
import { askPython, holds, sample, treePath } from './property.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** What libtorrent takes: at least 16 KiB, and a power of two. */
const pieceLength = fc.integer({ min: 14, max: 24 }).map((n) => 2 ** n);

/** With as many pieces as its size wants. */
const file: fc.Arbitrary<Published> = fc
  .record({ path: treePath, pieceLength, pieces: fc.integer({ min: 1, max: 6 }), rest: fc.nat(2 ** 24) })
  .chain(({ path, pieceLength, pieces, rest }) =>
    fc.record({
      path: fc.constant(path),
      size: fc.constant((pieces - 1) * pieceLength + 1 + (rest % pieceLength)),
      mtime: fc.integer({ min: 0, max: 2 ** 40 }),
      md5: bytes(16),
      sha1: bytes(20),
      sha256: bytes(32),
      btih: fc.constant(new Uint8Array(20)),
      pieces: bytes(20 * pieces).map((sha1) => ({ length: pieceLength, sha1 })),
      zsync: fc.constant(null),
      signature: fc.constant(null),
    }),
  );

const seeds = fc.array(fc.webUrl({ validSchemes: ['http', 'https'] }), { maxLength: 3 });

function distributionOf(urls: readonly string[]) {
  return { ...noDistribution, sources: urls.map((url) => ({ url, country: null })) };
}

function infohashOf(file: Published): string {
  const { path, size } = file;
  return Buffer.from(infohash({ name: nameOf(path), size, sums: file })).toString('hex');
}

function hexOf(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

interface Decoded {
  readonly [key: string]: BencodeValue;
  readonly info: { readonly [key: string]: BencodeValue; readonly name: Uint8Array };
}
const { decode } = bencode as unknown as { readonly decode: (bytes: Buffer) => Decoded };

test('by the bencode package: all is there, in the order of keys, and encodes to the same bytes', () => {
  holds(
    fc.property(file, seeds, (file, urls) => {
      const written = torrent(file, distributionOf(urls));
      const read = decode(Buffer.from(written));
      expect(hexOf(bencode.encode(read))).toBe(hexOf(written));
      const { info } = read;
      expect(hexOf(info.name)).toBe(hexOf(Buffer.from(nameOf(file.path))));
      const encoded = bencode.encode(info);
      expect(createHash('sha1').update(encoded).digest('hex')).toBe(infohashOf(file));
    }),
  );
});

const reader = `
import base64, hashlib, json, sys
import libtorrent as lt
for line in sys.stdin:
    data = base64.b64decode(json.loads(line))
    whole = lt.bdecode(data)
    told = [lt.bencode(whole) == data, hashlib.sha1(lt.bencode(whole[b'info'])).hexdigest(), whole[b'info'][b'name'].hex()]
    try:
        info = lt.torrent_info(whole)
    except RuntimeError as error:
        print(json.dumps([*told, str(error)]))
        continue
    print(json.dumps([
        *told, str(info.info_hashes().v1), info.total_size(), info.piece_length(),
        b''.join(info.hash_for_piece(i) for i in range(info.num_pieces())).hex()]))`;

/** It takes away what it finds dangerous in a name, and then has none: the infohash leaves us no other name. */
const nameless = /^missing name/;

test.skipIf(!pythonHas('libtorrent'))('by libtorrent', () => {
  const files = sample(file);
  const found = askPython<readonly unknown[]>(
    reader,
    files.map((each) => Buffer.from(torrent(each, noDistribution)).toString('base64')),
  );
  const refused = found.filter(([, , , why]) => nameless.test(String(why)));
  expect(refused.length).toBeLessThan(files.length / 10);
  expect(found).toEqual(
    files.map((each, i) => [
      true,
      infohashOf(each),
      hexOf(Buffer.from(nameOf(each.path))),
      ...(refused.includes(found[i] ?? [])
        ? [expect.stringMatching(nameless)]
        : [infohashOf(each), each.size, each.pieces.length, hexOf(each.pieces.sha1)]),
    ]),
  );
});

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../src/formats/distribution.js';
import { torrent } from '../../src/formats/torrent.js';
import type { Published } from '../../src/model.js';
import { contents, vectors } from '../hash/content.js';
import { installed } from '../support/e2e.js';
import { hostileNames } from '../support/names.js';
import { noDistribution, publishedOf } from '../support/published.js';
import { python, pythonHas } from '../support/python.js';
import { temporaryDirectory } from '../support/temporary.js';

const everywhere: Distribution = {
  sources: [
    { url: 'http://a/d/x%20y', country: 'de' },
    { url: 'https://b/x%20y', country: null },
  ],
  self: 'http://self/x%20y',
  trackers: [['udp://t1:1', 'http://t2/'], ['http://t3/a?b=c&d']],
  dhtNodes: [
    { host: 'dht.example.org', port: 6881 },
    { host: '2001:db8::1', port: 1 },
  ],
  publisher: { name: 'Example', url: null },
};

/** What libtorrent's decoder and its torrent_info say of files, as JSON. */
const reader = `
import sys, json, libtorrent as lt
told = []
for file in sys.argv[1:]:
    data = open(file, 'rb').read()
    whole = lt.bdecode(data)
    info = lt.torrent_info(whole)
    told.append({
        'canonical': lt.bencode(whole) == data,
        'keys': [key.decode() for key in sorted(whole)],
        'infoKeys': [key.decode() for key in sorted(whole[b'info'])],
        'btih': str(info.info_hashes().v1),
        'nameBytes': whole[b'info'][b'name'].hex(),
        'size': info.total_size(), 'pieceLength': info.piece_length(),
        'pieces': b''.join(info.hash_for_piece(i) for i in range(info.num_pieces() if info.total_size() else 0)).hex(),
        # It shuffles those of one tier.
        'trackers': sorted([t.tier, t.url] for t in info.trackers()),
        'nodes': [list(node) for node in info.nodes()],
        'seeds': [seed['url'] for seed in info.web_seeds()],
        'date': info.creation_date(), 'creator': info.creator(), 'comment': info.comment(),
    })
print(json.dumps(told))
`;

interface Read {
  readonly canonical: boolean;
  readonly keys: readonly string[];
  readonly infoKeys: readonly string[];
  readonly btih: string;
  readonly nameBytes: string;
  readonly size: number;
  readonly pieceLength: number;
  readonly pieces: string;
  readonly trackers: readonly (readonly [number, string])[];
  readonly nodes: readonly (readonly [string, number])[];
  readonly seeds: readonly string[];
  readonly date: number;
  readonly creator: string;
  readonly comment: string;
}

function written(files: readonly Published[], distribution: Distribution): readonly string[] {
  const directory = temporaryDirectory();
  return files.map((file, i) => {
    const to = join(directory, `${i}.torrent`);
    writeFileSync(to, torrent(file, distribution));
    return to;
  });
}

function byLibtorrent(files: readonly Published[], distribution: Distribution): readonly Read[] {
  const words = ['-c', reader, ...written(files, distribution)];
  return JSON.parse(execFileSync(python, words, { encoding: 'utf8' })) as readonly Read[];
}

const string = (value: Uint8Array | string) =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(value)}:`), Buffer.from(value)]);

describe('bencode, written by hand', () => {
  const info = ({ md5, sha1, sha256, pieces }: Published, name: string) =>
    Buffer.concat([
      Buffer.from('4:infod6:lengthi3e6:md5sum32:'),
      Buffer.from(Buffer.from(md5).toString('hex')),
      Buffer.from('4:name'),
      string(name),
      Buffer.from('12:piece lengthi262144e6:pieces20:'),
      pieces.sha1,
      Buffer.from('4:sha120:'),
      sha1,
      Buffer.from('6:sha25632:'),
      sha256,
      Buffer.from('e'),
    ]);

  it('without any tracker has no announce', () => {
    const file = publishedOf('d/ü b', Buffer.from('abc'));
    const expected = Buffer.concat([
      Buffer.from('d7:comment4:ü b10:created by10:mirrorhash13:creation datei1795288620e'),
      info(file, 'ü b'),
      Buffer.from('e'),
    ]);
    expect(Buffer.from(torrent(file, noDistribution))).toEqual(expected);
  });

  it('has tiers, nodes and web seeds, sorted by key', () => {
    const file = publishedOf('a', Buffer.from('abc'), { mtime: -5 });
    const seeds = 'l16:http://a/d/x%20y15:https://b/x%20ye';
    const expected = Buffer.concat([
      Buffer.from(
        'd8:announce10:udp://t1:113:announce-listll10:udp://t1:110:http://t2/el17:http://t3/a?b=c&dee',
      ),
      Buffer.from('7:comment1:a10:created by10:mirrorhash13:creation datei-5e'),
      info(file, 'a'),
      Buffer.from(
        `5:nodesll15:dht.example.orgi6881eel11:2001:db8::1i1eee7:sources${seeds}8:url-list${seeds}e`,
      ),
    ]);
    expect(Buffer.from(torrent(file, everywhere))).toEqual(expected);
  });
});

describe.skipIf(!pythonHas('libtorrent'))('libtorrent', () => {
  it('reads the golden vectors with their infohash', () => {
    const small = vectors.filter(({ size }) => size > 0 && size <= 3_500_000);
    const files = small.map(({ name, size }) => publishedOf(`d/${name}`, contents.mod251(size)));
    const read = byLibtorrent(files, everywhere);
    // libtorrent takes no torrent of an empty file; its bytes are compared above all the same.
    expect(read.map(({ btih }) => btih)).toEqual(small.map(({ btihMirrorBrain }) => btihMirrorBrain));
    read.forEach((told, i) => {
      const file = files[i] as Published;
      expect(told).toMatchObject({
        canonical: true,
        infoKeys: ['length', 'md5sum', 'name', 'piece length', 'pieces', 'sha1', 'sha256'],
        size: file.size,
        pieceLength: 262_144,
        pieces: Buffer.from(file.pieces.sha1).toString('hex'),
      });
    });
  });

  it('reads all that stands around the info', () => {
    const [told] = byLibtorrent([publishedOf('d/x y', Buffer.from('abc'))], everywhere);
    expect(told).toMatchObject({
      trackers: [
        [0, 'http://t2/'],
        [0, 'udp://t1:1'],
        [1, 'http://t3/a?b=c&d'],
      ],
      nodes: [
        ['dht.example.org', 6881],
        ['2001:db8::1', 1],
      ],
      seeds: ['http://a/d/x%20y', 'https://b/x%20y'],
      date: 1_795_288_620,
      creator: 'mirrorhash',
      comment: 'x y',
    });
  });

  it('reads all names, to the byte', () => {
    // libtorrent takes no name that is nothing without its backslashes.
    const names = hostileNames.filter((name) => !/^\.?\\+$/.test(name));
    const files = names.map((name) => publishedOf(`d/${name}`, Buffer.from(name)));
    const read = byLibtorrent(files, noDistribution);
    expect(read.map(({ nameBytes }) => nameBytes)).toEqual(
      names.map((name) => Buffer.from(name).toString('hex')),
    );
    for (const { canonical, keys } of read) {
      expect(canonical).toBe(true);
      expect(keys).toEqual(['comment', 'created by', 'creation date', 'info']);
    }
  });

  it.each([
    [2 ** 31, 2 ** 31],
    [2 ** 33 + 1, 2 ** 33 + 1],
    // libtorrent has no moment before 1970
    [-1, 0],
  ])('takes the creation date %d', (mtime, date) => {
    const [told] = byLibtorrent([publishedOf('x', Buffer.from('abc'), { mtime })], noDistribution);
    expect(told).toMatchObject({ canonical: true, date });
  });
});

describe.skipIf(!installed('transmission-show', '--version'))('transmission', () => {
  it('shows it, with the infohash of the golden vector', () => {
    const vector = vectors.find(({ size }) => size === 1_048_581);
    const file = publishedOf('file-1048581.bin', contents.mod251(1_048_581));
    const [to = ''] = written([file], everywhere);
    const { status, stdout } = spawnSync('transmission-show', [to], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
    });
    expect(status).toBe(0);
    for (const shown of [
      'Name: file-1048581.bin',
      `Hash: ${vector?.btihMirrorBrain}`,
      'Created by: mirrorhash',
      'Created on: Sat Nov 21 19:17:00 2026',
      'Piece Count: 5',
      'Tier #1\n  udp://t1:1\n  http://t2/\n',
      'Tier #2\n  http://t3/a?b=c&d',
      'http://a/d/x%20y',
      'https://b/x%20y',
    ]) {
      expect(stdout).toContain(shown);
    }
  });
});

describe.skipIf(!installed('mktorrent', '-h'))('mktorrent', () => {
  it('finds the same pieces', () => {
    const directory = temporaryDirectory();
    const content = contents.lcg(600_000);
    writeFileSync(join(directory, 'x'), content);
    const to = join(directory, 'x.torrent');
    execFileSync('mktorrent', ['-l', '18', '-d', '-o', to, join(directory, 'x')], { stdio: 'ignore' });
    const { pieces } = publishedOf('x', content);
    const own = torrent(publishedOf('x', content), noDistribution);
    for (const bytes of [execFileSync('cat', [to]), Buffer.from(own)]) {
      expect(bytes.includes(Buffer.concat([Buffer.from('6:pieces60:'), pieces.sha1]))).toBe(true);
    }
  });
});

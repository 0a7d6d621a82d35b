/**
 * Real BitTorrent programs: they read our torrents, agree on the infohash, and download by web seed alone.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { installed, type Site, site, until } from '../support/e2e.js';
import { writeCounting } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

/** Debian's own, for which the module is built. */
const python = '/usr/bin/python3';
const hasLibtorrent = canImport();
const hasTransmission =
  installed('transmission-cli', '--version') && installed('transmission-show', '--version');

function canImport(): boolean {
  try {
    execFileSync(python, ['-c', 'import libtorrent'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`e2e: ${python} has no libtorrent: the tests that need it are skipped\n`);
    return false;
  }
}

/** transmission stores a `"` as `_`. */
const name = "image & 'co' grün.iso";
const size = 3_500_000;
const tracker = 'udp://tracker.example.org:6969/announce';
let place: Site;
let server: Served;
let torrent: Buffer;
let btih: string;

beforeAll(async () => {
  place = site();
  writeCounting(join(place.tree, 'iso', name), size);
  await place.hash();
  server = await serving(place, '--no-access-log', '--dht-node', 'dht.example.org:6881');
  const path = `/iso/${encodeURIComponent(name)}`;
  ({ body: torrent } = await ask(server.origin, `${path}.torrent`));
  btih = (await ask(server.origin, `${path}.btih`)).text.slice(0, 40);
  expect((await ask(server.origin, `${path}.magnet`)).text).toContain(`xt=urn:btih:${btih}&`);
  writeFileSync(join(place.directory, 'served.torrent'), torrent);
});

afterAll(async () => {
  await server?.stop();
});

/** Reads a torrent, or downloads it without peers. */
const script = `
import json, sys, time
import libtorrent as lt
info = lt.torrent_info(sys.argv[1])
facts = {
    'infohash': str(info.info_hash()), 'name': info.name(), 'size': info.total_size(), 'length': info.piece_length(),
    'pieces': info.num_pieces(), 'created': info.creation_date(), 'creator': info.creator(),
    'seeds': [seed['url'] for seed in info.web_seeds()], 'nodes': [list(node) for node in info.nodes()],
    # It shuffles those of one tier.
    'trackers': sorted([t.tier, t.url] for t in info.trackers()),
    'magnet': str(lt.parse_magnet_uri(sys.argv[2]).info_hashes.v1) if len(sys.argv) > 2 else None,
}
if len(sys.argv) > 3:
    session = lt.session({'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
                          'listen_interfaces': '127.0.0.1:0', 'allow_multiple_connections_per_ip': True,
                          # A web seed on this machine is no attack here.
                          'ssrf_mitigation': False})
    handle = session.add_torrent({'ti': info, 'save_path': sys.argv[3]})
    end = time.time() + 60
    while time.time() < end and not handle.status().is_seeding:
        time.sleep(0.05)
    facts['done'] = handle.status().is_seeding
print(json.dumps(facts))
`;

test.skipIf(!hasLibtorrent)(
  'libtorrent reads it, agrees on the infohash, and downloads by web seed alone',
  async () => {
    const directory = join(place.directory, 'by libtorrent');
    mkdirSync(directory);
    const magnet = (await ask(server.origin, `/iso/${encodeURIComponent(name)}.magnet`)).text.trim();
    const child = spawn(python, ['-c', script, join(place.directory, 'served.torrent'), magnet, directory]);
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    await once(child, 'close');
    expect(JSON.parse(text)).toEqual({
      infohash: btih,
      magnet: btih,
      name,
      size,
      length: 262_144,
      pieces: 14,
      created: Math.trunc(new Date('2024-02-29T12:34:56Z').getTime() / 1000),
      creator: 'mirrorhash',
      seeds: [`${server.origin}/iso/image%20%26%20%27co%27%20gr%C3%BCn.iso`],
      nodes: [['dht.example.org', 6881]],
      trackers: [],
      done: true,
    });
    expect(readFileSync(join(directory, name)).equals(readFileSync(join(place.tree, 'iso', name)))).toBe(
      true,
    );
  },
);

test.skipIf(!hasTransmission)(
  'transmission reads it, agrees on the infohash, and downloads by web seed alone',
  async () => {
    const file = join(place.directory, 'served.torrent');
    const shown = execFileSync('transmission-show', [file], { encoding: 'utf8' });
    expect(shown).toContain(btih);
    expect(shown).toContain(name);
    const directory = join(place.directory, 'by transmission');
    mkdirSync(directory);
    const done = join(directory, 'done.sh');
    writeFileSync(done, `#!/bin/sh\ntouch '${directory}/done'\n`);
    chmodSync(done, 0o755);
    const settings = join(directory, 'settings');
    mkdirSync(settings);
    writeFileSync(
      join(settings, 'settings.json'),
      JSON.stringify({
        'dht-enabled': false,
        'lpd-enabled': false,
        'pex-enabled': false,
        'utp-enabled': false,
        'port-forwarding-enabled': false,
        'bind-address-ipv4': '127.0.0.1',
      }),
    );
    const child = spawn('transmission-cli', ['-g', settings, '-w', directory, '-f', done, file], {
      stdio: 'ignore',
      env: { ...process.env, HOME: directory },
    });
    try {
      await until(() => existsSync(join(directory, 'done')), 'transmission to end', 60_000);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(readFileSync(join(directory, name)).equals(readFileSync(join(place.tree, 'iso', name)))).toBe(
      true,
    );
  },
);

test.skipIf(!hasLibtorrent)(
  'an exported torrent has trackers in tiers and mirrors as web seeds',
  async () => {
    const out = join(place.directory, 'out');
    const args = [
      'export',
      place.tree,
      '--state',
      place.state,
      '--to',
      out,
      '--formats',
      'torrent,tracker-allowlist',
    ];
    const second = 'https://tracker.example.net/announce,https://tracker.example.com/announce';
    const urls = ['--mirror-url', 'https://a.example.org/pub/', '--mirror-url', 'http://b.example.org'];
    const run = await place.run([...args, ...urls, '--tracker', tracker, '--tracker', second]);
    expect(run.status).toBe(0);
    const text = execFileSync(python, ['-c', script, join(out, 'iso', `${name}.torrent`)], {
      encoding: 'utf8',
    });
    const path = 'iso/image%20%26%20%27co%27%20gr%C3%BCn.iso';
    expect(JSON.parse(text)).toMatchObject({
      infohash: btih,
      seeds: [`https://a.example.org/pub/${path}`, `http://b.example.org/${path}`],
      trackers: [
        [0, tracker],
        [1, 'https://tracker.example.com/announce'],
        [1, 'https://tracker.example.net/announce'],
      ],
    });
    expect(readFileSync(join(out, 'tracker-allowlist.txt'), 'utf8')).toBe(`${btih}\n`);
  },
);

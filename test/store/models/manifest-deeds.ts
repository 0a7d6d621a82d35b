/** What exports tell their list of exported files, into two roots at once. */
import fc from 'fast-check';
import type { WrittenOutput } from '../../../src/export-manifest.js';
import { noDirectory } from './manifest-model.js';
import { directory } from './paths.js';
import type { Models, RealManifest } from './real-manifest.js';
import { type Deed, deeds } from './running.js';

type ManifestDeed = fc.Arbitrary<Deed<Models, RealManifest>>;

const root = fc.constantFrom(0 as const, 1 as const);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'a/b', 'ab', 'a!') },
  { weight: 4, arbitrary: directory },
  { weight: 1, arbitrary: fc.constant(noDirectory) },
);
const output: fc.Arbitrary<WrittenOutput> = fc.record({
  name: fc.constantFrom('SHA256SUMS', 'a.torrent', 'A.torrent', '\uffff', '💾'),
  size: fc.constantFrom(0, 7),
  mtimeNs: fc.constantFrom(-1_500_000_001n, 1_790_000_000_123_456_789n),
  madeOf: fc.constantFrom('one', 'other'),
});
const outputs = fc.array(output, { maxLength: 5, size: 'max' });
const one = fc.record({ path: key, root });

const count = fc.constantFrom(0, 0, 1, 5);
const settled = fc.record({
  path: key,
  root,
  about: fc.record({
    files: count,
    outputs: count,
    leftAlone: count,
    fingerprint: fc.constantFrom('f', 'g', null),
    mtimeNs: fc.constantFrom(null, -1n, 5_000_000_001n),
    infohashes: fc.constantFrom(null, new Uint8Array(0), new Uint8Array(40).fill(7)),
    written: outputs,
  }),
});

const settling: ManifestDeed = deeds('settle', settled, ({ path, root, about }, models, real) => {
  real.of(root).settle(path, about);
  models[root].settle(path, about);
});

const beginning: ManifestDeed = deeds('begin', one, ({ path, root }, models, real) => {
  real.of(root).begin(path);
  models[root].begin(path);
});

const claimed = fc.record({ path: key, root, outputs });
const claiming: ManifestDeed = deeds('claim', claimed, ({ path, root, outputs }, models, real) => {
  real.of(root).claim(path, outputs);
  models[root].claim(path, outputs);
});

const making: ManifestDeed = deeds('claim a directory', one, ({ path, root }, models, real) => {
  real.of(root).claimDirectory(path);
  models[root].claimDirectory(path);
});

/** Those that are empty, as an export does it, or any. */
const forgotten = fc.record({ root, paths: fc.array(directory, { maxLength: 2 }), empty: fc.boolean() });
const forgetting: ManifestDeed = deeds('forget', forgotten, ({ root, paths, empty }, models, real) => {
  const all = empty ? real.of(root).emptyDirectories() : paths;
  real.of(root).forget(all);
  models[root].forget(all);
});

export const manifestDeeds: ManifestDeed[] = [
  ...[settling, settling, settling, beginning, claiming, claiming, making, making, forgetting],
  deeds('reopen', root, (root, _, real) => real.reopen(root)),
  deeds('kill', root, (root, _, real) => real.copyAsKilled(root)),
];

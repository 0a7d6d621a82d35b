/**
 * kill -9 of `export`, beside the tree and in it: the next export brings all to what one that nobody disturbed writes
 * elsewhere, byte for byte, with nothing more and nothing less, and no output is ever taken for a file of the tree.
 */
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { told } from '../support/e2e.js';
import { Campaign, wage } from './campaign.js';
import type { Dice } from './dice.js';
import { entriesBelow, grows, holds } from './killing.js';
import { StillTree } from './still-tree.js';

const kinds = { first: 3, changed: 5, thinned: 3, formats: 5, none: 1 } as const;
const formats = [
  'sha256sums',
  'md5sums',
  'sha1sums',
  'sha256',
  'md5',
  'btih',
  'torrent',
  'magnet',
  'zsync',
  'meta4',
];
const weights = {
  pwrite64: 4,
  write: 6,
  open: 2,
  link: 5,
  unlink: 6,
  rename: 3,
  flush: 4,
  mkdir: 3,
  mode: 2,
};
const hasXmllint = spawnSync('xmllint', ['--version'], { stdio: 'ignore' }).error === undefined;
const run = promisify(execFile);

class ExportCampaign extends Campaign {
  private readonly tree: StillTree;
  /** where outputs go; the tree itself when that is in place */
  private readonly out: string;
  private readonly clean: string;
  private readonly cleanState: string;
  private wanted: readonly string[] = ['all'];

  constructor(dice: Dice, isInPlace: boolean) {
    super(dice);
    const { directory, tree } = this.place;
    const size = { directories: 8, filesInEach: 8, largest: 300_000 };
    this.tree = new StillTree(tree, join(directory, 'scratch'), dice, size);
    this.out = isInPlace ? tree : join(directory, 'out');
    this.clean = join(directory, 'clean');
    this.cleanState = join(directory, 'clean-state');
  }

  async round(number: number): Promise<void> {
    const { state } = this.place;
    const kind = number === 0 ? 'first' : this.dice.weighted(kinds);
    this.startRound(number, kind);
    await this.prepare(kind);
    const args = this.exportArguments(state, this.out);
    const outputs = this.out === this.place.tree ? state : this.out;
    const seen = {
      'outputs were noted': grows(join(state, 'exports.db-wal')),
      'a file was staged': holds(this.out, /\.mirrorhash-\d+\.export$/),
      'an output appeared': holds(outputs, /^(SHA256SUMS|.*\.(torrent|meta4|sha256))$/),
      'a database was drafted': holds(state, /\.db\.new-/),
    };
    for (let kills = this.someKills(); kills > 0; kills--) {
      await this.kill({ kind, args, seen, weights });
      // What lies half done in the tree is no file of it.
      if (this.dice.chance(0.3)) await this.hashNothing();
    }
    await this.recover(kind, args);
    await this.compare();
    await this.hashNothing();
  }

  private async prepare(kind: keyof typeof kinds): Promise<void> {
    if (kind === 'first') await this.exportNothing();
    if (kind === 'thinned') this.tree.thin();
    if (kind === 'changed') {
      this.tree.change();
      this.tree.grow();
    }
    if (kind === 'formats') this.wanted = formats.filter(() => this.dice.chance(0.4));
    if (kind === 'none' || this.wanted.length === 0) this.wanted = ['tracker-allowlist'];
    if (kind === 'first') this.wanted = ['all'];
    await this.runWell(this.place.hashArguments('--redirector', 'none', '--max-delete', '100%'));
  }

  /** As before the first export, but that outputs are made anew in a tree that had them. */
  private async exportNothing(): Promise<void> {
    const { state } = this.place;
    if (!existsSync(join(state, 'exports.db'))) return;
    await this.runWell(this.exportArguments(state, this.out, '--exclude', '**'));
    // The allow-list of no file is an empty one, and foreign to whom nothing is known.
    rmSync(join(this.out, 'tracker-allowlist.txt'), { force: true });
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(state, `exports.db${suffix}`), { force: true });
  }

  private exportArguments(state: string, out: string, ...more: readonly string[]): readonly string[] {
    const where = out === this.place.tree ? ['--in-place'] : ['--to', out];
    const wish = ['--formats', this.wanted.join(','), '--base-url', 'https://download.example.org/'];
    const rest = ['--max-delete', '100%', '--strict', '--quiet', ...more];
    return ['export', this.place.tree, '--state', state, ...where, ...wish, ...rest];
  }

  /** Every file is known, and nothing else. */
  private async hashNothing(): Promise<void> {
    const ended = await this.runWell(this.place.hashArguments('--redirector', 'none'));
    const { hashed, unchanged, pruned } = told(ended).summary.files;
    expect({ hashed, unchanged, pruned }, this.step).toEqual({
      hashed: 0,
      unchanged: this.tree.files.size,
      pruned: 0,
    });
  }

  private async compare(): Promise<void> {
    for (const directory of [this.clean, this.cleanState])
      rmSync(directory, { recursive: true, force: true });
    mkdirSync(this.cleanState);
    for (const name of readdirSync(this.place.state)) {
      if (name.startsWith('cache.db'))
        copyFileSync(join(this.place.state, name), join(this.cleanState, name));
    }
    // In place, outputs of earlier rounds would be files there: the clean one is told what they are.
    await this.runWell(this.exportArguments(this.cleanState, this.clean));
    const outputs = this.out === this.place.tree ? this.outputsInTree() : this.out;
    const found = await run('diff', ['-r', '--no-dereference', outputs, this.clean]).catch(
      (error: unknown) => error,
    );
    expect(found, this.step).toMatchObject({ stdout: '', stderr: '' });
    await this.judge();
    this.count('outputs compared', entriesBelow(this.clean).length);
  }

  /** Links to what lies in the tree and is no file of it. */
  private outputsInTree(): string {
    const { directory, tree } = this.place;
    const outputs = join(directory, 'outputs');
    rmSync(outputs, { recursive: true, force: true });
    mkdirSync(outputs);
    for (const entry of readdirSync(tree, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name).slice(tree.length + 1);
      if (entry.isDirectory() || this.tree.files.has(path)) continue;
      mkdirSync(dirname(join(outputs, path)), { recursive: true });
      linkSync(join(tree, path), join(outputs, path));
    }
    return outputs;
  }

  /** Other programs find them good: coreutils the lists, libxml the metalinks. */
  private async judge(): Promise<void> {
    const entries = readdirSync(this.clean, { withFileTypes: true, recursive: true });
    for (const { name, parentPath } of entries.filter((entry) => entry.name === 'SHA256SUMS')) {
      const cwd = join(this.place.tree, parentPath.slice(this.clean.length));
      await run('sha256sum', ['--check', '--quiet', '--strict', join(parentPath, name)], { cwd });
    }
    const metalinks = entries
      .filter(({ name }) => name.endsWith('.meta4'))
      .map((entry) => join(entry.parentPath, entry.name));
    if (hasXmllint && metalinks.length > 0) await run('xmllint', ['--noout', ...metalinks]);
  }
}

wage('kill -9 of export', { share: 0.05, short: 5 }, (dice) => new ExportCampaign(dice, false));
wage('kill -9 of export in place', { share: 0.05, short: 5 }, (dice) => new ExportCampaign(dice, true));

/**
 * Changes a tree in all the ways in which trees are changed, one after the other, as dice choose, and takes down in a
 * ledger what each file was after every single system call.
 *
 * mtimes are those of the moment, or such that no other change has: two contents of one size under one mtime are beyond
 * what can be noticed (README, Limits), unless they come within two seconds, or while the file is read.
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { basename } from 'node:path';
import type { Dice } from './dice.js';
import * as files from './file-changes.js';
import { Hands } from './hands.js';
import type { Ledger } from './ledger.js';
import * as places from './place-changes.js';

/** How often which change is made. */
const weights = {
  create: 14,
  arrive: 14,
  replace: 10,
  upload: 10,
  grow: 8,
  truncate: 5,
  rewrite: 12,
  rewriteQuietly: 6,
  rewriteAgain: 0,
  touch: 3,
  sign: 8,
  signAgain: 5,
  removeSignature: 2,
  remove: 7,
  rename: 5,
  renameOver: 4,
  link: 3,
  becomeLink: 2,
  becomeDirectory: 2,
  chmodFile: 3,
  chmodDirectory: 2,
  makeDirectory: 4,
  renameDirectory: 3,
  swapDirectories: 2,
  removeDirectory: 1,
} as const;

/** Above it, every other change removes one: a tree that everybody still reads in no time. */
const mostFiles = 300;

/** Where times are whole seconds: what happens within one of them counts. */
const coarseWeights = { ...weights, rewriteQuietly: 0, rewriteAgain: 40 };

type Change = keyof typeof weights;

export interface MutatorOptions {
  /** whether permissions are taken away, too: only root can then go on */
  readonly permissions: boolean;
  /** files that are being read at this moment: changes are aimed at them */
  readonly inUse: () => Iterable<string>;
  /** whether the file system keeps times in whole seconds */
  readonly coarse: boolean;
}

export class Mutator {
  /** how many of which change */
  readonly done: Partial<Record<Change, number>> = {};
  private readonly hands: Hands;
  private readonly uploads = new files.Uploads();
  private readonly changes: Readonly<Record<Change, () => string | null>>;
  /** inodes of files that were changed under the mtime that they had */
  private readonly quiet = new Set<number>();
  private readonly weights: Readonly<Record<Change, number>>;
  private rewritten: string | null = null;

  constructor(tree: string, dice: Dice, ledger: Ledger, options: MutatorOptions) {
    const { permissions, inUse } = options;
    const hands = new Hands(tree, dice, ledger, inUse);
    this.hands = hands;
    this.weights = options.coarse ? coarseWeights : weights;
    this.changes = {
      create: () => files.create(hands),
      arrive: () => files.arrive(hands),
      replace: () => files.replace(hands),
      upload: () => this.uploads.proceed(hands),
      grow: () => files.grow(hands),
      truncate: () => files.truncate(hands),
      rewrite: () => files.rewrite(hands),
      rewriteQuietly: () => this.rewriteQuietly(),
      rewriteAgain: () => this.rewriteAgain(),
      touch: () => files.touch(hands),
      sign: () => files.sign(hands),
      signAgain: () => files.signAgain(hands),
      removeSignature: () => files.removeSignature(hands),
      remove: () => places.remove(hands),
      rename: () => places.rename(hands),
      renameOver: () => places.renameOver(hands),
      link: () => places.link(hands),
      becomeLink: () => places.becomeLink(hands),
      becomeDirectory: () => places.becomeDirectory(hands),
      chmodFile: () => places.chmodFile(hands, permissions ? [0o644, 0o600, 0] : [0o644, 0o600]),
      chmodDirectory: () =>
        places.chmodDirectory(hands, permissions ? [0o755, 0o711, 0o700, 0] : [0o755, 0o700]),
      makeDirectory: () => places.makeDirectory(hands),
      renameDirectory: () => places.renameDirectory(hands),
      swapDirectories: () => places.swapDirectories(hands),
      removeDirectory: () => places.removeDirectory(hands),
    };
  }

  /** Makes one change. @returns what it was */
  step(): string {
    const crowded = this.hands.files().length > mostFiles && this.hands.dice.chance(0.5);
    const change = crowded ? 'remove' : this.hands.dice.weighted(this.weights);
    const what = this.changes[change]();
    this.hands.ledger.note();
    if (what !== null) this.done[change] = (this.done[change] ?? 0) + 1;
    return `${change} ${what ?? ''}`;
  }

  /** Leaves a tree that a run can take up whole: nothing half-written, nothing closed, nothing changed unnoticeably. */
  settle(): void {
    this.uploads.end();
    for (const directory of this.hands.directories()) chmodSync(directory, 0o755);
    for (const file of this.hands.files()) {
      if (basename(file).startsWith('.')) rmSync(file);
      else chmodSync(file, 0o644);
    }
    for (const file of this.hands.files()) if (this.quiet.has(lstatSync(file).ino)) this.hands.setTime(file);
    this.hands.ledger.note();
  }

  /** Mostly the file that was the last one, within the second in which a run may have read it. */
  private rewriteAgain(): string | null {
    const { hands, rewritten } = this;
    const again = rewritten !== null && hands.dice.chance(0.8) && hands.files().includes(rewritten);
    this.rewritten = files.rewriteNow(hands, again ? rewritten : hands.file());
    return this.rewritten;
  }

  private rewriteQuietly(): string | null {
    if (!ctimeTellsAll) return null;
    const file = files.rewriteQuietly(this.hands);
    if (file !== null) this.quiet.add(lstatSync(file).ino);
    return file;
  }
}

/** Since 6.13 a change after a look at the ctime always shows in it; before, not within the same 4 milliseconds. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const ctimeTellsAll = major > 6 || (major === 6 && minor >= 13);

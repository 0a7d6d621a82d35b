import { describe, expect, it, test } from 'vitest';
import { type CachedFile, isRacy, taskFor } from '../src/freshness.js';
import type { FileRecipe, FileTask } from '../src/model.js';
import { longAgoNs, statOf } from './support/records.js';

const plainRecipe: FileRecipe = { pieceLength: 262_144, zsyncBlockSize: 2048 };
const rules = { checkInode: false, force: false };
const cached: CachedFile = {
  size: 1000,
  mtimeNs: longAgoNs,
  inode: '7',
  pieceLength: 262_144,
  zsyncBlockSize: 2048,
  signature: null,
  adopted: false,
};
/** 1 MiB and 4 KiB, where the recipe says 256 KiB and 2 KiB. */
const adopted = { ...cached, adopted: true, pieceLength: 1_048_576, zsyncBlockSize: 4096 };
const signed = { ...cached, signature: { size: 800, mtimeNs: longAgoNs } };

interface Case {
  readonly stat?: Parameters<typeof statOf>[0];
  readonly cached?: CachedFile | null;
  readonly signatureFile?: { readonly size: number; readonly mtimeNs: bigint };
  readonly recipe?: FileRecipe;
  readonly rules?: Partial<typeof rules>;
}

function decide(given: Case): FileTask | null {
  return taskFor(
    { name: 'a.iso', stat: statOf(given.stat) },
    given.cached === undefined ? cached : given.cached,
    given.signatureFile ?? null,
    given.recipe ?? plainRecipe,
    { ...rules, ...given.rules },
  );
}

describe('a record stands', () => {
  it.each<[string, Case]>([
    ['when nothing was touched', {}],
    ['when only the mode was changed: a new ctime', { stat: { ctimeNs: longAgoNs + 1n } }],
    ['when the file was moved away and back: a new inode', { stat: { inode: 8n } }],
    ['when the file system was mounted anew: a new device', { stat: { device: 9n } }],
    ['with the inode asked for and the same', { rules: { checkInode: true } }],
    [
      'with an inode above 2^63',
      {
        stat: { inode: 2n ** 64n - 1n },
        cached: { ...cached, inode: '18446744073709551615' },
        rules: { checkInode: true },
      },
    ],
    ['with the signature that it has', { cached: signed, signatureFile: { size: 800, mtimeNs: longAgoNs } }],
    [
      'without zsync sums when none are wanted',
      { cached: { ...cached, zsyncBlockSize: null }, recipe: { ...plainRecipe, zsyncBlockSize: null } },
    ],
    ['of an empty file', { stat: { size: 0 }, cached: { ...cached, size: 0 } }],
    ['of a file from before 1970', { stat: { mtimeNs: -1n }, cached: { ...cached, mtimeNs: -1n } }],
  ])('%s', (_, given) => {
    expect(decide(given)).toBeNull();
  });
});

describe('a file is read', () => {
  it.each<[string, Case, string]>([
    ['without a record', { cached: null }, 'new'],
    ['without a record, by force', { cached: null, rules: { force: true } }, 'new'],
    ['when it grew by a byte', { stat: { size: 1001 } }, 'size'],
    ['when it shrank by a byte', { stat: { size: 999 } }, 'size'],
    ['when it was emptied', { stat: { size: 0 } }, 'size'],
    ['when it was empty', { cached: { ...cached, size: 0 } }, 'size'],
    ['when it was rewritten a nanosecond later', { stat: { mtimeNs: longAgoNs + 1n } }, 'mtime'],
    ['when it was replaced by an older one', { stat: { mtimeNs: longAgoNs - 1n } }, 'mtime'],
    ['when its mtime lost its fraction', { stat: { mtimeNs: 1_600_000_000_000_000_000n } }, 'mtime'],
    ['with a new inode, if asked for', { stat: { inode: 8n }, rules: { checkInode: true } }, 'inode'],
    ['for other pieces', { recipe: { ...plainRecipe, pieceLength: 524_288 } }, 'piece length'],
    ['for its first zsync sums', { cached: { ...cached, zsyncBlockSize: null } }, 'zsync wanted'],
    [
      'for zsync sums of other blocks',
      { recipe: { ...plainRecipe, zsyncBlockSize: 4096 } },
      'zsync block size',
    ],
    ['by force', { rules: { force: true } }, 'forced'],
    [
      'once, for the first of several reasons',
      { stat: { size: 1, mtimeNs: 0n }, rules: { force: true } },
      'size',
    ],
    [
      'for other pieces, though zsync sums are to go',
      { recipe: { pieceLength: 524_288, zsyncBlockSize: null } },
      'piece length',
    ],
  ])('%s', (_, given, reason) => {
    expect(decide(given)).toMatchObject({ name: 'a.iso', reason, payload: 'read', signature: 'none' });
  });

  it('together with its signature', () => {
    const task = decide({
      stat: { size: 1 },
      cached: signed,
      signatureFile: { size: 800, mtimeNs: longAgoNs },
    });
    expect(task).toMatchObject({ reason: 'size', payload: 'read', signature: 'read' });
  });

  it('and the task says which version was seen and what is wanted', () => {
    const stat = statOf({ size: 5 });
    const recipe = { pieceLength: 16_384, zsyncBlockSize: null };
    expect(taskFor({ name: 'x', stat }, null, null, recipe, rules)).toEqual({
      name: 'x',
      stat,
      recipe,
      reason: 'new',
      payload: 'read',
      signature: 'none',
    });
  });
});

describe('an adopted record', () => {
  const withoutZsync = { ...adopted, zsyncBlockSize: null };
  const noZsync = { ...plainRecipe, zsyncBlockSize: null };
  const own = { pieceLength: 1_048_576, zsyncBlockSize: 4096 };

  it.each<[string, Case]>([
    ['whatever the recipe says', { cached: adopted }],
    ['without zsync sums when none are wanted', { cached: withoutZsync, recipe: noZsync }],
    ['with a new inode', { cached: adopted, stat: { inode: 8n } }],
  ])('stands %s', (_, given) => {
    expect(decide(given)).toBeNull();
  });

  it.each<[string, Case, Partial<FileTask>]>([
    [
      'for the zsync sums that it lacks, in its own pieces',
      { cached: withoutZsync },
      { reason: 'zsync wanted', recipe: { pieceLength: 1_048_576, zsyncBlockSize: 2048 } },
    ],
    [
      'by force, by its own recipe',
      { cached: adopted, rules: { force: true } },
      { reason: 'forced', recipe: own },
    ],
    [
      'by force and without zsync sums, in its own pieces',
      { cached: withoutZsync, recipe: noZsync, rules: { force: true } },
      { reason: 'forced', recipe: { pieceLength: 1_048_576, zsyncBlockSize: null } },
    ],
    [
      'with a new inode, if asked for, by its own recipe',
      { cached: adopted, stat: { inode: 8n }, rules: { checkInode: true } },
      { reason: 'inode', recipe: own },
    ],
    [
      'as any other file when it has another size',
      { cached: adopted, stat: { size: 1001 } },
      { reason: 'size', recipe: plainRecipe },
    ],
    [
      'as any other file when it has another mtime',
      { cached: adopted, stat: { mtimeNs: longAgoNs + 1n } },
      { reason: 'mtime', recipe: plainRecipe },
    ],
  ])('is read %s', (_, given, expected) => {
    expect(decide(given)).toMatchObject({ payload: 'read', ...expected });
  });

  it('drops its zsync sums when none are wanted', () => {
    expect(decide({ cached: adopted, recipe: { pieceLength: 262_144, zsyncBlockSize: null } })).toMatchObject(
      {
        reason: 'zsync dropped',
        payload: 'trim',
      },
    );
  });
});

describe('a record changes without reading the file', () => {
  const file = { size: 800, mtimeNs: longAgoNs };
  it.each<[string, Case, Pick<FileTask, 'reason' | 'payload' | 'signature'>]>([
    [
      'a signature appeared',
      { signatureFile: file },
      { reason: 'signature added', payload: 'keep', signature: 'read' },
    ],
    [
      'the signature has another size',
      { cached: signed, signatureFile: { ...file, size: 801 } },
      { reason: 'signature changed', payload: 'keep', signature: 'read' },
    ],
    [
      'the signature has another mtime',
      { cached: signed, signatureFile: { ...file, mtimeNs: longAgoNs + 1n } },
      { reason: 'signature changed', payload: 'keep', signature: 'read' },
    ],
    [
      'the signature is gone',
      { cached: signed },
      { reason: 'signature removed', payload: 'keep', signature: 'none' },
    ],
    [
      'zsync sums are no longer wanted',
      { recipe: { ...plainRecipe, zsyncBlockSize: null } },
      { reason: 'zsync dropped', payload: 'trim', signature: 'keep' },
    ],
    [
      'zsync sums are no longer wanted, and a signature appeared',
      { recipe: { ...plainRecipe, zsyncBlockSize: null }, signatureFile: file },
      { reason: 'zsync dropped', payload: 'trim', signature: 'read' },
    ],
    [
      'zsync sums are no longer wanted, and the signature is gone',
      { recipe: { ...plainRecipe, zsyncBlockSize: null }, cached: signed },
      { reason: 'zsync dropped', payload: 'trim', signature: 'none' },
    ],
  ])('%s', (_, given, expected) => {
    expect(decide(given)).toMatchObject(expected);
  });
});

describe('a file is racy', () => {
  const now = 1_700_000_000_000_000_000n;
  test.each([
    ['written this very moment', 0n, true],
    ['a nanosecond less than two seconds ago', -1_999_999_999n, true],
    ['two seconds ago', -2_000_000_000n, false],
    ['a day ago', -86_400_000_000_000n, false],
    ['a nanosecond in the future', 1n, true],
    ['a nanosecond less than two seconds in the future', 1_999_999_999n, true],
    ['two seconds in the future', 2_000_000_000n, false],
    ['a year in the future: no wait would help', 31_536_000_000_000_000n, false],
  ])('%s', (_, offset, racy) => {
    expect(isRacy(now + offset, now)).toBe(racy);
  });
});

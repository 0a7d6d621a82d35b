/**
 * What property tests have in common: how many cases, with which seed, and names to make trouble with.
 *
 * MIRRORHASH_FAULTS_CASES sets the number for all of them, MIRRORHASH_FAULTS_SEED the seed, which is told on stderr. Of a
 * property that fails, fast-check says the smallest case that it found.
 */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { numberFrom, seed } from '../faults/plan.js';
import { python } from '../support/python.js';

const wanted = numberFrom('MIRRORHASH_FAULTS_CASES');
process.stderr.write(`properties: MIRRORHASH_FAULTS_SEED=${seed}\n`);

/** Checks a property on many cases. */
export function holds<T>(property: fc.IProperty<T>, usual = 10_000): void {
  fc.assert(property, { seed, numRuns: wanted ?? usual });
}

/** Cases for what is done with all of them at once, such as by another program. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, usual = 10_000): readonly T[] {
  return fc.sample(arbitrary, { seed, numRuns: wanted ?? usual });
}

const nasty = [
  ...'\\\n\r\t -_.~*%&<>"\'()=#?;,:+`$|!{}[]0aAz\x01\x1b\x7f\x85\xa0\u2028\ufeff\ufffd\ufffe\uffffü💾',
];
export const character = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasty) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);

/** Names that Linux lets a file have, of UTF-8; most of them short. */
export const fileName = fc
  .oneof(
    { weight: 9, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: character, minLength: 1, maxLength: 255, size: 'max' }) },
  )
  .filter((name) => !/[/\0]/.test(name) && !/^\.{1,2}$/.test(name) && Buffer.byteLength(name) <= 255);

/** Paths of a tree. */
export const treePath = fc.array(fileName, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));

/** What a Python script, given values as JSON lines, says of each of them. */
export function askPython<T>(script: string, values: readonly unknown[]): readonly T[] {
  const input = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${python}: ${stderr}`);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);
}

/**
 * Few paths, so that deeds meet, but all that are easily taken for one another: names that begin with others, in the
 * order of bytes before and after `/`, that LIKE takes for patterns, and that UTF-16 has in another order than UTF-8.
 */
import fc from 'fast-check';
import type { TreePath } from '../../../src/model.js';

export const directoryPaths = [
  ...['', 'a', 'a/b', 'a/b/a', 'ab', 'a b', 'a!', 'a.b', 'a0', 'A', 'a/B', 'a%', 'a_', '%', '_', 'a/%'],
  ...['a\uffff', '\uffff', '💾', 'a/💾', '💾/\uffff', 'ü', 'u\u0308', "a'b", 'a\\', 'a\n', '.'.repeat(3)],
];
const names = ['a', 'b', 'ab', 'B', '%', '_', '\uffff', '💾', 'a.b', 'a b'];

const paths = directoryPaths.flatMap((directory) =>
  names.map((name) => (directory === '' ? name : `${directory}/${name}`)),
);

/** Where most is done, so that the same file is met again and again. */
const busy = [
  'a',
  'b',
  'a/b',
  'a/a',
  'a/b/a',
  'a/b/a/b',
  'ab',
  'a!/a',
  'a b/a',
  'a0/a',
  'A/a',
  '%/a',
  'a/💾',
];

/** Many from few directories: a directory is forgotten with its last file. */
export const path: fc.Arbitrary<TreePath> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...busy) },
  { weight: 2, arbitrary: fc.constantFrom(...paths.slice(0, 60)) },
  { weight: 1, arbitrary: fc.constantFrom(...paths) },
);
export const somePaths: fc.Arbitrary<readonly TreePath[]> = fc.array(path, {
  minLength: 1,
  maxLength: 6,
  size: 'max',
});
export const directory: fc.Arbitrary<TreePath> = fc.constantFrom(...directoryPaths);

/** As SQLite and C sort them: by the bytes of UTF-8. */
export function byBytes(one: TreePath, other: TreePath): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

export function sorted(some: Iterable<TreePath>): readonly TreePath[] {
  return [...some].sort(byBytes);
}

/** Whether a path lies below a directory, at whatever depth; the base has all. */
export function isBelow(path: TreePath, directory: TreePath): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}

/** The directories around a path, the base too, the nearest first. */
export function around(path: TreePath): readonly TreePath[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}

export function nameOf(path: TreePath): string {
  return path.split('/').at(-1) ?? '';
}

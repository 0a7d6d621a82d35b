import { expect, it } from 'vitest';
import { type Scope, scopesOf, type Wish } from '../../src/pipeline/scopes.js';

const tree = (path: string): Wish => ({ kind: 'tree', path });
const directory = (path: string): Wish => ({ kind: 'directory', path });
const file = (path: string): Wish => ({ kind: 'file', path });

const whole = (path: string): Scope => ({ path, recursive: true, only: null });
const flat = (path: string): Scope => ({ path, recursive: false, only: null });
const names = (path: string, ...only: string[]): Scope => ({ path, recursive: false, only });

it.each<[string, Wish[], Scope[]]>([
  ['nothing', [], []],
  ['the base', [tree('')], [whole('')]],
  ['a tree', [tree('a/b')], [whole('a/b')]],
  ['a tree twice', [tree('a'), tree('a')], [whole('a')]],
  ['a tree within a tree', [tree('a/b'), tree('a')], [whole('a')]],
  ['a tree within the base', [tree('x'), tree('')], [whole('')]],
  [
    'trees with a common beginning of their names',
    [tree('a'), tree('ab'), tree('a b')],
    [whole('a'), whole('a b'), whole('ab')],
  ],
  [
    'a tree far within, others between them in order',
    [tree('a/z'), tree('a-b'), tree('a')],
    [whole('a'), whole('a-b')],
  ],
  ['a directory', [directory('a')], [flat('a')]],
  ['a directory twice', [directory('a'), directory('a')], [flat('a')]],
  [
    'a directory within a directory: both, they share no file',
    [directory('a'), directory('a/b')],
    [flat('a'), flat('a/b')],
  ],
  ['a directory that is a tree', [directory('a'), tree('a')], [whole('a')]],
  ['a directory within a tree', [directory('a/b/c'), tree('a')], [whole('a')]],
  ['a directory around a tree', [directory('a'), tree('a/b')], [whole('a/b'), flat('a')]],
  ['a file', [file('a/x')], [names('a', 'x')]],
  ['a file of the base', [file('x')], [names('', 'x')]],
  ['a file twice', [file('a/x'), file('a/x')], [names('a', 'x')]],
  [
    'files of one directory',
    [file('a/x'), file('b/x'), file('a/y')],
    [names('a', 'x', 'y'), names('b', 'x')],
  ],
  ['a file within a tree', [file('a/b/x'), tree('a')], [whole('a')]],
  ['a file beside a tree', [file('a/x'), tree('a/b')], [whole('a/b'), names('a', 'x')]],
  ['a file within a directory', [file('a/x'), directory('a')], [flat('a')]],
  ['a file below a directory', [file('a/b/x'), directory('a')], [flat('a'), names('a/b', 'x')]],
  ['a file with the base', [file('x'), tree('')], [whole('')]],
])('%s', (_, wishes, scopes) => {
  expect(scopesOf(wishes)).toEqual(scopes);
});

/** Words for what the system says. */
import { expect, test } from 'vitest';
import { reasonOf, systemCode } from '../src/errors.js';

/** As Node makes it of an error that it has no name for: `strace -e inject=mkdir:error=EDQUOT node -e 'fs.mkdirSync("x")'`. */
const nameless = Object.assign(new Error('Unknown system error -122, link'), {
  code: 'Unknown system error -122',
});

test('a quota that is used up was an internal error', () => {
  expect([systemCode(nameless), reasonOf(nameless)]).toEqual(['EDQUOT', 'the quota of the disk is used up']);
});

test('what is no error of the system has no code', () => {
  expect([systemCode(new Error('words')), systemCode('words'), reasonOf(new Error('words'))]).toEqual([
    null,
    null,
    'words',
  ]);
});

/**
 * What a directory's lists and a tracker's list say, and which formats may be chosen; bytes written by hand.
 */
import { expect, test } from 'vitest';
import { directorySums } from '../../src/formats/directory-sums.js';
import { parseFormats } from '../../src/formats/export-formats.js';
import { trackerAllowlist } from '../../src/formats/tracker-allowlist.js';

// Of nothing, as `sha256sum /dev/null` and its like say.
const empty = {
  md5: Buffer.from('d41d8cd98f00b204e9800998ecf8427e', 'hex'),
  sha1: Buffer.from('da39a3ee5e6b4b0d3255bfef95601890afd80709', 'hex'),
  sha256: Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'),
};
const named = (...names: readonly string[]) => names.map((name) => ({ ...empty, name }));

test('lists are in the order of bytes, which is not the order of code units', () => {
  const text = directorySums('md5sums', named('💾', '\uffee', 'b', 'B', 'a b'), 'gnu');
  const names = ['B', 'a b', 'b', '\uffee', '💾'];
  expect(text).toBe(names.map((name) => `d41d8cd98f00b204e9800998ecf8427e  ${name}\n`).join(''));
});

test('each list has the digest of its name, in either style, with GNU escapes', () => {
  expect(directorySums('sha1sums', named('a\nb'), 'gnu')).toBe(
    '\\da39a3ee5e6b4b0d3255bfef95601890afd80709  a\\nb\n',
  );
  expect(directorySums('sha256sums', named('a'), 'bsd')).toBe(
    'SHA256 (a) = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n',
  );
  expect(directorySums('md5sums', [], 'gnu')).toBe('');
});

test('a tracker is told each infohash once, in order', () => {
  const [a, b, c] = [0x0a, 0xb0, 0xff].map((byte) => Buffer.alloc(20, byte)) as [Buffer, Buffer, Buffer];
  const lines = [a, b, c].map((bytes) => `${bytes.toString('hex')}\n`).join('');
  expect(trackerAllowlist([Buffer.concat([c, a]), Buffer.alloc(0), Buffer.concat([b, a])])).toBe(lines);
  expect(trackerAllowlist([])).toBe('');
});

test('formats are chosen by name, in any order and case, once', () => {
  const expected = { sidecars: ['sha256'], sums: ['md5sums'], allowlist: true };
  expect(parseFormats(' Tracker-Allowlist,md5sums, sha256,sha256', false)).toEqual(expected);
});

test('all is what can be made', () => {
  const without = parseFormats('all', false);
  expect(without.sidecars).not.toContain('meta4');
  expect(parseFormats('all', true).sidecars).toContain('meta4');
  expect(without).toMatchObject({ sums: ['sha256sums', 'sha1sums', 'md5sums'], allowlist: true });
});

test.each(['sha512', '', 'sha256,', '__proto__', 'constructor', 'all,meta5'])('%j is refused', (text) => {
  expect(() => parseFormats(text, true)).toThrow(/is no format/);
});

test.each(['meta4', 'metalink', 'all,meta4'])('%j is refused where no URL is known', (text) => {
  expect(() => parseFormats(text, false)).toThrow(/no URL is known/);
});

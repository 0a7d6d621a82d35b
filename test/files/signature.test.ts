import { appendFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSignature, signatureText } from '../../src/files/signature.js';
import { inDirectory, statFile } from '../support/listing.js';
import { temporaryDirectory } from '../support/temporary.js';

const begin = '-----BEGIN PGP SIGNATURE-----';
const end = '-----END PGP SIGNATURE-----';
const body = '\nVersion: GnuPG v2\n\niQEzBAABCAAdFiEE\n=aBcD\n';
const good = `${begin}${body}${end}\n`;

describe('a detached signature', () => {
  it.each([
    ['as gpg writes it', good],
    ['without a line feed at its end', good.trimEnd()],
    ['with blank lines at its end', `${good}\n \t\n`],
    ['with the line ends of Windows', good.replaceAll('\n', '\r\n')],
    ['with blanks behind its first line', good.replace(begin, `${begin} \t`)],
    ['with anything between', `${begin}\nü and 💾\n${end}\n`],
    ['two, one behind the other', good + good],
    ['with nothing between', `${begin}\n${end}\n`],
  ])('%s', (_, text) => {
    expect(signatureText(Buffer.from(text))).toBe(text);
  });
});

describe('no detached signature', () => {
  it.each([
    ['nothing', ''],
    ['text before it', `hello\n${good}`],
    ['a blank line before it', `\n${good}`],
    ['a byte order mark before it', `\ufeff${good}`],
    ['text behind it', `${good}hello\n`],
    ['no end', begin + body],
    ['no beginning', body + end],
    ['the end is no line of its own', `${begin}\nabc${end}\n`],
    ['the beginning is no line of its own', `${begin}abc\n${end}\n`],
    ['a signed message', `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhello\n${good}`],
    ['a public key', good.replaceAll('SIGNATURE', 'PUBLIC KEY BLOCK')],
    ['an encrypted message', good.replaceAll('SIGNATURE', 'MESSAGE')],
    ['a NUL', `${begin}\na\0b\n${end}\n`],
    ['small letters', good.toLowerCase()],
  ])('%s', (_, text) => {
    expect(signatureText(Buffer.from(text))).toBeNull();
  });

  it('bytes that are not UTF-8', () => {
    expect(signatureText(Buffer.from(`${begin}\nr\xe9sum\xe9\n${end}\n`, 'latin1'))).toBeNull();
  });
});

/** Reads `a.asc` of a new directory, that `write` made. */
function readFrom(write: (file: string) => void, meanwhile: (file: string) => void = () => {}) {
  const base = temporaryDirectory();
  const file = `${base}/a.asc`;
  write(file);
  const stat = statFile(file);
  meanwhile(file);
  return inDirectory(base, '', (directory) => ({ stat, read: readSignature(directory, 'a.asc', stat) }));
}

/** A signature of exactly that many bytes. */
const ofSize = (size: number): string =>
  `${begin}\n${'x'.repeat(size - begin.length - end.length - 3)}\n${end}\n`;

describe('a signature file', () => {
  it.each([
    ['is read', good, good],
    ['may have 64 KiB', ofSize(65_536), ofSize(65_536)],
    ['is none with a byte more', ofSize(65_537), null],
    ['is none when it is empty', '', null],
    ['is none when it holds something else', 'hello\n', null],
    ['is none when it is huge', 'x'.repeat(3_000_000), null],
  ])('%s, and its version is remembered', (_, content, text) => {
    const { read, stat } = readFrom((file) => {
      writeFileSync(file, content);
      utimesSync(file, 1, 1_600_000_000.5);
    });
    expect(read).toEqual({ signature: { size: content.length, mtimeNs: 1_600_000_000_500_000_000n, text } });
    expect(stat.size).toBe(content.length);
  });

  it.each([
    ['grows', (file: string) => appendFileSync(file, 'x'), 'it grew before it was read'],
    [
      'becomes a link',
      (file: string) => {
        writeFileSync(`${file}.secret`, good);
        symlinkSync(`${file}.secret`, `${file}.new`);
        renameSync(`${file}.new`, file);
      },
      'it became something else than a file',
    ],
  ])('that %s before it is read is not read', (_, meanwhile, why) => {
    const { read } = readFrom((file) => writeFileSync(file, good), meanwhile);
    expect(read).toEqual({ outcome: { status: 'changed', why } });
  });
});

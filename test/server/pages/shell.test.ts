/**
 * The commands of the details page, pasted into real shells.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Published } from '../../../src/model.js';
import { gpgCommand, sha256Command } from '../../../src/server/pages/shell.js';
import { hostileNames } from '../../support/names.js';
import { temporaryDirectory } from '../../support/temporary.js';

const names = [
  ...hostileNames,
  '-',
  'plain.iso',
  "'; touch injected; '",
  '$(touch injected)',
  '%s%n\\045',
  '\\012',
  "'\\''",
  '\u001b[201~touch injected',
  '\u0085\u200b\u00a0',
];
const shells = ['sh', 'bash', 'dash', 'busybox'].filter(
  (shell) => spawnSync(shell, ['-c', '']).error === undefined,
);

function published(name: string, content: string): Published {
  const digest = (algorithm: string) => new Uint8Array(createHash(algorithm).update(content).digest());
  return {
    path: `some/where/${name}`,
    size: content.length,
    mtime: 0,
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    btih: new Uint8Array(20),
    pieces: { length: 262_144, sha1: new Uint8Array() },
    zsync: null,
    signature: null,
  };
}

function run(shell: string, command: string, directory: string, path = process.env.PATH) {
  const options: Readonly<Record<string, readonly string[]>> = { bash: ['--norc'], busybox: ['sh'] };
  const words = [...(options[shell] ?? []), '-c', command];
  return spawnSync(shell, words, {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: path, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test.each(shells)('%s checks a file of any name', (shell) => {
  const directory = temporaryDirectory();
  const right = names.map((name) => published(name, name));
  for (const name of names) writeFileSync(join(directory, name), name);
  for (const file of right) {
    const ended = run(shell, sha256Command(file), directory);
    expect(ended.stderr, sha256Command(file)).toBe('');
    expect(ended.status).toBe(0);
  }
  writeFileSync(join(directory, 'plain.iso'), 'other bytes');
  expect(run(shell, sha256Command(published('plain.iso', 'plain.iso')), directory).status).toBe(1);
  expect(spawnSync('ls', ['-A'], { cwd: directory, encoding: 'utf8' }).stdout).not.toMatch(/^injected$/m);
});

test('nothing in a command moves the cursor, breaks the line, or cannot be seen', () => {
  for (const name of names) {
    const file = published(name, name);
    for (const command of [sha256Command(file), gpgCommand(file) ?? '']) {
      expect(command).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  }
});

test('a plain name is written plainly', () => {
  const file = published('plain name.iso', 'abc');
  // of `printf abc | sha256sum`
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256Command(file)).toBe(`printf '${sha256}  plain name.iso\\n' | sha256sum -c`);
  expect(gpgCommand(file)).toBe("gpg --verify 'plain name.iso.asc' 'plain name.iso'");
  expect(gpgCommand(published('plain.iso', ''))).toBe('gpg --verify plain.iso.asc plain.iso');
});

test.each(shells)('%s gives gpg the names of signature and file, as they are', (shell) => {
  const directory = temporaryDirectory();
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'gpg'), '#!/bin/sh\nprintf \'%s\\0\' "$@"\n', { mode: 0o755 });
  let asked = 0;
  for (const name of names) {
    const command = gpgCommand(published(name, ''));
    if (command === null) continue;
    asked += 1;
    const { stdout } = run(shell, command, directory, `${bin}:${process.env.PATH}`);
    const file = name.startsWith('-') ? `./${name}` : name;
    expect(stdout.split('\0')).toEqual(['--verify', `${file}.asc`, file, '']);
  }
  expect(asked).toBeGreaterThan(30);
});

test('a name that a terminal would obey has no command for gpg', () => {
  expect(gpgCommand(published('a\u001b[201~b', ''))).toBeNull();
  expect(gpgCommand(published('a\nb', ''))).toBeNull();
});

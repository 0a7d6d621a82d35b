import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { type Reading, type ReadOutcome, readStable } from '../../src/files/read.js';
import { Child } from '../support/children.js';
import { inDirectory, statFile } from '../support/listing.js';
import { temporaryDirectory } from '../support/temporary.js';

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) % 251));
const longAgo = new Date('2024-02-29T12:34:56.789Z');

let base: string;
let file: string;

beforeEach(async () => {
  base = temporaryDirectory();
  file = `${base}/file`;
  writeFileSync(file, content);
  utimesSync(file, longAgo, longAgo);
  // Two changes within one tick of the system's clock have the same ctime.
  await setTimeout(12);
});

interface Reported {
  readonly outcome: ReadOutcome;
  readonly chunks: readonly Buffer[];
}

/** Reads `file` in chunks of 300 bytes: 300, 300, 300, 100. */
function read(parts: Partial<Reading> & { readonly before?: () => void } = {}): Reported {
  const chunks: Buffer[] = [];
  const { before, ...reading } = parts;
  const expected = statFile(file);
  const outcome = inDirectory(base, '', (directory) => {
    before?.();
    return readStable(directory, 'file', expected, {
      buffer: new Uint8Array(300),
      proceed: () => true,
      ...reading,
      consume: (chunk) => {
        chunks.push(Buffer.from(chunk));
        reading.consume?.(chunk);
      },
    });
  });
  return { outcome, chunks };
}

describe('a file that stands still', () => {
  it.each([
    ['in chunks of the buffer', 300, [300, 300, 300, 100]],
    ['in one chunk of its size', 1000, [1000]],
    ['in one chunk, the buffer being larger', 4096, [1000]],
    ['to its last byte', 999, [999, 1]],
    ['in whole chunks', 500, [500, 500]],
  ])('is read %s', (_, length, sizes) => {
    const { outcome, chunks } = read({ buffer: new Uint8Array(length) });
    expect(outcome).toEqual({ status: 'complete' });
    expect(chunks.map((chunk) => chunk.length)).toEqual(sizes);
    expect(Buffer.concat(chunks)).toEqual(content);
  });

  it('is read into a buffer that others share', () => {
    const { outcome, chunks } = read({ buffer: new Uint8Array(new SharedArrayBuffer(256)) });
    expect(outcome).toEqual({ status: 'complete' });
    expect(Buffer.concat(chunks)).toEqual(content);
  });

  it('announces each chunk before it is read', () => {
    const told: string[] = [];
    read({
      proceed: (bytes) => told.push(`proceed ${bytes}`) > 0,
      consume: (chunk) => void told.push(`consume ${chunk.length}`),
    });
    expect(told).toEqual([300, 300, 300, 100].flatMap((size) => [`proceed ${size}`, `consume ${size}`]));
  });

  it('may be empty', () => {
    writeFileSync(file, '');
    expect(read()).toEqual({ outcome: { status: 'complete' }, chunks: [] });
  });

  it('may be larger than the buffer of the real reader', () => {
    const size = 3 * 1024 * 1024 + 5;
    truncateSync(file, size);
    const { outcome, chunks } = read({ buffer: new Uint8Array(1024 * 1024) });
    expect(outcome).toEqual({ status: 'complete' });
    expect(chunks.map((chunk) => chunk.length)).toEqual([1_048_576, 1_048_576, 1_048_576, 5]);
  });
});

type Change = (file: string) => void;

const grow: Change = (path) => appendFileSync(path, 'x');
const shrink: Change = (path) => truncateSync(path, 999);
const empty: Change = (path) => truncateSync(path, 0);
const rewrite: Change = (path) => writeFileSync(path, Buffer.alloc(1000, 1), { flag: 'r+' });
const rewriteSecretly: Change = (path) => {
  rewrite(path);
  utimesSync(path, longAgo, longAgo);
};
const touch: Change = (path) => utimesSync(path, longAgo, new Date());
const permit: Change = (path) => chmodSync(path, 0o600);
const linkTwice: Change = (path) => linkSync(path, `${path}.other`);
const remove: Change = (path) => rmSync(path);
/** Puts something else under the name of the file, in one step, as a mirror's rsync does. */
function replace(make: (path: string) => void): Change {
  return (path) => {
    make(`${path}.new`);
    renameSync(`${path}.new`, path);
  };
}
const replaceAlike = replace((path) => {
  writeFileSync(path, content);
  utimesSync(path, longAgo, longAgo);
});
const swapFifo = replace((path) => void execFileSync('mkfifo', [path]));
const swapLink = replace((path) => {
  writeFileSync(`${path}.target`, content);
  symlinkSync(`${path}.target`, path);
});
const swapDirectory: Change = (path) => {
  rmSync(path);
  mkdirSync(path);
};

const changed = (why: string): ReadOutcome => ({ status: 'changed', why });

describe('between the decision and the opening', () => {
  test.each<[string, Change, ReadOutcome]>([
    ['it grew', grow, changed('it grew before it was read')],
    ['it shrank', shrink, changed('it shrank before it was read')],
    ['it was emptied', empty, changed('it shrank before it was read')],
    ['it was rewritten', rewrite, changed('it was written before it was read')],
    [
      'it was rewritten and its mtime put back',
      rewriteSecretly,
      changed('it was changed before it was read'),
    ],
    ['it was touched', touch, changed('it was written before it was read')],
    ['its mode was changed', permit, changed('it was changed before it was read')],
    ['it got a second name', linkTwice, changed('it was changed before it was read')],
    ['it was replaced by its like', replaceAlike, changed('it was replaced before it was read')],
    ['it was deleted', remove, { status: 'vanished' }],
    [
      'a FIFO was put in its place',
      swapFifo,
      changed('it became something else than a file before it was read'),
    ],
    ['a link was put in its place', swapLink, changed('it became something else than a file')],
    [
      'a directory was put in its place',
      swapDirectory,
      changed('it became something else than a file before it was read'),
    ],
  ])('%s', (_, change, outcome) => {
    expect(read({ before: () => change(file) })).toEqual({ outcome, chunks: [] });
  });

  it('a socket was put in its place', async () => {
    const server = createServer().listen(`${base}/socket`);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { outcome } = read({ before: () => renameSync(`${base}/socket`, file) });
    expect(outcome).toEqual(changed('it became something else than a file'));
  });

  it('an empty file got content', () => {
    writeFileSync(file, '');
    expect(read({ before: () => grow(file) }).outcome).toEqual(changed('it grew before it was read'));
  });
});

describe('while it is read', () => {
  const changes: readonly [string, Change][] = [
    ['it grew', grow],
    ['it shrank', shrink],
    ['it was emptied', empty],
    ['it was rewritten', rewrite],
    ['it was rewritten and its mtime put back', rewriteSecretly],
    ['it was touched', touch],
    ['its mode was changed', permit],
    ['it got a second name', linkTwice],
    ['it was replaced by its like', replaceAlike],
    ['it was deleted', remove],
    ['a FIFO was put in its place', swapFifo],
    ['a link was put in its place', swapLink],
    ['a directory was put in its place', swapDirectory],
  ];
  /** Calls `change` with the n-th chunk only. */
  const atChunk = (number: number, change: Change) => {
    let chunk = 0;
    return () => {
      if (++chunk === number) change(file);
      return true;
    };
  };

  describe.each([
    ['before the first chunk', (change: Change) => ({ proceed: atChunk(1, change) })],
    ['after the first chunk', (change: Change) => ({ consume: atChunk(1, change) })],
    ['before the last chunk', (change: Change) => ({ proceed: atChunk(4, change) })],
    ['after the last chunk', (change: Change) => ({ consume: atChunk(4, change) })],
  ])('%s', (_, moment) => {
    it.each(changes)('%s', (_, change) => {
      const { outcome, chunks } = read(moment(change));
      expect(['changed', 'vanished']).toContain(outcome.status);
      expect(Buffer.concat(chunks).length).toBeLessThanOrEqual(1000);
    });
  });

  it('the words fit what happened', () => {
    const words = (change: Change): ReadOutcome => {
      const { outcome } = read({ consume: atChunk(2, change) });
      rmSync(file, { force: true });
      writeFileSync(file, content);
      return outcome;
    };
    expect(words(grow)).toEqual(changed('it grew while it was read'));
    expect(words(shrink)).toEqual(changed('it shrank while it was read'));
    expect(words(empty)).toEqual(changed('it shrank while it was read'));
    expect(words(rewrite)).toEqual(changed('it was written while it was read'));
    expect(words(permit)).toEqual(changed('it was changed while it was read'));
  });
});

describe('the reading ends', () => {
  it.each([
    [1, 0],
    [2, 300],
    [4, 900],
  ])('when it is stopped before chunk %i, with %i bytes read', (number, bytes) => {
    let chunk = 0;
    const { outcome, chunks } = read({ proceed: () => ++chunk < number });
    expect(outcome).toEqual({ status: 'stopped' });
    expect(Buffer.concat(chunks)).toEqual(content.subarray(0, bytes));
  });

  it('without permission', async () => {
    chmodSync(base, 0o755);
    chmodSync(file, 0o600);
    const child = await Child.start('unprivileged.ts');
    expect(await child.ask({ what: 'read', base, name: 'file' })).toEqual({
      answer: { status: 'unreadable', why: 'permission denied' },
    });
    chmodSync(file, 0o644);
    expect(await child.ask({ what: 'read', base, name: 'file' })).toEqual({ answer: { status: 'complete' } });
  });

  it('with the error of whoever consumes: that is a bug and no outcome', () => {
    const consume = (): never => {
      throw new RangeError('more than was announced');
    };
    expect(() => read({ consume })).toThrow(RangeError);
  });

  it('with every descriptor closed, however it ends', () => {
    const before = readdirSync('/proc/self/fd').length;
    const fail = (): never => {
      throw new RangeError('bug');
    };
    expect(() => read({ consume: fail })).toThrow(RangeError);
    read();
    read({ proceed: () => false });
    read({ before: () => grow(file) });
    read({ consume: () => grow(file) });
    read({ before: () => swapFifo(file) });
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

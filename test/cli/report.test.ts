import { describe, expect, test } from 'vitest';
import { createReporter, summaryText } from '../../cli/report.js';
import type { RunEvent, Summary } from '../../src/model.js';
import {
  deferred,
  everything,
  failed,
  fatal,
  fresh,
  hashed,
  link,
  memoryOutput,
  problems,
  pruned,
  quietOptions,
  quietRun,
  report,
  skipped,
  updated,
  warning,
} from './reporting.js';

describe('text', () => {
  test('names what --strict counts as failed, also when quiet', () => {
    const row = {
      event: 'row',
      outcome: 'refused',
      path: 'r',
      code: 'PATH_BACKSLASH',
      message: 'no',
    } as const;
    const events: readonly RunEvent[] = [skipped, link, deferred, row];
    const told = ['!mirrorhash: r: refused: no'];
    expect(report([row])).toEqual(told);
    expect(report(events, { quiet: true })).toEqual([]);
    const named = report(events, { quiet: true, strict: true });
    expect([named.length, named.at(-1)]).toEqual([2, told[0]]);
    expect(named[0]).toContain('skipped');
  });

  test('names what did not go as it should, and nothing else', () => {
    expect(report(everything)).toEqual(problems);
  });

  test('names only failures when quiet', () => {
    expect(report(everything, { quiet: true }, quietRun)).toEqual([
      '!mirrorhash: f: failed: permission denied',
      '!mirrorhash: ./: failed: permission denied',
      '!mirrorhash: too many would go',
    ]);
  });

  test('names everything when verbose', () => {
    expect(report(everything, { verbose: true })).toEqual([
      '!mirrorhash: iso/a.iso: hashed (mtime changed)',
      '!mirrorhash: b: unchanged',
      '!mirrorhash: c: unchanged (signature added)',
      '!mirrorhash: old: pruned',
      ...problems.slice(0, 2),
      '!mirrorhash: latest: skipped: a link or special file',
      ...problems.slice(2),
    ]);
  });

  test('explains on standard output, quiet or not', () => {
    const explained = ['iso/a.iso: mtime changed', 'c: signature added', 'old: vanished'];
    expect(report(everything, { explain: true })).toEqual([...explained, ...problems]);
    expect(report([hashed, fresh, updated, pruned], { explain: true, quiet: true })).toEqual(explained);
    expect(report([hashed, fresh], { explain: true, verbose: true })).toEqual([
      'iso/a.iso: mtime changed',
      '!mirrorhash: b: unchanged',
    ]);
  });

  test('tells what a dry run would do, on standard output', () => {
    const would = [
      'would hash iso/a.iso (mtime changed)',
      'would update c (signature added)',
      'would prune old',
    ];
    expect(report(everything, { dryRun: true })).toEqual([...would, ...problems]);
    expect(report([hashed], { dryRun: true, explain: true })).toEqual(would.slice(0, 1));
  });

  test.each([
    ['new', 'a: new'],
    ['size', 'a: size changed'],
    ['mtime', 'a: mtime changed'],
    ['inode', 'a: inode changed'],
    ['piece length', 'a: piece length changed'],
    ['zsync wanted', 'a: zsync sums wanted'],
    ['zsync block size', 'a: zsync block size changed'],
    ['zsync dropped', 'a: zsync sums no longer wanted'],
    ['forced', 'a: forced'],
  ] as const)('the reason "%s" reads %s', (reason, line) => {
    expect(
      report([{ event: 'file', outcome: 'hashed', path: 'a', reason, size: 1 }], { explain: true }),
    ).toEqual([line]);
  });

  test('hostile names and messages stay on their line', () => {
    const path = 'a\n\x1b[2J';
    const evil = { ...failed, path, message: `EACCES: open '${path}'` } as RunEvent;
    expect(report([evil])).toEqual(["!mirrorhash: a\\n\\x1b[2J: failed: EACCES: open 'a\\n\\x1b[2J'"]);
    const evilHashed = { ...hashed, path } as RunEvent;
    expect(report([evilHashed], { explain: true })).toEqual(['a\\n\\x1b[2J: mtime changed']);
    expect(report([evilHashed], { dryRun: true })).toEqual(['would hash a\\n\\x1b[2J (mtime changed)']);
    const evilNotice = { ...warning, message: 'x\ny', hint: 'z\x1b' } as RunEvent;
    expect(report([evilNotice])).toEqual(['!mirrorhash: warning: x\\ny', '!hint: z\\x1b']);
  });

  test('the live region goes away before a line is written, and for good before the summary', () => {
    const lines: string[] = [];
    const progress = { show() {}, clear: () => lines.push('clear'), done: () => lines.push('done') };
    const stdout = { ...memoryOutput(lines, ''), flush: () => lines.push('flush') };
    const reporter = createReporter({ ...quietOptions(lines), explain: true, progress, stdout });
    reporter.event(hashed);
    reporter.event(fatal);
    expect(lines).toEqual(['iso/a.iso: mtime changed', 'flush', 'clear', '!mirrorhash: too many would go']);
    lines.length = 0;
    const onTerminal = createReporter({
      ...quietOptions(lines),
      explain: true,
      progress,
      stdout: { ...stdout, isTerminal: true },
    });
    onTerminal.event(hashed);
    expect(lines).toEqual(['clear', 'iso/a.iso: mtime changed']);
    lines.length = 0;
    onTerminal.summary({ ...quietRun, sync: null });
    expect(lines[0]).toBe('done');
    expect(lines.at(-1)).toBe('flush');
  });
});

describe('the summary in words', () => {
  const plain = { dryRun: false, interrupted: false };
  const none: Summary = {
    ...quietRun,
    files: { ...quietRun.files, hashed: 0, pruned: 0 },
    bytes: { hashed: 0 },
  };
  const sync = (upserted: number, deleted: number): Summary => ({
    ...quietRun,
    sync: { redirector: 'r', upserted, deleted, refused: 0 },
  });

  test('is one line for the files and one for the redirector', () => {
    expect(report([], {}, quietRun)).toEqual([
      '!mirrorhash: 46,232 files in 3,111 directories: 2 hashed (1.2 GiB in 3.4 s, 361 MiB/s), 46,230 unchanged, 1 pruned',
      '!mirrorhash: sqlite:/state/redirector.db: 2 rows written, 1 deleted',
    ]);
  });

  test('of a run with nothing to do', () => {
    expect(summaryText({ ...none, seconds: 0.42, sync: null }, plain)).toEqual([
      '46,232 files in 3,111 directories: none hashed (0.42 s), 46,230 unchanged',
    ]);
  });

  test('names all that happened, singular and plural', () => {
    const files = {
      seen: 1,
      unchanged: 1,
      updated: 1,
      hashed: 1,
      deferred: 3,
      skipped: 4,
      failed: 5,
      pruned: 6,
      excluded: 7,
    };
    const all = {
      ...quietRun,
      files,
      bytes: { hashed: 0 },
      directories: { seen: 1, locked: 1, failed: 2 },
      sync: null,
    };
    expect(summaryText(all, plain)).toEqual([
      '1 file in 1 directory: 1 hashed (0 B in 3.4 s), 1 unchanged (1 of them updated), 6 pruned, 3 deferred, 4 skipped, 5 failed, 7 excluded, 1 directory locked, 2 directories failed',
    ]);
  });

  test('of a dry run', () => {
    const dry = { dryRun: true, interrupted: false };
    const files = { ...quietRun.files, updated: 3 };
    expect(summaryText({ ...quietRun, files }, dry)).toEqual([
      'dry run: 46,232 files in 3,111 directories: would hash 2 (1.2 GiB), 46,230 unchanged (would update 3 of them), would prune 1',
      'sqlite:/state/redirector.db: would write 2 rows, delete 1',
    ]);
    expect(summaryText(none, dry)[0]).toBe(
      'dry run: 46,232 files in 3,111 directories: would hash none, 46,230 unchanged',
    );
    expect(summaryText(sync(0, 2), dry)[1]).toBe('r: would delete 2 rows');
    expect(summaryText(sync(1, 0), dry)[1]).toBe('r: would write 1 row');
  });

  test('of an interrupted run', () => {
    const lines: string[] = [];
    createReporter(quietOptions(lines)).summary({ ...none, sync: null }, { interrupted: true });
    expect(lines).toEqual([
      '!mirrorhash: interrupted, what was finished is kept: 46,232 files in 3,111 directories: none hashed (3.4 s), 46,230 unchanged',
    ]);
  });

  test.each([
    [0, 0, 'r: up to date'],
    [1, 0, 'r: 1 row written'],
    [0, 1, 'r: 1 row deleted'],
    [1234, 5, 'r: 1,234 rows written, 5 deleted'],
  ])('of %d rows written and %d deleted', (upserted, deleted, expected) => {
    expect(summaryText(sync(upserted, deleted), plain)[1]).toBe(expected);
  });
});

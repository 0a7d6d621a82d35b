import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model.js';
import {
  everything,
  failed,
  fatal,
  hashed,
  problems,
  pruned,
  quietRun,
  report,
  warning,
} from './reporting.js';

describe('json', () => {
  const lines = {
    hashed:
      '{"event":"file","path":"iso/a.iso","outcome":"hashed","reason":"mtime","code":null,"size":3500000}',
    fresh: '{"event":"file","path":"b","outcome":"unchanged","reason":null,"code":null,"size":1}',
    updated:
      '{"event":"file","path":"c","outcome":"unchanged","reason":"signature added","code":null,"size":1}',
    pruned: '{"event":"file","path":"old","outcome":"pruned","reason":null,"code":null,"size":null}',
    deferred:
      '{"event":"file","path":"d","outcome":"deferred","reason":null,"code":"FILE_CHANGED","size":7,"message":"grew while it was read"}',
    skipped:
      '{"event":"file","path":"e\ufffd","outcome":"skipped","reason":null,"code":"NAME_NOT_UTF8","size":null,"message":"the name is not UTF-8","pathBase64":"Zf8="}',
    link: '{"event":"file","path":"latest","outcome":"skipped","reason":null,"code":"NOT_A_FILE","size":null,"message":"a link or special file"}',
    failed:
      '{"event":"file","path":"f","outcome":"failed","reason":null,"code":"FILE_UNREADABLE","size":0,"message":"permission denied"}',
    locked:
      '{"event":"directory","path":"iso","outcome":"locked","code":"DIRECTORY_LOCKED","message":"another run works on it"}',
    unreadable:
      '{"event":"directory","path":"","outcome":"failed","code":"DIRECTORY_UNREADABLE","message":"permission denied"}',
  };
  const {
    hashed: h,
    fresh: u,
    updated: c,
    pruned: p,
    deferred: d,
    skipped: s,
    link: l,
    failed: f,
    locked: k,
  } = lines;
  const [, , failedText = '', , unreadableText = '', ...notices] = problems;

  test('is one object a line; failures and notices are said to people too', () => {
    expect(report(everything, { mode: 'json' })).toEqual([
      ...[h, p, d, s, f, failedText, k, lines.unreadable, unreadableText],
      ...notices,
    ]);
  });

  test('has a line for every file when verbose', () => {
    expect(report(everything.slice(0, 7), { mode: 'json', verbose: true })).toEqual([h, u, c, p, d, s, l]);
  });

  test('is as complete when quiet', () => {
    expect(report([hashed, failed, warning, fatal], { mode: 'json', quiet: true }, quietRun)).toEqual([
      ...[h, f, failedText, '!mirrorhash: too many would go', summaryLine],
    ]);
  });

  const summaryLine =
    '{"event":"summary","files":{"seen":46232,"unchanged":46230,"hashed":2,"deferred":0,"skipped":0,"failed":0,"pruned":1,"excluded":0,"updated":0},"directories":{"seen":3111,"locked":0,"failed":0},"bytes":{"hashed":1288490189},"seconds":3.4,"sync":{"redirector":"sqlite:/state/redirector.db","upserted":2,"deleted":1,"refused":0}}';

  test('ends with the summary and no words', () => {
    expect(report([], { mode: 'json' }, quietRun)).toEqual([summaryLine]);
    const [line = ''] = report([], { mode: 'json' }, { ...quietRun, sync: null });
    expect(line.endsWith(',"seconds":3.4,"sync":null}')).toBe(true);
  });

  test('says of a dry run that it is one', () => {
    expect(report([hashed, pruned], { mode: 'json', dryRun: true, explain: true }, quietRun)).toEqual([
      h.replace(/}$/, ',"dryRun":true}'),
      p.replace(/}$/, ',"dryRun":true}'),
      summaryLine.replace(/}$/, ',"dryRun":true}'),
    ]);
  });

  test('stays on one line for readers that know more line breaks than JSON', () => {
    const [line = ''] = report([{ ...hashed, path: 'a\n\u2028\u2029\x85\x7f\ud800b' } as RunEvent], {
      mode: 'json',
    });
    expect(line).toContain('"path":"a\\n\\u2028\\u2029\\u0085\\u007f\\ud800b"');
    expect(JSON.parse(line).path).toBe('a\n\u2028\u2029\x85\x7f\ud800b');
  });
});

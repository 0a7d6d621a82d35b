import { describe, expect, test, vi } from 'vitest';
import { type ActiveFile, createProgress } from '../../cli/progress.js';
import type { Progress } from '../../src/model.js';
import { createScreen } from './screen.js';

const GiB = 1024 ** 3;

const working: Progress = {
  walked: true,
  directories: 3111,
  filesSeen: 46_232,
  filesDone: 1234,
  filesTotal: 46_232,
  bytesDone: 1.25 * GiB,
  bytesTotal: 2.95 * GiB,
  active: [],
  waiting: null,
};

describe('createProgress', () => {
  test('writes nothing when it is not a terminal', async () => {
    const { view, screen, tick } = await start({ isTerminal: false });
    tick(1000);
    view.show(working);
    view.clear();
    view.done();
    expect(screen.written).toBe('');
  });

  test('redraws ten times a second at most', async () => {
    const { view, screen, tick } = await start({});
    for (let i = 0; i < 1000; i += 1) {
      tick(1);
      view.show({ ...working, filesDone: i });
    }
    expect(screen.writes).toBe(10);
  });

  test('leaves nothing behind, whatever lines come and go', async () => {
    const { view, screen, tick } = await start({});
    const active = ['a', 'b', 'c'].map((path) => ({ path, size: GiB, done: 0 }));
    for (const moment of [
      { ...working, active },
      { ...working, active, waiting: 3 },
      { ...working, waiting: 2 },
      { ...working, waiting: 1 },
      { ...working, active: active.slice(1), waiting: 1 },
    ]) {
      tick(600);
      view.show(moment);
      tick(600);
      view.show(moment);
    }
    expect(screen.lines()).toEqual([
      expect.stringMatching(/^\[#/),
      '  [----------]   0 %  b',
      '  [----------]   0 %  c',
      'waiting 1 s for files written a moment ago',
    ]);
    view.clear();
    expect(screen.lines()).toEqual([]);
    tick(600);
    view.show(working);
    expect(screen.lines()).toHaveLength(1);
    view.done();
    tick(600);
    view.show(working);
    expect(screen.lines()).toEqual([]);
  });

  test('keeps the name of a small file for half a second, a finished large one at 100 %', async () => {
    const { view, screen, tick } = await start({});
    const show = (...active: ActiveFile[]) => {
      tick(200);
      view.show({ ...working, active });
      return screen.lines()[1];
    };
    expect(show({ path: 'a', size: 1, done: 0 })).toBe('  a');
    expect(show({ path: 'b', size: 1, done: 0 })).toBe('  a');
    expect(show()).toBe('  a');
    expect(show({ path: 'c', size: GiB, done: 0 })).toBe('  [----------]   0 %  c');
    expect(show()).toBe('  [##########] 100 %  c');
  });

  test('stays within a low window, and away from a terminal without a width', async () => {
    const active = ['a', 'b', 'c', 'd'].map((path) => ({ path, size: GiB, done: 0 }));
    const low = await start({ rows: 4 });
    low.tick(200);
    low.view.show({ ...working, active });
    expect(low.screen.lines()).toHaveLength(2);
    const none = await start({ columns: 0 });
    none.tick(200);
    none.view.show(working);
    expect(none.screen.written).toBe('');
  });
});

/** A progress whose library is loaded, on a screen that can be read back. */
async function start({ isTerminal = true, columns = 80, rows = 24 }) {
  let now = 0;
  const screen = createScreen(columns, rows);
  const view = createProgress({
    stream: screen.stream as unknown as NodeJS.WriteStream,
    isTerminal,
    columns: () => columns,
    now: () => now,
  });
  const tick = (milliseconds: number) => {
    now += milliseconds;
  };
  tick(100);
  view.show(working);
  await vi.dynamicImportSettled();
  return { view, screen, tick };
}

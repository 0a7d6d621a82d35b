import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { numbered, Pair, watched } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

let pair: Pair;

beforeEach(() => {
  pair = new Pair(temporaryDirectory());
});

describe('two syncs at once', () => {
  it('take turns: the second finds nothing to do', async () => {
    pair.put(...numbered(1500));
    const other = new Pair(pair.home);
    const results = await Promise.all([pair.run(), other.run()]);
    expect(results.map((result) => result?.[0] ?? -1).sort((a, b) => a - b)).toEqual([0, 1500]);
    expect(await pair.wrong()).toEqual([]);
  });

  it('never write a newer row over with an older one', async () => {
    const other = new Pair(pair.home);
    pair.put(...numbered(600));
    let ended: Promise<unknown> = Promise.resolve();
    // Between two batches of the first sync a record changes and another process wants to sync.
    const target = watched(pair.target, (batch) => {
      if (batch !== 2) return;
      other.putAs('newer', 'f/00599');
      ended = other.run();
    });
    await pair.sync(undefined, target).run();
    await ended;
    expect(await pair.wrong()).toEqual([]);
  });
});

describe('a sync that is interrupted', () => {
  it('before it began writes nothing, says nothing, holds nothing', async () => {
    pair.put('a');
    const sync = pair.sync(AbortSignal.abort());
    await sync.run();
    expect(sync.result).toBeNull();
    expect(await pair.paths()).toEqual([]);
    expect(readdirSync(`${pair.home}/locks`)).toEqual([]);
    expect(pair.position()).toBeUndefined();
  });

  it('between two batches ends there, and the next one does the rest', async () => {
    pair.put(...numbered(1600));
    const controller = new AbortController();
    const target = watched(pair.target, (batch) => batch === 2 && controller.abort());
    const sync = pair.sync(controller.signal, target);
    await sync.run();
    expect(sync.result).toBeNull();
    expect(await pair.paths()).toHaveLength(1000);
    expect(readdirSync(`${pair.home}/locks`)).toEqual([]);
    expect(await pair.run()).toEqual([600, 0]);
    expect(await pair.wrong()).toEqual([]);
  });

  it('while it waits for another one does not wait any longer, and touches nothing', async () => {
    pair.put('a', 'b');
    await pair.run();
    pair.remove('a');
    expect(pair.occupy()).not.toBeNull();
    const controller = new AbortController();
    const sync = pair.sync(controller.signal);
    const running = sync.run();
    await setTimeout(250);
    controller.abort();
    await running;
    expect(sync.result).toBeNull();
    expect(await pair.paths()).toEqual(['a', 'b']);
  });

  it.each([
    ['of a new target', 0],
    ['of a target that was already synced', 1],
  ])('by a failure %s is told, holds nothing, and the next one does the rest', async (_, before) => {
    pair.put(...numbered(before, 'old'));
    await pair.run();
    pair.put(...numbered(1600));
    const target = watched(pair.target, (batch) => {
      if (batch === 3) throw new Error('the disk is full');
    });
    await expect(pair.sync(undefined, target).run()).rejects.toThrow('the disk is full');
    expect(readdirSync(`${pair.home}/locks`)).toEqual([]);
    const written = pair.countWrites();
    expect(await pair.run()).toEqual([600, 0]);
    expect(written()).toBe(600);
    expect(await pair.wrong()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { SharedFile, sharedLayout } from '../../src/files/shared-file.js';
import type { FileRecipe } from '../../src/model.js';
import { MiB } from '../support/hashing.js';
import type { Claims, PartsRequest } from '../support/parts.js';
import { ask, startThreads } from '../support/threads.js';

const recipe: FileRecipe = { pieceLength: 262_144, zsyncBlockSize: 2048 };

function shared(parts: number, of = recipe, size = 1024 * MiB): SharedFile {
  return SharedFile.allocate(sharedLayout(size, of, parts));
}

/** As another thread sees it. */
const again = ({ memory, layout }: SharedFile): SharedFile => new SharedFile(structuredClone(memory), layout);

describe('the layout', () => {
  it.each([
    [262_144, 2048, 4 * MiB],
    [16_384, null, 4 * MiB],
    [4 * MiB, 65_536, 4 * MiB],
    [16 * MiB, 2048, 16 * MiB],
    [16_384, 8 * MiB, 8 * MiB],
  ])('for pieces of %i and blocks of %s bytes has units of %i', (pieceLength, zsyncBlockSize, unitLength) => {
    const layout = sharedLayout(40 * MiB + 5, { pieceLength, zsyncBlockSize }, 3);
    expect(layout).toMatchObject({ parts: 3, unitLength });
    expect(layout.piecesOfUnit).toBe((20 * unitLength) / pieceLength);
    expect(layout.pieces).toBe(20 * Math.ceil((40 * MiB + 5) / pieceLength));
    const { rsum = 0, checksum = 0 } = layout.hashLengths ?? {};
    const blocks = (bytes: number): number =>
      zsyncBlockSize === null ? 0 : Math.ceil(bytes / zsyncBlockSize) * (rsum + checksum);
    expect([layout.zsumsOfUnit, layout.zsums]).toEqual([blocks(unitLength), blocks(40 * MiB + 5)]);
  });

  it('gives each unit a place of its own, and the last one what is left', () => {
    const file = shared(2, recipe, 9 * MiB);
    for (const unit of [2, 1, 0]) {
      const { pieces, zsums } = file.sumsOf(unit);
      pieces.fill(unit + 1);
      zsums.fill(unit + 11);
    }
    const { pieces, zsync } = again(file).sums(recipe);
    const times = (count: number, value: number) => Array.from({ length: count }, () => value);
    expect([...pieces.sha1]).toEqual([...times(320, 1), ...times(320, 2), ...times(80, 3)]);
    const width = (zsync?.hashLengths.rsum ?? 0) + (zsync?.hashLengths.checksum ?? 0);
    expect([...(zsync?.sums ?? [])]).toEqual(
      [2048, 2048, 512].flatMap((blocks, unit) => times(blocks * width, unit + 11)),
    );
  });

  it('leaves copies behind, which no thread writes to', () => {
    const file = shared(1, recipe, MiB);
    const { pieces, zsync } = file.sums(recipe);
    file.pieces.fill(1);
    file.zsums.fill(1);
    expect([pieces.sha1.buffer, zsync?.sums.buffer]).toEqual([
      expect.any(ArrayBuffer),
      expect.any(ArrayBuffer),
    ]);
    expect(pieces.sha1.some(Boolean) || zsync?.sums.some(Boolean)).toBe(false);
  });
});

describe('a unit', () => {
  it('is claimed by the first that comes to it, and by nobody else', () => {
    const file = shared(3);
    const others = [again(file), again(file)];
    expect(others.map((other) => other.claim(0))).toEqual([true, false]);
    expect(file.claim(0)).toBe(false);
    expect([file.claim(1), file.claim(2)]).toEqual([true, true]);
    expect(others.map((other) => [other.claim(1), other.claim(2), other.claim(3)])).toEqual([
      [false, false, true],
      [false, false, false],
    ]);
  });

  it('is claimed once, however the threads race', async () => {
    const { memory, layout } = shared(2);
    const units = 5_000_000;
    const ready = new SharedArrayBuffer(4);
    const threads = await startThreads(2, 'parts.ts', { base: '/' });
    const request: PartsRequest = { what: 'claim', memory, layout, units, ready };
    const claims = await Promise.all(threads.map((thread) => ask<Claims>(thread, request)));
    const [one, other] = claims as [Claims, Claims];
    expect(one.count + other.count).toBe(units);
    expect(one.sum + other.sum).toBe((units * (units - 1)) / 2);
  });
});

describe('a part', () => {
  /** How often the first part asks whether it is over until it may begin a unit; the third time it is told so. */
  function asked(file: SharedFile, unit: number, meanwhile: (time: number) => void = () => {}): number {
    let times = 0;
    file.waitForOthers(unit, () => {
      meanwhile(++times);
      return times === 3;
    });
    return times;
  }

  const atOnce = 1;
  const never = 3;

  it.each([
    ['sixteen small units', recipe, 16],
    ['four of 16 MiB', { ...recipe, pieceLength: 16 * MiB }, 4],
    ['one that is larger', { ...recipe, pieceLength: 128 * MiB }, 1],
  ])('gets ahead of one that stands still by 64 MiB: %s', (_, of, lead) => {
    const file = shared(2, of);
    file.arrive(0, 0);
    again(file).arrive(1, 0);
    for (let unit = 1; unit <= lead; unit++) {
      expect(asked(file, unit)).toBe(atOnce);
      file.arrive(0, unit);
    }
    expect(asked(file, lead + 1)).toBe(never);
    again(file).arrive(1, 1);
    expect(asked(file, lead + 1)).toBe(atOnce);
    file.arrive(0, lead + 1);
    expect(asked(file, lead + 2)).toBe(never);
  });

  it('waits for the last of them', () => {
    const file = shared(3);
    file.arrive(0, 16);
    file.arrive(1, 16);
    file.arrive(2, 0);
    expect(asked(file, 17)).toBe(never);
    file.arrive(2, 1);
    expect(asked(file, 17)).toBe(atOnce);
  });

  it('goes on when that one does', () => {
    const file = shared(2);
    file.arrive(1, 3);
    expect(asked(file, 20, (time) => time === 2 && again(file).arrive(1, 4))).toBe(2);
  });

  it.each<[string, (other: SharedFile) => void]>([
    ['has not begun', () => {}],
    ['has left at once', (other) => other.leave(1)],
    [
      'has left on its way',
      (other) => {
        other.arrive(1, 0);
        other.leave(1);
      },
    ],
  ])('does not wait for one that %s', (_, happens) => {
    const file = shared(2);
    file.arrive(0, 0);
    happens(again(file));
    file.arrive(0, 99);
    expect(asked(file, 100)).toBe(atOnce);
  });

  it('does not go on waiting for one that leaves', () => {
    const file = shared(2);
    file.arrive(1, 0);
    expect(asked(file, 20, (time) => time === 2 && again(file).leave(1))).toBe(2);
  });

  it('sees that all is in vain', () => {
    const file = shared(2);
    expect(again(file).isAbandoned).toBe(false);
    file.arrive(0, 5);
    file.leave(1);
    expect(again(file).isAbandoned).toBe(false);
    file.abandon();
    expect(again(file).isAbandoned).toBe(true);
  });
});

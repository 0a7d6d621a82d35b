/** What becomes of rows that a redirector database cannot hold, for every kind of database. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Redirector, RedirectorRow } from '../../src/store/redirector.js';
import { rowOf } from '../support/records.js';
import { kinds } from '../support/redirector-kinds.js';

describe.each(kinds)(
  '%s refuses a row that it cannot hold, and stores the others of the batch',
  (_, kind) => {
    let target: Redirector;
    beforeEach(async () => {
      target = await (await kind.make()).open();
    });

    async function fetched(path: string): Promise<RedirectorRow | undefined> {
      return structuredClone((await target.fetch([path], 'all')).get(path));
    }

    const refused = async (row: RedirectorRow): Promise<string> => {
      const { refusals } = await target.upsert([rowOf('before'), row, rowOf('behind')]);
      expect(await fetched('before')).toEqual(rowOf('before'));
      expect(await fetched('behind')).toEqual(rowOf('behind'));
      expect(refusals.length).toBeLessThan(2);
      const stored = await fetched(row.path);
      // Refused and not there, or stored as it is: nothing between.
      if (refusals[0] === undefined) expect(stored).toEqual(row);
      else expect([stored, refusals[0].path]).toEqual([undefined, row.path]);
      expect(refusals[0]?.message).not.toBe('');
      return refusals[0]?.code ?? 'stored';
    };

    it('for its path', async () => {
      for (const path of ['back\\slash', 'd/\\', '\\x00', 'pl\\101in']) {
        expect(await refused(rowOf(path)), path).toBe(kind.holdsPath(path) ? 'stored' : 'PATH_BACKSLASH');
      }
    });

    it('for the length of its path', async () => {
      for (const [longest, tooLong] of kind.pathLimits) {
        expect(await refused(rowOf(longest)), longest).toBe('stored');
        expect(await refused(rowOf(tooLong)), tooLong).toBe('PATH_TOO_LONG');
      }
    });

    it('for its mtime', async () => {
      const [first, last] = kind.mtimes;
      for (const mtime of [-(2 ** 31) - 1, -(2 ** 31), -1, 0, 2 ** 31 - 1, 2 ** 31, 9_223_372_037]) {
        const fits = mtime >= first && mtime <= last;
        const code = await refused({ ...rowOf(`m${mtime}`), mtime });
        expect(code, String(mtime)).toBe(fits ? 'stored' : 'MTIME_OUT_OF_RANGE');
      }
    });

    it('for digests that are not all there, which end the process of the module', async () => {
      for (const column of ['md5', 'sha1', 'sha256', 'btih', 'sha1pieces'] as const) {
        const row = rowOf(`without ${column}`);
        for (const value of [new Uint8Array(0), row[column].subarray(1)]) {
          const code = await refused({ ...row, [column]: value });
          expect(code, column).toBe(kind.checksDigests ? 'ROW_REFUSED' : 'stored');
        }
      }
    });

    it('for what only the database finds', async () => {
      expect(await refused({ ...rowOf('n'), pgp: 'a\0b' })).toBe(kind.holdsNul ? 'stored' : 'ROW_REFUSED');
    });

    it('for what only the database finds, however many were refused without asking it', async () => {
      const rows = Array.from({ length: 120 }, (_, n) => ({ ...rowOf(`m${n}`), mtime: 2 ** 40 }));
      const { refusals } = await target.upsert([...rows, { ...rowOf('n'), pgp: 'a\0b' }, rowOf('behind')]);
      expect(refusals).toHaveLength(kind.holdsNul ? 0 : 121);
      expect(await fetched('behind')).toEqual(rowOf('behind'));
    });

    it('and what stood there before stays', async () => {
      await target.upsert([{ ...rowOf('a'), mtime: 5 }]);
      if (kind.mtimes[1] > 2 ** 31) return;
      await target.upsert([{ ...rowOf('a', 'new'), mtime: 2 ** 31 }]);
      expect(await fetched('a')).toEqual({ ...rowOf('a'), mtime: 5 });
    });
  },
);

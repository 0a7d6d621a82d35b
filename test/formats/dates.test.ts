import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { rfc822, rfc3339 } from '../../src/formats/dates.js';

const minute = 60;

describe('moments', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z', 'Thu, 01 Jan 1970 00:00:00 +0000'],
    [-1, '1969-12-31T23:59:59Z', 'Wed, 31 Dec 1969 23:59:59 +0000'],
    [1_795_288_620, '2026-11-21T19:17:00Z', 'Sat, 21 Nov 2026 19:17:00 +0000'],
    [951_782_400, '2000-02-29T00:00:00Z', 'Tue, 29 Feb 2000 00:00:00 +0000'],
    [2 ** 31 - 1, '2038-01-19T03:14:07Z', 'Tue, 19 Jan 2038 03:14:07 +0000'],
    [2 ** 31, '2038-01-19T03:14:08Z', 'Tue, 19 Jan 2038 03:14:08 +0000'],
    [2 ** 32, '2106-02-07T06:28:16Z', 'Sun, 07 Feb 2106 06:28:16 +0000'],
    [-(2 ** 31) - 1, '1901-12-13T20:45:51Z', 'Fri, 13 Dec 1901 20:45:51 +0000'],
    [253_402_300_799, '9999-12-31T23:59:59Z', 'Fri, 31 Dec 9999 23:59:59 +0000'],
    [-62_135_596_800, '0001-01-01T00:00:00Z', 'Mon, 01 Jan 0001 00:00:00 +0000'],
  ])('%d', (seconds, standard, mail) => {
    expect(rfc3339(seconds)).toBe(standard);
    expect(rfc822(seconds)).toBe(mail);
  });

  it.each([253_402_300_800, -62_135_596_801, 2 ** 53, -(2 ** 53), 8_640_000_000_001])(
    '%d has no form of four digits',
    (seconds) => {
      expect(rfc3339(seconds)).toBeNull();
      expect(rfc822(seconds)).toBeNull();
    },
  );

  it('are those of date(1)', () => {
    const seconds = Array.from({ length: 60 }, (_, i) => (i - 30) * 97 * 24 * 60 * minute * 13 + i * 4321);
    const dates = (format: string) =>
      execFileSync('date', ['-u', '-f', '-', `+${format}`], {
        env: { PATH: process.env.PATH, LC_ALL: 'C' },
        input: seconds.map((moment) => `@${moment}\n`).join(''),
        encoding: 'utf8',
      })
        .trim()
        .split('\n');
    expect(seconds.map(rfc3339)).toEqual(dates('%Y-%m-%dT%H:%M:%SZ'));
    expect(seconds.map(rfc822)).toEqual(dates('%a, %d %b %Y %H:%M:%S +0000'));
  });
});

import { describe, expect, it } from 'vitest';
import { MirrorhashError } from '../src/errors.js';
import {
  parseJobs,
  parseLimit,
  parsePieceLength,
  parseRate,
  parseShare,
  parseSize,
  parseZsyncBlockSize,
} from '../src/quantities.js';

/** The thrown USAGE error, or what was returned instead: a test then shows it. */
function refusal(run: () => unknown): MirrorhashError {
  let returned: unknown;
  try {
    returned = run();
  } catch (error) {
    if (error instanceof MirrorhashError && error.code === 'USAGE') return error;
    throw error;
  }
  throw new Error(`accepted as ${JSON.stringify(returned)}`);
}

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1024', 1024],
    ['1k', 1024],
    ['256K', 262_144],
    ['4M', 4_194_304],
    ['4MiB', 4_194_304],
    ['4mib', 4_194_304],
    ['2G', 2_147_483_648],
    ['1.5G', 1_610_612_736],
    ['0.5K', 512],
    ['0.0009765625K', 1],
    ['1.0', 1],
    ['3T', 3_298_534_883_328],
    ['9007199254740991', 9_007_199_254_740_991],
    ['8191.5T', 9_006_649_498_927_104],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    ' ',
    '4 M',
    ' 4M',
    'M',
    '-1',
    '-4M',
    '+4M',
    '.5K',
    '1.K',
    '1e3',
    '0x10',
    '4MB',
    '4P',
    '4MiBs',
    '٤',
    'auto',
    '4M\n',
    '1,5G',
    'NaN',
    'Infinity',
  ])('refuses %j and says what is accepted', (text) => {
    expect(refusal(() => parseSize(text)).message).toBe(
      `${JSON.stringify(text)} is no size: write bytes, or a number with K, M, G or T, such as 256K, 4M or 1.5G`,
    );
  });

  it.each(['1.5', '0.3K', '0.0001K', '1.00000001G'])('refuses %j: no whole byte', (text) => {
    expect(refusal(() => parseSize(text)).message).toMatch(/is no whole number of bytes$/);
  });

  it.each(['9007199254740992', '8192T', '99999999999999999999T'])('refuses %j: too large', (text) => {
    expect(refusal(() => parseSize(text)).message).toMatch(/is too large: sizes are below 2\^53 bytes$/);
  });
});

describe('counts', () => {
  it.each([
    ['1', 1],
    ['16', 16],
    ['008', 8],
    ['1024', 1024],
  ])('%s', (text, count) => {
    expect(parseJobs(text)).toBe(count);
  });

  it.each(['0', '-1', '1.5', '', 'all', '4K', '1025', '9007199254740992', ' 4'])('refuses %j', (text) => {
    expect(refusal(() => parseJobs(text)).message).toMatch(/is no whole number from 1 to 1024$/);
  });
});

describe('shares', () => {
  it.each([
    ['50%', 50],
    ['100%', 100],
    ['0.5%', 0.5],
  ])('%s', (text, percent) => {
    expect(parseShare(text)).toBe(percent);
  });

  it.each(['0%', '0.0%', '100.1%', '-5%', '50', '%', '50 %', '50%%', ''])('refuses %j', (text) => {
    expect(refusal(() => parseShare(text)).message).toMatch(/is no percentage above 0 and up to 100/);
  });
});

describe('limits', () => {
  it.each([
    ['10', { kind: 'count', count: 10 }],
    ['0', { kind: 'count', count: 0 }],
    ['30%', { kind: 'share', percent: 30 }],
    ['0%', { kind: 'share', percent: 0 }],
  ])('%s', (text, limit) => {
    expect(parseLimit(text)).toEqual(limit);
  });

  it.each(['', '-1', '101%', '1.5', '1K', 'none'])('refuses %j', (text) => {
    expect(refusal(() => parseLimit(text)).message).toMatch(/is neither a whole number nor a percentage/);
  });
});

describe('rates', () => {
  it('are sizes above zero', () => {
    expect(parseRate('10M')).toBe(10_485_760);
    expect(refusal(() => parseRate('0')).message).toMatch(/at least one byte a second$/);
  });
});

describe('piece lengths and block sizes', () => {
  it.each([
    ['auto', 'auto'],
    ['16K', 16_384],
    ['262144', 262_144],
    ['64M', 67_108_864],
  ])('a piece of %s', (text, length) => {
    expect(parsePieceLength(text)).toBe(length);
  });

  it.each(['0', '8K', '16383', '16385', '96K', '128M', '5T'])('no piece of %s', (text) => {
    expect(refusal(() => parsePieceLength(text)).message).toMatch(
      /neither auto nor a power of two from 16K to 64M$/,
    );
  });

  it.each([
    ['auto', 'auto'],
    ['512', 512],
    ['2K', 2048],
    ['16384', 16_384],
  ])('a block of %s', (text, length) => {
    expect(parseZsyncBlockSize(text)).toBe(length);
  });

  it.each(['0', '256', '3000', '32K'])('no block of %s', (text) => {
    expect(refusal(() => parseZsyncBlockSize(text)).message).toMatch(/a power of two from 512 to 16K$/);
  });
});

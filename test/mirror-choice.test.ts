import { describe, expect, it } from 'vitest';
import { chooseMirror, type RankedMirror, rankMirrors } from '../src/mirror-choice.js';
import type { Mirror } from '../src/model.js';

function mirror(identifier: string, changed: Partial<Mirror> = {}): Mirror {
  const baseurl = `http://${identifier}.example/`;
  return { id: 1, identifier, baseurl, country: '', region: '', score: 100, enabled: true, ...changed };
}

const world: readonly Mirror[] = [
  mirror('tokyo', { country: 'jp', region: 'as', score: 300 }),
  mirror('paris', { country: 'fr', region: 'eu', score: 50 }),
  mirror('cdn', { score: 200 }),
  mirror('berlin', { country: 'de', region: 'eu', score: 10 }),
  mirror('vienna', { country: 'at', region: 'eu', score: 50 }),
  mirror('bremen', { country: 'de', region: 'eu', score: 100 }),
];

const germany = ['bremen country', 'berlin country'];
const europe = ['bremen region', 'paris region', 'vienna region', 'berlin region'];

function ranking(country: string | null, region: string | null, mirrors = world): readonly string[] {
  return rankMirrors(mirrors, { country, region }).map(
    (ranked) => `${ranked.mirror.identifier} ${ranked.nearness}`,
  );
}

describe('the ranking', () => {
  it.each([
    [
      'in a country with mirrors',
      ['de', 'eu'],
      [...germany, 'paris region', 'vienna region', 'tokyo world', 'cdn world'],
    ],
    ['in a country without', ['nl', 'eu'], [...europe, 'tokyo world', 'cdn world']],
    ['of whom only the region is known', [null, 'eu'], [...europe, 'tokyo world', 'cdn world']],
    [
      'of whom only the country is known',
      ['de', null],
      [...germany, 'tokyo world', 'cdn world', 'paris world', 'vienna world'],
    ],
    [
      'of whom nothing is known',
      [null, null],
      ['tokyo world', 'cdn world', 'bremen world', 'paris world', 'vienna world', 'berlin world'],
    ],
    [
      'from nowhere near',
      ['zz', 'sa'],
      ['tokyo world', 'cdn world', 'bremen world', 'paris world', 'vienna world', 'berlin world'],
    ],
    ['whose empty fields were sent', ['', ''], ranking(null, null)],
  ] as const)('for a client %s', (_, [country, region], expected) => {
    expect(ranking(country, region)).toEqual(expected);
    expect(ranking(country, region, world.toReversed())).toEqual(expected);
  });

  it('leaves out what cannot be used', () => {
    const mirrors = [
      mirror('off', { enabled: false }),
      mirror('nothing', { score: 0 }),
      mirror('less', { score: -5 }),
      mirror('strange', { score: Number.NaN }),
      mirror('on'),
    ];
    expect(ranking(null, null, mirrors)).toEqual(['on world']);
    expect(ranking(null, null, mirrors.slice(0, 4))).toEqual([]);
  });

  it('puts equals in the order of the bytes of their identifiers', () => {
    const identifiers = ['\u{1f4be}', 'b', '\uffee', 'B', 'a', 'a.b', 'a-b', 'é'];
    expect(
      ranking(
        null,
        null,
        identifiers.map((identifier) => mirror(identifier)),
      ),
    ).toEqual(['B', 'a', 'a-b', 'a.b', 'b', 'é', '\uffee', '\u{1f4be}'].map((name) => `${name} world`));
  });

  it('leaves the list as it was', () => {
    const mirrors = [mirror('b'), mirror('a')];
    rankMirrors(mirrors, { country: null, region: null });
    expect(mirrors.map(({ identifier }) => identifier)).toEqual(['b', 'a']);
  });
});

/** Numbers from 0, below 1, the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function chosen(ranked: readonly RankedMirror[], random: number): string | undefined {
  return chooseMirror(ranked, () => random)?.identifier;
}

describe('the choice', () => {
  it.each([
    ['country', { country: 'de', region: 'eu' }, { bremen: 100 / 110, berlin: 10 / 110 }],
    [
      'region',
      { country: 'nl', region: 'eu' },
      { bremen: 100 / 210, paris: 50 / 210, vienna: 50 / 210, berlin: 10 / 210 },
    ],
    [
      'world',
      { country: null, region: null },
      {
        tokyo: 300 / 710,
        cdn: 200 / 710,
        bremen: 100 / 710,
        paris: 50 / 710,
        vienna: 50 / 710,
        berlin: 10 / 710,
      },
    ],
  ] as const)(
    'gives those of the nearest %s their shares by score, and nobody else any',
    (_, client, shares) => {
      const draws = 100_000;
      const ranked = rankMirrors(world, client);
      const random = generator(42);
      const counts = new Map<string, number>();
      for (let n = 0; n < draws; n++) {
        const identifier = chooseMirror(ranked, random)?.identifier ?? 'none';
        counts.set(identifier, (counts.get(identifier) ?? 0) + 1);
      }
      expect([...counts.keys()].sort()).toEqual(Object.keys(shares).sort());
      const chiSquare = Object.entries(shares).reduce((sum, [identifier, share]) => {
        const expected = share * draws;
        return sum + ((counts.get(identifier) ?? 0) - expected) ** 2 / expected;
      }, 0);
      // Of five degrees of freedom, one in a thousand is above.
      expect(chiSquare).toBeLessThan(20.5);
    },
  );

  it('changes from one mirror to the next exactly where the scores do', () => {
    const ranked = rankMirrors([mirror('a', { score: 3 }), mirror('b', { score: 1 })], {
      country: null,
      region: null,
    });
    expect([0, 0.749999, 0.75, 0.999999].map((random) => chosen(ranked, random))).toEqual([
      'a',
      'a',
      'b',
      'b',
    ]);
  });

  it('is the last one where fractions add up to less than their sum', () => {
    const ranked = rankMirrors(
      [0.1, 0.2, 0.3, 0.7].map((score) => mirror(`m${score}`, { score })),
      { country: null, region: null },
    );
    expect(chosen(ranked, 1 - 2 ** -53)).toBe('m0.1');
    expect(chosen(ranked, 1)).toBe('m0.1');
  });

  it('is none without mirrors', () => {
    expect(chooseMirror([], () => 0)).toBeNull();
  });

  it('asks for one number', () => {
    let asked = 0;
    chooseMirror(rankMirrors(world, { country: 'nl', region: 'eu' }), () => {
      asked += 1;
      return 0;
    });
    expect(asked).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { defaultSettings, mergeSettings, resolveSettings } from '../src/settings.js';

describe('layers of settings', () => {
  it('the first that says something wins, value by value', () => {
    expect(
      mergeSettings(
        { jobs: 1, recipe: { zsync: false } },
        { jobs: 2, strict: true, recipe: { zsync: true, pieceLength: 16_384 }, selection: { include: [] } },
        { checkInode: false, selection: { include: ['a'], exclude: ['b'] } },
      ),
    ).toEqual({
      jobs: 1,
      strict: true,
      checkInode: false,
      recipe: { zsync: false, pieceLength: 16_384 },
      selection: { include: [], exclude: ['b'] },
    });
  });

  it('undefined is nothing said', () => {
    const said = { jobs: undefined, recipe: { zsync: undefined } } as unknown as Parameters<
      typeof mergeSettings
    >[0];
    expect(mergeSettings(said, { jobs: 3, recipe: { zsync: false } })).toEqual({
      jobs: 3,
      recipe: { zsync: false },
      selection: {},
    });
  });

  it('below all of them are the defaults', () => {
    expect(resolveSettings()).toEqual({
      recipe: {
        pieceLength: 'auto',
        zsync: true,
        zsyncInclude: [],
        zsyncBlockSize: 'auto',
        zsyncMaxSize: 17_179_869_184,
      },
      selection: { include: [], exclude: [], defaultExcludes: true, oneFileSystem: false },
      redirector: null,
      jobs: null,
      checkInode: false,
      maxDelete: null,
      readLimit: null,
      strict: false,
    });
    expect(resolveSettings({ strict: true, recipe: { zsync: false } })).toEqual({
      ...defaultSettings,
      strict: true,
      recipe: { ...defaultSettings.recipe, zsync: false },
    });
  });
});

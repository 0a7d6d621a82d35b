import { expect, it } from 'vitest';
import { serveSettingsFrom } from '../../cli/serve-options.js';

/** BEP 12: `announce-list` is a list of lists; transmission takes one tracker of a flat one, aria2 none. */
it('each --tracker of serve stays a tier of its own', () => {
  const tracker = ['udp://a.example.org:6969,udp://b.example.org:6969', 'https://c.example.org/announce'];
  expect(serveSettingsFrom({ accessLog: '-', tracker }).publication.trackers).toEqual([
    ['udp://a.example.org:6969', 'udp://b.example.org:6969'],
    ['https://c.example.org/announce'],
  ]);
});

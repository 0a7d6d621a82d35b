import { describe, expect, it } from 'vitest';
import { parseDhtNode, parsePublisher, parseTrackerTier } from '../../src/formats/distribution-options.js';
import { refusal } from '../support/refusal.js';

describe('a tier of trackers', () => {
  it.each([
    ['udp://tracker.example.org:6969/announce', ['udp://tracker.example.org:6969/announce']],
    ['udp://tracker.example.org:80', ['udp://tracker.example.org:80']],
    ['udp://[2001:db8::1]:6969', ['udp://[2001:db8::1]:6969']],
    ['HTTP://Tracker.example:80/announce', ['http://tracker.example/announce']],
    [
      'https://tracker.example/a/announce?passkey=x%26y',
      ['https://tracker.example/a/announce?passkey=x%26y'],
    ],
    ['http://a/, udp://b:1 ,https://c', ['http://a/', 'udp://b:1', 'https://c/']],
    ['http://b/,http://a/', ['http://b/', 'http://a/']],
    ['http://a/"<>', ['http://a/%22%3C%3E']],
  ])('%j', (text, tier) => {
    expect(parseTrackerTier(text)).toEqual(tier);
  });

  it.each([
    ['', 'no absolute udp or http or https URL'],
    [',', 'no absolute'],
    ['http://a/,', 'no absolute'],
    ['http://a/,,http://b/', 'no absolute'],
    ['tracker.example:6969', 'no absolute'],
    ['wss://tracker.example/', 'no absolute'],
    ['udp:tracker.example:6969', 'no absolute'],
    ['udp://:6969/', 'no absolute'],
    ['udp://tracker.example/announce', 'has no port'],
    ['udp://tracker.example', 'has no port'],
    ['udp://tra"cker:6969', 'has no host'],
    ['udp://tra%22cker:6969', 'has no host'],
    ['udp://tracker.example:69\n69/', 'no absolute'],
    ['http://tracker.example/announce#top', 'no fragment'],
    ['http://tracker.example/announce#', 'no fragment'],
    ['http://tracker.example/?a[]=1', 'holds characters'],
    ['http://user@tracker.example/', 'has a user name'],
    ['udp://user:word@tracker.example:6969/', 'has a user name'],
  ])('%j is refused: %s', (text, problem) => {
    expect(refusal(() => parseTrackerTier(text)).message).toContain(problem);
  });
});

describe('a DHT node', () => {
  it.each([
    ['dht.example.org:6881', 'dht.example.org', 6881],
    ['Dht.Example.org:80', 'dht.example.org', 80],
    ['192.0.2.1:1', '192.0.2.1', 1],
    ['[2001:DB8::1]:65535', '2001:db8::1', 65_535],
    ['[::ffff:192.0.2.1]:6881', '::ffff:c000:201', 6881],
    ['grün.example:6881', 'xn--grn-ioa.example', 6881],
  ])('%j', (text, host, port) => {
    expect(parseDhtNode(text)).toEqual({ host, port });
  });

  it.each([
    '',
    'dht.example.org',
    'dht.example.org:',
    ':6881',
    'dht.example.org:0',
    'dht.example.org:65536',
    'dht.example.org:1e3',
    'dht.example.org:-1',
    'dht.example.org:6881/',
    'dht.example.org:6881\n',
    'udp://dht.example.org:6881',
    '2001:db8::1:6881',
    '[2001:db8::1]',
    '[2001:db8::1%eth0]:6881',
    '[2001:db8::g]:6881',
    '[1:2]:6881',
    '[dht.example.org]:6881',
    'a b:6881',
    'user@dht.example.org:6881',
    'dht/example:6881',
    'dht"example:6881',
    '256.0.0.1:6881',
  ])('%j is refused', (text) => {
    expect(refusal(() => parseDhtNode(text)).code).toBe('USAGE');
  });
});

describe('a publisher', () => {
  it.each([
    ['Example', 'Example', null],
    ['  Example Project ', 'Example Project', null],
    ['Example <https://example.org>', 'Example', 'https://example.org/'],
    [
      'Grün & "Söhne"  < https://example.org/about?a=1&b=2#us > ',
      'Grün & "Söhne"',
      'https://example.org/about?a=1&b=2#us',
    ],
    ['A=B', 'A=B', null],
  ])('%j', (text, name, url) => {
    expect(parsePublisher(text)).toEqual({ name, url });
  });

  it.each([
    '',
    ' ',
    '<https://example.org/>',
    'Example <>',
    'Example <example.org>',
    'Example <mailto:a@example.org>',
    'Example <javascript:alert(1)>',
    'Example <https://user:secret@example.org/>',
    'Example <https://user:secret@example.org/',
    'Example <https://example.org/',
    'Example https://example.org/>',
    'Example <https://example.org/> and others',
    'A <b> <https://example.org/>',
    'line\nfeed',
    'tab\tstop',
    'bell\u0007',
    'no\ufffecharacter',
  ])('%j is refused', (text) => {
    const { message, hint } = refusal(() => parsePublisher(text));
    expect(`${message} ${hint}`).not.toContain('secret');
  });
});

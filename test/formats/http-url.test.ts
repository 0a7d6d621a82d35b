import { describe, expect, it } from 'vitest';
import { absoluteUrl, httpUrl } from '../../src/formats/url.js';
import { refusal } from '../support/refusal.js';

describe('the URL of a directory', () => {
  it.each([
    ['http://example.org', 'http://example.org/'],
    ['http://example.org/pub', 'http://example.org/pub/'],
    ['https://example.org/pub/', 'https://example.org/pub/'],
    ['HTTP://Example.ORG:80/Pub', 'http://example.org/Pub/'],
    ['https://example.org:443', 'https://example.org/'],
    ['https://example.org:80', 'https://example.org:80/'],
    ['http://example.org:8080/a/../b/./c', 'http://example.org:8080/b/c/'],
    ['http://example.org/%2e%2E/a', 'http://example.org/a/'],
    ['http://example.org/a%2fb', 'http://example.org/a%2fb/'],
    ['http://example.org/a//', 'http://example.org/a//'],
    ['http://example.org/my files', 'http://example.org/my%20files/'],
    ['http://example.org/"<a>"', 'http://example.org/%22%3Ca%3E%22/'],
    ['http://example.org/grün', 'http://example.org/gr%C3%BCn/'],
    ['http://grün.example/', 'http://xn--grn-ioa.example/'],
    ["http://example.org/~a/b;c=d,e@f:g!h$i&j'k(l)*+", "http://example.org/~a/b;c=d,e@f:g!h$i&j'k(l)*+/"],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a/'],
    ['http://[2001:DB8::0:1]', 'http://[2001:db8::1]/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://host_1.lan.', 'http://host_1.lan./'],
  ])('%j becomes %j', (typed, url) => {
    expect(httpUrl(typed)).toBe(url);
    // What is normal stays as it is.
    expect(httpUrl(url)).toBe(url);
  });

  it.each([
    ['', 'no absolute http or https URL'],
    ['example.org', 'no absolute'],
    ['example.org/pub', 'no absolute'],
    ['//example.org/', 'no absolute'],
    ['/pub', 'no absolute'],
    ['http:example.org', 'no absolute'],
    ['http:/example.org', 'no absolute'],
    ['http:///example.org', 'no absolute'],
    ['http://', 'no absolute'],
    ['http://\\example.org', 'no absolute'],
    ['ftp://example.org/', 'no absolute'],
    ['file:///pub', 'no absolute'],
    ['rsync://example.org/pub', 'no absolute'],
    ['javascript://example.org/%0Aalert(1)', 'no absolute'],
    [' http://example.org/', 'no absolute'],
    ['http://example.org:65536/', 'no absolute'],
    ['http://a b/', 'no absolute'],
    ['http://a<b/', 'no absolute'],
    ['http://example.org/\n', 'no absolute'],
    ['http://exam\tple.org/', 'no absolute'],
    ['http://example.org/a\r\nSet-Cookie: a', 'no absolute'],
    ['http://example.org/\u0085', 'no absolute'],
    ['http://example.org/?', 'has a query or a fragment'],
    ['http://example.org/?a=b', 'has a query or a fragment'],
    ['http://example.org/#', 'has a query or a fragment'],
    ['http://example.org/pub#top', 'has a query or a fragment'],
    ['http://a"b/', 'has no host'],
    ['http://a%22b/', 'has no host'],
    ["http://a'b/", 'has no host'],
    ['http://a;b/', 'has no host'],
    ['http://a,b/', 'has no host'],
    ['http://example.org/100%/', 'holds characters'],
    ['http://example.org/%zz', 'holds characters'],
    ['http://example.org/%4', 'holds characters'],
    ['http://example.org/a|b', 'holds characters'],
    ['http://example.org/[a]', 'holds characters'],
  ])('%j is refused: %s', (typed, problem) => {
    const { message, hint } = refusal(() => httpUrl(typed));
    expect(message).toContain(`${JSON.stringify(typed)} `);
    expect(message).toContain(problem);
    expect(hint ?? '').not.toContain('undefined');
  });

  it.each([
    'http://user:secret@example.org/',
    'http://secret@example.org/',
    'http://:secret@example.org/',
    'ftp://user:secret@example.org/',
    'user:secret@example.org',
    'http://user:sec/ret@example.org?secret',
    'http://user:secret@example.org/a|b',
  ])('%j is refused, and its password not repeated', (typed) => {
    const { message, hint } = refusal(() => httpUrl(typed));
    expect(message).toContain('this text ');
    expect(`${message} ${hint}`).not.toContain('secret');
  });
});

it('holds the characters of RFC 3986 only, whatever was typed', () => {
  const characters = Array.from({ length: 0x250 }, (_, code) => String.fromCodePoint(code));
  let accepted = 0;
  for (const character of [...characters, '\u2028', '\ufffe', '\ud800', '💾']) {
    for (const typed of [`http://example.org/a${character}b/`, `http://exam${character}ple.org/`]) {
      let url: string;
      try {
        url = httpUrl(typed);
      } catch {
        continue;
      }
      accepted++;
      expect(url, JSON.stringify(typed)).toMatch(
        /^http:\/\/[a-z0-9._-]+(:\d+)?\/([\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/,
      );
    }
  }
  expect(accepted).toBeGreaterThan(500);
});

it('of another scheme may have a query', () => {
  const schemes = ['udp', 'http'];
  expect(absoluteUrl('http://Tracker.example/announce?key="a b"#c', ['http'])).toBe(
    'http://tracker.example/announce?key=%22a%20b%22#c',
  );
  expect(absoluteUrl('udp://tracker.example:6969/announce', schemes)).toBe(
    'udp://tracker.example:6969/announce',
  );
  expect(refusal(() => absoluteUrl('http://tracker.example/?key[]=a', schemes)).message).toContain('holds');
  expect(refusal(() => absoluteUrl('https://tracker.example/', schemes)).message).toBe(
    '"https://tracker.example/" is no absolute udp or http URL',
  );
});

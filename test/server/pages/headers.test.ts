import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { errorPage, listingPage, pageHeaders } from '../../../src/server/pages/index.js';
import { installed } from '../../support/e2e.js';

const hasOpenssl = installed('openssl', 'version');

test.runIf(hasOpenssl)('the policy names the digest of the style that stands in the page', () => {
  const made = listingPage({ path: '', entries: [], page: 1, pages: 1, total: 0 });
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(made) ?? [];
  expect(style.length).toBeGreaterThan(1000);
  const digest = execFileSync('openssl', ['dgst', '-sha256', '-binary'], { input: style }).toString('base64');
  expect(pageHeaders['content-security-policy']).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
});

test('the other fields', () => {
  const { 'content-security-policy': _, ...others } = pageHeaders;
  expect(others).toEqual({
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
});

describe('an error page', () => {
  test('says what happened, and nothing else', () => {
    const made = errorPage(404, 'There is no "<b>" here.\n');
    expect(made.slice(made.indexOf('<body>'))).toBe(`<body>
<main>
<div class="error">
<p class="status">Error 404</p>
<h1>Not Found</h1>
<p><bdi>There is no &#34;&#60;b&#62;&#34; here.\\n</bdi></p>
<p><a href="/">Go to Downloads</a></p>
</div>
</main>
</body>
</html>
`);
    expect(made).toContain('<title>Not Found (404)</title>');
  });

  test('of a status without a name', () => {
    expect(errorPage(599, '')).toContain('<h1>Error</h1>');
  });
});

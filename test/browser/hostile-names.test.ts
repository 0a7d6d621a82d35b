/**
 * Names that were made to break a page, in a real browser: they are shown, they lead to their files, they do nothing.
 */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { browserProgram } from '../support/browser.js';
import { browsing, watch } from './browsing.js';
import { hostile, hostileDirectory, shown } from './site.js';

const program = browserProgram();

/** What a server gets when a program follows a link as the browser resolved it. */
function follow(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => resolve(text(response))).on('error', reject);
  });
}

describe.runIf(program !== null)('hostile names in a browser', () => {
  const window = browsing(program ?? '');

  /** Text → resolved URL. */
  const linksIn = async (selector: string): Promise<ReadonlyMap<string, string>> => {
    const found = await window.page
      .locator(`${selector} a`)
      .evaluateAll((links) => links.map((link): [string, string] => [link.innerText, link.href]));
    return new Map(found);
  };

  test('are shown as they are, or as escapes, each on its row', async () => {
    await window.visit('/hostile/');
    const names = await window.page.locator('tbody th').allInnerTexts();
    expect(names.toSorted()).toEqual([...Object.values(shown), '<b>"&\\u202e/'].toSorted());
  });

  test('lead to their files, and to nothing else', async () => {
    await window.visit('/hostile/');
    const links = await linksIn('tr.file th');
    for (const name of hostile) {
      const url = links.get(shown[name] ?? '') ?? '';
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hostile\/[A-Za-z0-9%._~-]+$/);
      expect(await follow(url)).toBe(name);
    }
  });

  test('lead to their details, and those back to the file and to the listing', async () => {
    for (const name of hostile) {
      await window.visit('/hostile/');
      const url = (await linksIn('tr.file th')).get(shown[name] ?? '') ?? '';
      await window.page.goto(`${url}.mirrorlist`);
      expect(await window.page.locator('h1').innerText()).toBe(shown[name]);
      const links = await window.page.locator('a').evaluateAll((all) => all.map((link) => link.href));
      expect(links).toContain(url);
      expect(links).toContain(`${window.origin}/hostile/`);
      expect(links).toContain(`${url}.sha256`);
    }
  });

  test('of directories are gone into, and out of again', async () => {
    await window.visit('/hostile/');
    await window.page.locator('tr.directory a').click();
    expect(window.page.url()).toBe(`${window.origin}/hostile/${encodeURIComponent(hostileDirectory)}/`);
    expect(await window.page.locator('h1').innerText()).toBe('<b>"&\\u202e');
    await window.page.locator('nav a', { hasText: 'hostile' }).click();
    expect(window.page.url()).toBe(`${window.origin}/hostile/`);
  });

  test('turn no reading direction but their own', async () => {
    await window.visit('/hostile/');
    const arabic = window.page.locator('tr', { hasText: 'شكرا' });
    const [name, size] = [
      await arabic.locator('th').boundingBox(),
      await arabic.locator('td').first().boundingBox(),
    ];
    expect(name?.x).toBeLessThan(size?.x ?? 0);
  });

  describe('and should one come through after all', () => {
    /** The page as it is served, with its text changed on the way to a browser that runs scripts. */
    const tampered = async (
      change: (html: string) => string,
    ): Promise<{ page: Page; complaints: string[] }> => {
      const context = await window.browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const complaints: string[] = [];
      await page.route('**/hostile/', async (route) => {
        const response = await route.fetch();
        const body = change(await response.text());
        await route.fulfill({ response, body });
      });
      watch(page, complaints);
      await page.goto(`${window.origin}/hostile/`);
      return { page, complaints };
    };
    const add = (html: string) => (page: string) => page.replace('<main>', `<main>${html}`);

    test('without any change there is nothing to complain about', async () => {
      const { page, complaints } = await tampered((html) => html);
      expect(complaints).toEqual([]);
      expect(await page.locator('.list').evaluate((list) => list.ownerDocument.styleSheets.length)).toBe(1);
    });

    test.each([
      ['a script', '<script>document.title = "owned"</script>', 'inline script'],
      ['a handler', '<img src="data:," onerror="document.title = \'owned\'">', 'img-src'],
      ['a picture from elsewhere', '<img src="http://127.0.0.1:1/x.png">', 'img-src'],
      ['a frame', '<iframe src="/"></iframe>', "default-src 'none'"],
      ['a style', '<style>main { display: none }</style>', 'inline style'],
      ['a base', '<base href="http://127.0.0.1:1/">', 'base-uri'],
    ])('%s is refused', async (_, html, reason) => {
      const { page, complaints } = await tampered(add(html));
      expect(complaints.filter((complaint) => !complaint.startsWith('asks for')).join('\n')).toMatch(reason);
      expect(await page.title()).toBe('hostile/');
      expect(await page.locator('main').isVisible()).toBe(true);
    });

    test('a style of one byte more is not the one that the policy names', async () => {
      const { page, complaints } = await tampered((html) => html.replace('</style>', ' </style>'));
      expect(complaints.join('\n')).toMatch('inline style');
      const margin = await page.locator('body').evaluate((body) => {
        return body.ownerDocument.defaultView.getComputedStyle(body).marginTop;
      });
      expect(margin).toBe('8px');
    });
  });
});

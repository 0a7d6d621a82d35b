/**
 * The pages in a real browser, as people have them: narrow and wide, dark and light, with large letters, with the
 * keyboard, with a screen reader, on paper; all without scripts.
 */
import { describe, expect, test } from 'vitest';
import { browserProgram } from '../support/browser.js';
import { browsing } from './browsing.js';
import { heardOfDetails, heardOfListing } from './heard.js';
import { contrasts, overflowing, tabThrough, vocabulary } from './looks.js';
import { hostile, released } from './site.js';

const program = browserProgram();

const paths = {
  root: '/',
  listing: '/releases/12.1/',
  'hostile names': '/hostile/',
  'hostile directory': `/hostile/${encodeURIComponent('<b>"&\u202e')}/`,
  'empty directory': '/empty/',
  details: `/${released}.mirrorlist`,
  'hostile details': `/hostile/${encodeURIComponent(hostile[0] ?? '')}.mirrorlist`,
  error: '/nothing',
};

describe.runIf(program !== null)('a page in a browser', () => {
  const window = browsing(program ?? '');
  const { look, visit } = window;

  describe.each(Object.entries(paths))('%s', (_, path) => {
    test('has nothing that reaches past the edge, from a phone to a desk', async () => {
      await visit(path);
      for (const scheme of ['light', 'dark'] as const) {
        // A window of 1280 has 640 pixels at 200 %.
        for (const width of [320, 375, 640, 1280]) {
          await look({ scheme, width });
          expect(await overflowing(window.page), `${scheme}, ${width} px`).toEqual([]);
        }
      }
    });

    test('has nothing that reaches past the edge with letters twice as large', async () => {
      await visit(path);
      await window.page.locator('html').evaluate((html) => {
        html.style.fontSize = '200%';
      });
      for (const width of [375, 640, 1280]) {
        await look({ width });
        expect(await overflowing(window.page), `${width} px`).toEqual([]);
      }
    });

    test('can be read, in the dark, in the light and on paper', async () => {
      await visit(path);
      for (const scheme of ['light', 'dark'] as const) {
        await look({ scheme });
        const texts = await contrasts(window.page);
        expect(texts.length).toBeGreaterThan(2);
        expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
        expect(texts[0]?.lighter).toBe(scheme === 'dark');
      }
      await window.page.emulateMedia({ media: 'print' });
      const printed = await contrasts(window.page);
      expect(printed.filter(({ contrast, lighter }) => lighter || contrast < 7)).toEqual([]);
    });

    test('is gone through with Tab, link by link, and it is seen where one is', async () => {
      await visit(path, { width: 375 });
      const links = window.page.locator('a');
      const written = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
      const stops = await tabThrough(window.page);
      expect(stops.map(({ href }) => href)).toEqual(written);
      expect(stops.filter(({ outline, inView }) => outline < 2 || !inView)).toEqual([]);
    });

    test('has one main heading, one main part, a language and a title, and no part that is not its own', async () => {
      await visit(path);
      for (const part of ['h1', 'main', 'html[lang=en]'])
        expect(await window.page.locator(part).count()).toBe(1);
      expect(await window.page.title()).not.toBe('');
      const words = await vocabulary(window.page);
      expect(words.filter((word) => !ownWords.has(word))).toEqual([]);
    });
  });

  test.each([375, 1280])('a screen reader hears a listing as a table, %d px wide', async (width) => {
    await visit(paths.root, { width });
    expect(await window.page.locator('body').ariaSnapshot()).toBe(heardOfListing);
  });

  test('a screen reader hears what a details page has, by headings and regions', async () => {
    await visit(paths.details);
    expect(await window.page.locator('body').ariaSnapshot()).toBe(heardOfDetails(window.origin));
  });

  test('one click takes a whole sum, also where it is broken into lines', async () => {
    for (const width of [320, 1280]) {
      await visit(paths.details, { width });
      for (const sum of await window.page.locator('.sums code').all()) {
        await sum.click();
        const taken = await window.page
          .locator('html')
          .evaluate((html) => String(html.ownerDocument.getSelection()));
        expect(taken).toMatch(/^[0-9a-f]{32,64}$/);
        expect(taken).toBe(await sum.textContent());
      }
    }
  });
});

const ownWords: ReadonlySet<string> = new Set(
  [
    'a bdi body caption code data dd div dl dt footer h1 h2 h3 head header html li main meta nav ol p pre section',
    'span style table tbody td th thead time title tr ul',
    '@aria-label @aria-labelledby @charset @class @content @datetime @href @id @lang @name @rel @role @scope @title',
    '@value',
  ].flatMap((words) => words.split(' ')),
);

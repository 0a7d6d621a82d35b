/**
 * Files of the tree in a browser: uploaders are not the site, so pages of theirs get no script and no origin of it.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { browserProgram, openBrowser } from '../support/browser.js';
import { site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

const script = 'document.documentElement.setAttribute("data-ran", self.origin)';
const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>${script}</script></svg>`;
const html = `<!doctype html><title>t</title><a download href="a.iso">a</a><script>${script}</script>`;
const xhtml = `<html xmlns="http://www.w3.org/1999/xhtml"><script>${script}</script></html>`;
const documents = { 'a.html': html, 'A.HTM': html, 'a.svg': svg, 'a.xhtml': xhtml, 'a.xml': xhtml };
const others = ['a.iso', 'a.pdf', 'a.txt', 'a.js', 'a.png', 'a', 'a.html.gz'];

let served: Served;

beforeAll(async () => {
  const where = site();
  for (const [name, content] of Object.entries(documents)) write(join(where.tree, name), content);
  for (const name of others) write(join(where.tree, name), html);
  await where.hash();
  served = await serving(where);
});

test.each(Object.keys(documents))('%s is sandboxed, whole or in part', async (name) => {
  for (const headers of [{}, { Range: 'bytes=0-3' }]) {
    const answer = await ask(served.origin, `/${name}`, { headers });
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toMatch(/^sandbox(?!.*allow-s(?:cripts|ame-origin))/);
  }
});

test.each(others)('%s is no page: its type holds, and no sandbox keeps it from being shown', async (name) => {
  const answer = await ask(served.origin, `/${name}`);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['content-type']).not.toMatch(/html|xml/);
  expect(answer.headers).not.toHaveProperty('content-security-policy');
});

const program = browserProgram();

describe.skipIf(program === null)('in a browser', () => {
  test('an uploaded page runs no script, and a download from it works', async () => {
    const browser = await openBrowser(program ?? '');
    try {
      const page = await browser.newPage();
      for (const name of Object.keys(documents)) {
        await page.goto(`${served.origin}/${name}`);
        expect([name, await page.locator(':root').getAttribute('data-ran')]).toEqual([name, null]);
      }
      await page.goto(`${served.origin}/a.html`);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
      expect(download.suggestedFilename()).toBe('a.iso');
    } finally {
      await browser.close();
    }
  });
});

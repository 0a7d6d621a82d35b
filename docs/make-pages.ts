/**
 * Draws docs/listing.png and docs/details.png: the pages of a site that might be (sample-pages.ts), in a real Chromium,
 * on a desk in the light and beside it on a phone in the dark. `npm run docs` runs it.
 *
 * The same browser with the same fonts draws the same bytes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { detailsPage, listingPage } from '../src/server/pages/index.js';
import { browserProgram, openBrowser } from '../test/support/browser.js';
import { type Pixels, smallPng } from './png.js';
import { details, listing } from './sample-pages.js';

interface Screen {
  readonly colorScheme: 'light' | 'dark';
  /** pixels */
  readonly width: number;
}

const desk: Screen = { colorScheme: 'light', width: 920 };
const phone: Screen = { colorScheme: 'dark', width: 360 };
const gap = 24;

/** The whole page, as a data URL. */
async function shot(browser: Browser, html: string, { colorScheme, width }: Screen): Promise<string> {
  const page = await browser.newPage({
    colorScheme,
    viewport: { width, height: 300 },
    javaScriptEnabled: false,
  });
  await page.setContent(html);
  const png = await page.screenshot({ fullPage: true });
  await page.close();
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** Both screens beside each other, as high as the first; around them nothing. */
async function draw(browser: Browser, html: string): Promise<Buffer> {
  const [left, right] = [await shot(browser, html, desk), await shot(browser, html, phone)];
  const page = await browser.newPage({
    viewport: { width: desk.width + gap + phone.width + 4, height: 300 },
  });
  await page.setContent(`<!doctype html><style>
    body { margin: 0; display: flex; gap: ${gap}px }
    div { border: 1px solid #8b949e; border-radius: 10px; overflow: hidden }
    img { display: block }
    .phone { width: ${phone.width}px; background: url(${right}) no-repeat }
  </style><div><img alt="" src="${left}"></div><div class="phone"></div>`);
  const png = await page.locator('body').screenshot({ omitBackground: true });
  const pixels = await pixelsOf(page, png);
  await page.close();
  return smallPng(pixels);
}

/** The browser reads its own picture. */
async function pixelsOf(page: Page, png: Buffer): Promise<Pixels> {
  const url = `data:image/png;base64,${png.toString('base64')}`;
  const { width, height, base64 } = await page.locator('body').evaluate(async (body, src) => {
    const window = body.ownerDocument.defaultView;
    const image = Object.assign(new window.Image(), { src });
    await image.decode();
    const canvas = Object.assign(body.ownerDocument.createElement('canvas'), {
      width: image.width,
      height: image.height,
    });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return {
      width: Number(image.width),
      height: Number(image.height),
      base64: String(new window.Uint8Array(data.buffer).toBase64()),
    };
  }, url);
  return { width, height, rgba: new Uint8Array(Buffer.from(base64, 'base64')) };
}

const program = browserProgram();
if (program === null) throw new Error('no Chromium is installed: name one in CHROMIUM');
const browser = await openBrowser(program);
try {
  for (const [name, html] of [
    ['listing', listingPage(listing)],
    ['details', detailsPage(details)],
  ] as const) {
    const png = await draw(browser, html);
    writeFileSync(fileURLToPath(new URL(`${name}.png`, import.meta.url)), png);
    console.log(`docs/${name}.png: ${png.length} bytes`);
  }
} finally {
  await browser.close();
}

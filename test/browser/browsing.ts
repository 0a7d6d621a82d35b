/**
 * A browser window on the site, for the tests of one file. Whatever the browser complains about, or asks for beside the
 * page itself, fails the test.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { openBrowser } from '../support/browser.js';
import { site as temporarySite } from '../support/e2e.js';
import { type BrowserSite, fromGermany, openSite } from './site.js';

export interface Look {
  readonly scheme?: 'light' | 'dark';
  /** pixels */
  readonly width?: number;
}

export interface Browsing {
  readonly page: Page;
  /** of the site, without a slash at its end */
  readonly origin: string;
  readonly browser: Browser;
  look(asked: Look): Promise<void>;
  visit(path: string, asked?: Look): Promise<void>;
}

/** Opens a browser before the tests, and closes it after them. To be asked for its parts inside of tests only. */
export function browsing(program: string): Browsing {
  let opened: { readonly site: BrowserSite; readonly browser: Browser; readonly page: Page } | null = null;
  const complaints: string[] = [];
  const now = () => {
    if (opened === null) throw new Error('the browser is not open yet');
    return opened;
  };

  beforeAll(async () => {
    const site = await openSite(temporarySite());
    const browser = await openBrowser(program);
    const page = await browser.newPage({ javaScriptEnabled: false, extraHTTPHeaders: fromGermany });
    // Milliseconds: this machine is all that it waits for.
    page.setDefaultTimeout(20_000);
    opened = { site, browser, page };
    watch(page, complaints);
  });

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await opened?.browser.close();
    await opened?.site.close();
  });

  const look = async ({ scheme = 'light', width = 1280 }: Look): Promise<void> => {
    await now().page.setViewportSize({ width, height: 800 });
    await now().page.emulateMedia({ colorScheme: scheme, media: 'screen' });
  };

  return {
    get page() {
      return now().page;
    },
    get origin() {
      return now().site.origin;
    },
    get browser() {
      return now().browser;
    },
    look,
    visit: async (path, asked = {}) => {
      await look(asked);
      const response = await now().page.goto(now().site.origin + path);
      // The browser itself says so of an answer that is 404.
      if (response?.status() === 404) complaints.splice(0, 1);
    },
  };
}

/** Collects what a page makes the browser say or ask for. */
export function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.isNavigationRequest()) complaints.push(`asks for ${request.url()}`);
  });
}

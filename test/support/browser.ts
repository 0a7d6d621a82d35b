/**
 * A real browser for tests and pictures: Debian's Chromium, or the one that CHROMIUM names. It reaches this machine only.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  // Letters are drawn alike wherever the fonts are the same.
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
];

/** The browser's program; null (and a line that says so) when there is none, because then tests are skipped. */
export function browserProgram(): string | null {
  const { CHROMIUM, PATH = '' } = process.env;
  const places = PATH.split(delimiter).flatMap((directory) => names.map((name) => join(directory, name)));
  const found = (CHROMIUM === undefined ? places : [CHROMIUM]).find(isProgram);
  if (found !== undefined) return found;
  process.stderr.write('browser: no Chromium is installed: the tests that need one are skipped\n');
  return null;
}

/** Without a window, and with a profile of its own that goes when it is closed. */
export function openBrowser(program: string): Promise<Browser> {
  return chromium.launch({ executablePath: program, headless: true, args });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a page looks like in the browser. The functions given to `evaluate` run there, and stand alone.
 */
import type { Page } from 'playwright-core';

/** Elements that reach past the right edge, and whether the page can be scrolled sideways. */
export function overflowing(page: Page): Promise<readonly string[]> {
  return page.locator('html').evaluate((html) => {
    const found: string[] = [];
    if (html.scrollWidth > html.clientWidth) found.push(`page: ${html.scrollWidth} > ${html.clientWidth}`);
    for (const element of html.querySelectorAll('body *')) {
      // What only screen readers have is clipped.
      if (element.closest('.unseen') !== null) continue;
      const { right } = element.getBoundingClientRect();
      if (right > html.clientWidth + 0.5) found.push(`${element.outerHTML.slice(0, 80)}: ${right}`);
    }
    return found;
  });
}

export interface Coloured {
  readonly text: string;
  /** of WCAG 2.2, from 1 to 21 */
  readonly contrast: number;
  /** whether the text is the lighter one of the two */
  readonly lighter: boolean;
}

/** The contrast of every text that is seen, against the nearest background that is not transparent. */
export function contrasts(page: Page): Promise<readonly Coloured[]> {
  return page.locator('html').evaluate((html) => {
    const { getComputedStyle, NodeFilter } = html.ownerDocument.defaultView;
    const channels = (color: string): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
        const c = value / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const walker = html.ownerDocument.createTreeWalker(html.querySelector('body'), NodeFilter.SHOW_TEXT);
    const found: { text: string; contrast: number; lighter: boolean }[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text: string = node.data.trim();
      if (text === '' || node.parentElement.closest('.unseen') !== null) continue;
      let behind = node.parentElement;
      while (behind !== html && channels(getComputedStyle(behind).backgroundColor)[3] === 0) {
        behind = behind.parentElement;
      }
      const front = luminance(getComputedStyle(node.parentElement).color) + 0.05;
      const back = luminance(getComputedStyle(behind).backgroundColor) + 0.05;
      found.push({ text, contrast: Math.max(front / back, back / front), lighter: front > back });
    }
    return found;
  });
}

export interface Focused {
  /** as written in the page */
  readonly href: string;
  /** pixels; 0: no outline */
  readonly outline: number;
  /** whether it lies inside of the window */
  readonly inView: boolean;
}

/** Presses Tab as often as there are links. @returns what had the focus, in turn */
export async function tabThrough(page: Page): Promise<readonly Focused[]> {
  const stops: Focused[] = [];
  const number = await page.locator('a').count();
  for (let n = 0; n < number; n += 1) {
    await page.keyboard.press('Tab');
    stops.push(
      await page.locator(':focus').evaluate((element) => {
        const { getComputedStyle, innerHeight } = element.ownerDocument.defaultView;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const { top, bottom } = element.getBoundingClientRect();
        return {
          href: element.getAttribute('href'),
          outline: outlineStyle === 'solid' ? Number.parseFloat(outlineWidth) : 0,
          inView: bottom > 0 && top < innerHeight,
        };
      }),
    );
  }
  return stops;
}

/** Names of all elements and attributes of a page, as the browser took them. */
export function vocabulary(page: Page): Promise<readonly string[]> {
  return page.locator('html').evaluate((html) => {
    const words = new Set<string>();
    for (const element of [html, ...html.querySelectorAll('*')]) {
      words.add(element.localName);
      for (const { name } of element.attributes) words.add(`@${name}`);
    }
    return [...words].sort();
  });
}

/**
 * What all pages share: the document around them, the way down to them, and how a name, a size and a moment stand in it.
 *
 * Everything goes through ghtml, which escapes text and quoted attributes; `!${…}` takes what is HTML already. Its
 * templates are raw: a backslash in them stays one.
 */
import { html } from 'ghtml';
import { encodeText } from '../../formats/url.js';
import type { TreePath } from '../../model.js';
import { style } from './style.js';
import { count, moment, size, visible } from './text.js';

/** What the base of the tree is called. */
export const rootName = 'Downloads';

export interface Document {
  /** plain text */
  readonly title: string;
  /** HTML: navigation above the content; '' for none */
  readonly above: string;
  /** HTML, with the heading of the page */
  readonly main: string;
  /** HTML; '' for none */
  readonly footer: string;
}

export function documentOf({ title, above, main, footer }: Document): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>!${style}</style>
</head>
<body>
!${lines(above, `<main>\n${main}\n</main>`, footer === '' ? '' : `<footer>\n${footer}\n</footer>`)}
</body>
</html>
`;
}

/** Pieces of HTML under each other; empty ones are left out. */
export function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}

/** A name of the tree: visible whatever it holds, and without a say in the direction of the text around it. */
export function nameHtml(name: string): string {
  return html`<bdi>${visible(name)}</bdi>`;
}

/** The path of a link to what lies beside the page: `./` keeps a name with a colon from being a scheme. */
export function beside(name: string): string {
  return `./${encodeText(name)}`;
}

/** For people, with the exact number for programs and under the pointer. @param n bytes */
export function sizeHtml(n: number): string {
  return html`<data value="${n}" title="${count(n)} bytes">${size(n)}</data>`;
}

/** In UTC, to the minute; '' where the year has not four digits. @param seconds whole seconds since 1970 */
export function minuteHtml(seconds: number): string {
  const found = moment(seconds);
  if (found === null) return '';
  return html`<time datetime="${found.machine}">${found.day} ${found.clock.slice(0, 5)}</time>`;
}

/**
 * The way from the root to the page, which itself is named by its heading. Links are relative, so the tree may lie
 * below any prefix.
 *
 * @param directory the one that the page lies in
 * @param isListing the page is the listing of that directory, and lists no link to itself
 */
export function breadcrumbs(directory: TreePath, isListing: boolean): string {
  const names = directory === '' ? [] : directory.split('/');
  const all = [rootName, ...names].map((text, level) => {
    const up = names.length - level;
    return { label: level === 0 ? rootName : nameHtml(text), href: up === 0 ? './' : '../'.repeat(up) };
  });
  const links = isListing ? all.slice(0, -1) : all;
  if (links.length === 0) return '';
  return lines(
    '<nav class="path" aria-label="Breadcrumbs">',
    '<ol>',
    ...links.map(({ label, href }) => html`<li><a href="${href}">!${label}</a></li>`),
    '</ol>',
    '</nav>',
  );
}

/**
 * The listing of a directory, or a page of it.
 *
 * On a phone its rows are no longer laid out as a table; the roles are written down because browsers forget them then.
 */
import { html } from 'ghtml';
import type { TreePath } from '../../model.js';
import {
  beside,
  breadcrumbs,
  documentOf,
  lines,
  minuteHtml,
  nameHtml,
  rootName,
  sizeHtml,
} from './layout.js';
import { count, counted, visible } from './text.js';

export interface ListingEntry {
  readonly name: string;
  readonly kind: 'directory' | 'file';
  /** bytes; null for directories */
  readonly size: number | null;
  /** whole seconds since 1970 */
  readonly mtime: number;
  /** whether there is a current record, and so a details page */
  readonly described: boolean;
}

export interface ListingPage {
  readonly path: TreePath;
  /** those of this page, in order */
  readonly entries: readonly ListingEntry[];
  /** from 1 */
  readonly page: number;
  /** how many pages the directory has; other pages are `?page=<n>` */
  readonly pages: number;
  /** entries of all pages */
  readonly total: number;
}

export function listingPage(listing: ListingPage): string {
  const { path, entries, page, pages } = listing;
  const part = pages > 1 ? `, page ${count(page)} of ${count(pages)}` : '';
  const parts = path === '' ? [] : path.split('/');
  return documentOf({
    title: `${path === '' ? rootName : `${visible(path)}/`}${part}`,
    above: breadcrumbs(path, true),
    main: lines(
      '<header>',
      `<h1>${parts.length === 0 ? rootName : nameHtml(parts.at(-1) ?? '')}</h1>`,
      html`<p>${entriesInWords(listing)}</p>`,
      '</header>',
      entries.length === 0 ? '' : table(entries),
      pages > 1 ? pager(page, pages) : '',
    ),
    footer: '<p>Dates are in UTC. 1 KiB is 1,024 bytes.</p>',
  });
}

function entriesInWords({ total, page, pages }: ListingPage): string {
  if (total === 0) return 'This directory is empty.';
  const all = counted(total, 'entry', 'entries');
  return pages > 1 ? `${all}, page ${count(page)} of ${count(pages)}` : all;
}

function table(entries: readonly ListingEntry[]): string {
  return lines(
    '<div class="list">',
    '<table role="table">',
    '<caption class="unseen">Files and directories</caption>',
    '<thead role="rowgroup">',
    '<tr role="row">',
    '<th role="columnheader" scope="col">Name</th>',
    '<th role="columnheader" scope="col" class="size">Size</th>',
    '<th role="columnheader" scope="col" class="date">Modified</th>',
    '<th role="columnheader" scope="col" class="more">Details</th>',
    '</tr>',
    '</thead>',
    '<tbody role="rowgroup">',
    ...entries.map(row),
    '</tbody>',
    '</table>',
    '</div>',
  );
}

function row(entry: ListingEntry): string {
  const isDirectory = entry.kind === 'directory';
  const slash = isDirectory ? '/' : '';
  return lines(
    `<tr role="row" class="${entry.kind}">`,
    html`<th role="rowheader" scope="row"><a href="${beside(entry.name)}${slash}">!${nameHtml(entry.name)}${slash}</a></th>`,
    `<td role="cell" class="size">${entry.size === null ? '' : sizeHtml(entry.size)}</td>`,
    `<td role="cell" class="date">${minuteHtml(entry.mtime)}</td>`,
    `<td role="cell" class="more">${entry.described ? details(entry.name) : ''}</td>`,
    '</tr>',
  );
}

function details(name: string): string {
  return html`<a href="${beside(name)}.mirrorlist">Details<span class="unseen"> of !${nameHtml(name)}</span></a>`;
}

function pager(page: number, pages: number): string {
  return lines(
    '<nav class="pages" aria-label="Pages">',
    page > 1 ? html`<a rel="prev" href="${hrefOf(page - 1)}">Previous page</a>` : '',
    html`<span>Page ${count(page)} of ${count(pages)}</span>`,
    page < pages ? html`<a rel="next" href="${hrefOf(page + 1)}">Next page</a>` : '',
    '</nav>',
  );
}

/** Of another page of the same directory. */
function hrefOf(page: number): string {
  return page === 1 ? './' : `?page=${page}`;
}

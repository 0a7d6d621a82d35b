/**
 * The answer that is a page of a directory's listing.
 */
import type { VisibleEntry } from '../files/visible-listing.js';
import type { Answer, Asked } from './answer.js';
import { madeAnswer } from './made-answer.js';
import { listingPage, pageHeaders } from './pages/index.js';
import type { Records } from './records.js';

const entriesOfPage = 1000;

/** Null: there is no such page. */
export function listingAnswer(
  asked: Asked,
  entries: readonly VisibleEntry[],
  records: Records,
): Answer | null {
  const { page, path } = asked.target;
  const pages = Math.max(1, Math.ceil(entries.length / entriesOfPage));
  if (page > pages) return null;
  const shown = entries.slice((page - 1) * entriesOfPage, page * entriesOfPage);
  const bytes = listingPage({
    path,
    entries: shown.map(({ name, kind, path: own, size, mtime }) => ({
      name,
      kind,
      mtime,
      size: kind === 'directory' ? null : size,
      described: kind === 'file' && records.glance(own, { size, mtime }) !== null,
    })),
    page,
    pages,
    total: entries.length,
  });
  return madeAnswer(asked, {
    kind: 'directory',
    bytes,
    headers: pageHeaders,
    mtime: null,
    isPersonal: false,
  });
}

/**
 * Pages for people, as whole HTML documents: no script, one stylesheet inside, nothing loaded from anywhere.
 *
 * Pure: the same facts give the same bytes. Links are relative, so a page fits wherever it is served: a listing at the
 * path of its directory with `/` at the end, details beside their file. Only an error page links to `/`.
 */

export { type DetailsMirror, type DetailsPage, detailsPage } from './details.js';
export { errorPage } from './error.js';
export { type ListingEntry, type ListingPage, listingPage } from './listing.js';
export { pageHeaders } from './style.js';

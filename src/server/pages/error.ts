/**
 * A page for an answer that is not what was asked for. It says what it is told and nothing of its own about the request.
 */
import { STATUS_CODES } from 'node:http';
import { html } from 'ghtml';
import { documentOf, lines, rootName } from './layout.js';
import { visible } from './text.js';

/** @param message plain text: what happened, and what can be done about it */
export function errorPage(status: number, message: string): string {
  const title = STATUS_CODES[status] ?? 'Error';
  return documentOf({
    title: `${title} (${status})`,
    above: '',
    main: lines(
      '<div class="error">',
      html`<p class="status">Error ${status}</p>`,
      html`<h1>${title}</h1>`,
      html`<p><bdi>${visible(message)}</bdi></p>`,
      html`<p><a href="/">Go to ${rootName}</a></p>`,
      '</div>',
    ),
    footer: '',
  });
}

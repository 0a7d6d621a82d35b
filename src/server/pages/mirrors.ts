/**
 * The mirrors that have a file, in groups by how near they are.
 */
import { html } from 'ghtml';
import type { Nearness } from '../../mirror-choice.js';
import { lines, nameHtml } from './layout.js';
import { visible } from './text.js';

export interface DetailsMirror {
  readonly identifier: string;
  /** of the file there */
  readonly url: string;
  readonly country: string;
  readonly region: string;
  readonly nearness: Nearness;
}

const groups: readonly { readonly nearness: Nearness; readonly heading: string }[] = [
  { nearness: 'country', heading: 'In your country' },
  { nearness: 'region', heading: 'In your region' },
  { nearness: 'world', heading: 'Elsewhere' },
];

export function mirrorsSection(mirrors: readonly DetailsMirror[]): string {
  return lines(
    '<section class="card" aria-labelledby="mirrors">',
    '<h2 id="mirrors">Mirrors</h2>',
    mirrors.length === 0 ? '<p>No mirror has this file: it comes from this server.</p>' : grouped(mirrors),
    '</section>',
  );
}

function grouped(mirrors: readonly DetailsMirror[]): string {
  const near = mirrors.some(({ nearness }) => nearness !== 'world');
  return lines(
    ...groups.flatMap(({ nearness, heading }) => {
      const found = mirrors.filter((mirror) => mirror.nearness === nearness);
      if (found.length === 0) return [];
      return [near ? `<h3>${heading}</h3>` : '', '<ul class="mirrors">', ...found.map(item), '</ul>'];
    }),
  );
}

function item({ identifier, url, country }: DetailsMirror): string {
  const place = country === '' ? '' : html` <span class="place">${visible(country.toUpperCase())}</span>`;
  // A database that others write may hold anything: what is no address of the web is no link.
  const link = /^https?:\/\//i.test(url)
    ? html`<a href="${url}">!${nameHtml(identifier)}</a>`
    : nameHtml(identifier);
  return `<li>${link}${place}</li>`;
}

/**
 * What is known of one file: how to get it, its sums, how to check it, and the mirrors that have it.
 */
import { html } from 'ghtml';
import type { ArtifactName } from '../../formats/artifacts.js';
import { nameOf } from '../../formats/names.js';
import type { Published } from '../../model.js';
import { signatureName, split } from '../../paths.js';
import { beside, breadcrumbs, documentOf, lines, nameHtml } from './layout.js';
import type { DetailsMirror } from './mirrors.js';
import { mirrorsSection } from './mirrors.js';
import { gpgCommand, sha256Command } from './shell.js';
import { sumsSection } from './sums.js';
import { count, counted, moment, size, visible } from './text.js';

export type { DetailsMirror } from './mirrors.js';

export interface DetailsPage {
  /** the large sums may be empty: they are not shown */
  readonly file: Published;
  /** those that this file has */
  readonly artifacts: readonly ArtifactName[];
  /** whether `NAME.asc` lies beside it and everybody may see it */
  readonly hasSignatureFile: boolean;
  readonly magnet: string;
  /** nearest first */
  readonly mirrors: readonly DetailsMirror[];
}

export function detailsPage(page: DetailsPage): string {
  const { file } = page;
  const { directory, name } = split(file.path);
  return documentOf({
    title: `${visible(name)}: details`,
    above: breadcrumbs(directory, false),
    main: lines(
      '<header>',
      `<h1>${nameHtml(name)}</h1>`,
      '</header>',
      downloadSection(page),
      sumsSection(file, page.artifacts),
      verifySection(page),
      mirrorsSection(page.mirrors),
    ),
    footer: '',
  });
}

function downloadSection(page: DetailsPage): string {
  const { file } = page;
  const name = nameOf(file.path);
  return lines(
    '<section class="card" aria-labelledby="download">',
    '<h2 id="download" class="unseen">Download</h2>',
    html`<p><a class="button" href="${beside(name)}">Download<span class="unseen"> !${nameHtml(name)}</span> <span>${size(file.size)}</span></a></p>`,
    '<dl class="facts">',
    html`<div><dt>Size</dt><dd>${size(file.size)} (${counted(file.size, 'byte')})</dd></div>`,
    modified(file),
    pieces(file),
    '</dl>',
    '</section>',
    waysSection(page),
  );
}

function modified({ mtime }: Published): string {
  const found = moment(mtime);
  if (found === null) return '';
  return html`<div><dt>Modified</dt><dd><time datetime="${found.machine}">${found.day} ${found.clock}</time> UTC</dd></div>`;
}

function pieces({ size: total, pieces: { length } }: Published): string {
  if (total === 0 || length === 0) return '';
  const number = count(Math.ceil(total / length));
  return html`<div><dt>Pieces</dt><dd>${number} of ${size(length)} (${counted(length, 'byte')})</dd></div>`;
}

/** What is what for; the magnet link has two forms. */
const ways: readonly {
  readonly kind: ArtifactName | 'link';
  readonly label: string;
  readonly purpose: string;
}[] = [
  { kind: 'torrent', label: 'Torrent', purpose: 'for BitTorrent clients' },
  { kind: 'link', label: 'Magnet link', purpose: 'opens a BitTorrent client' },
  { kind: 'magnet', label: 'Magnet, as text', purpose: 'the same link, to copy into another program' },
  {
    kind: 'meta4',
    label: 'Metalink',
    purpose: 'for aria2 and other download managers: several mirrors at once, every piece checked',
  },
  { kind: 'metalink', label: 'Metalink 3', purpose: 'the same, for older ones' },
  { kind: 'zsync', label: 'zsync', purpose: 'fetches only what an older copy of yours lacks' },
];

function waysSection({ file, artifacts, magnet }: DetailsPage): string {
  const beginning = beside(nameOf(file.path));
  return lines(
    '<section class="card" aria-labelledby="ways">',
    '<h2 id="ways">Other ways to get it</h2>',
    '<ul class="ways">',
    ...ways.map(({ kind, label, purpose }) => {
      if (kind !== 'link' && !artifacts.includes(kind)) return '';
      const href = kind === 'link' ? magnet : `${beginning}.${kind}`;
      return html`<li><a href="${href}">${label}</a> <span class="quiet">${purpose}</span></li>`;
    }),
    '</ul>',
    '</section>',
  );
}

function verifySection({ file, hasSignatureFile }: DetailsPage): string {
  return lines(
    '<section class="card" aria-labelledby="verify">',
    '<h2 id="verify">Check your download</h2>',
    '<p>In the directory where you saved it:</p>',
    html`<pre><code>${sha256Command(file)}</code></pre>`,
    '<p class="quiet">Or compare the SHA-256 above with what <code>shasum -a 256</code> (macOS) or <code>Get-FileHash</code> (Windows) prints.</p>',
    hasSignatureFile ? signature(file) : '',
    '</section>',
  );
}

function signature(file: Published): string {
  const name = nameOf(file.path);
  const command = gpgCommand(file);
  return lines(
    html`<p>With its <a href="${beside(signatureName(name))}">signature<span class="unseen"> of !${nameHtml(name)}</span></a> beside it, and the key of its publisher:</p>`,
    command === null ? '' : html`<pre><code>${command}</code></pre>`,
  );
}

/**
 * What is known of one file: how to get it, its sums, how to check it, and the mirrors that have it.
 */
import { html } from 'ghtml';
import type { ArtifactName } from '../../formats/artifacts.js';
import { nameOf } from '../../formats/names.js';
import type { Published } from '../../model.js';
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
  const name = nameOf(file.path);
  const directory = file.path.slice(0, -name.length).replace(/\/$/, '');
  return documentOf({
    title: `${visible(name)}: details`,
    above: breadcrumbs(directory, name),
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
    html`<p><a class="button" href="${beside(name)}">Download<span class="unseen"> !${nameHtml(name)}</span> <span class="size">${size(file.size)}</span></a></p>`,
    '<dl class="facts">',
    html`<div><dt>Size</dt><dd>${size(file.size)} (${counted(file.size, 'byte')})</dd></div>`,
    modified(file),
    file.size === 0
      ? ''
      : html`<div><dt>Pieces</dt><dd>${count(Math.ceil(file.size / file.pieces.length))} of ${size(file.pieces.length)} (${counted(file.pieces.length, 'byte')})</dd></div>`,
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

interface Way {
  readonly suffix: ArtifactName;
  readonly label: string;
  readonly purpose: string;
}

const ways: readonly Way[] = [
  { suffix: 'torrent', label: 'Torrent', purpose: 'for BitTorrent clients; mirrors seed it too' },
  {
    suffix: 'meta4',
    label: 'Metalink',
    purpose: 'for aria2 and others: many mirrors at once, every piece checked',
  },
  { suffix: 'metalink', label: 'Metalink, version 3', purpose: 'for older clients' },
  { suffix: 'zsync', label: 'zsync', purpose: 'fetches only what an older copy of yours lacks' },
  { suffix: 'magnet', label: 'Magnet link as text', purpose: 'to copy into another program' },
];

function waysSection({ file, artifacts, magnet, hasSignatureFile }: DetailsPage): string {
  const name = nameOf(file.path);
  const link = (href: string, label: string, purpose: string) =>
    html`<li><a href="${href}">${label}</a> <span class="quiet">${purpose}</span></li>`;
  return lines(
    '<section class="card" aria-labelledby="ways">',
    '<h2 id="ways">Other ways to get it</h2>',
    '<ul class="ways">',
    link(magnet, 'Magnet link', 'opens a BitTorrent client without a torrent file'),
    ...ways
      .filter(({ suffix }) => artifacts.includes(suffix))
      .map(({ suffix, label, purpose }) => link(`${beside(name)}.${suffix}`, label, purpose)),
    hasSignatureFile
      ? link(`${beside(name)}.asc`, 'Signature', 'by OpenPGP: tells who published the file')
      : '',
    '</ul>',
    '</section>',
  );
}

function verifySection({ file, hasSignatureFile }: DetailsPage): string {
  const gpg = hasSignatureFile ? gpgCommand(file) : null;
  return lines(
    '<section class="card" aria-labelledby="verify">',
    '<h2 id="verify">Check your download</h2>',
    '<p>In the directory where you saved it:</p>',
    html`<pre><code>${sha256Command(file)}</code></pre>`,
    gpg === null
      ? ''
      : html`<p>And its signature, with the publisher’s key:</p>
<pre><code>${gpg}</code></pre>`,
    '</section>',
  );
}

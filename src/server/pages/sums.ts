/**
 * The sums of a file, to copy and to compare.
 */
import { html } from 'ghtml';
import type { ArtifactName } from '../../formats/artifacts.js';
import { hex } from '../../formats/hex.js';
import { nameOf } from '../../formats/names.js';
import type { Published } from '../../model.js';
import { beside, lines, nameHtml } from './layout.js';

interface Sum {
  readonly suffix: ArtifactName;
  readonly label: string;
  readonly digestOf: (file: Published) => Uint8Array;
}

/** The one to rely on first. */
const sums: readonly Sum[] = [
  { suffix: 'sha256', label: 'SHA-256', digestOf: (file) => file.sha256 },
  { suffix: 'sha1', label: 'SHA-1', digestOf: (file) => file.sha1 },
  { suffix: 'md5', label: 'MD5', digestOf: (file) => file.md5 },
  { suffix: 'btih', label: 'BitTorrent infohash', digestOf: (file) => file.btih },
];

export function sumsSection(file: Published, artifacts: readonly ArtifactName[]): string {
  const name = nameOf(file.path);
  return lines(
    '<section class="card" aria-labelledby="sums">',
    '<h2 id="sums">Checksums</h2>',
    '<dl class="sums">',
    ...sums.map(({ suffix, label, digestOf }) =>
      lines(
        html`<div><dt>${label}</dt>`,
        html`<dd><code>${hex(digestOf(file))}</code></dd>`,
        artifacts.includes(suffix)
          ? html`<dd class="more"><a href="${beside(name)}.${suffix}">.${suffix} file<span class="unseen"> of !${nameHtml(name)}</span></a></dd>`
          : '',
        '</div>',
      ),
    ),
    '</dl>',
    '</section>',
  );
}

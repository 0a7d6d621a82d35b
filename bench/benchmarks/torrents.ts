/**
 * mktorrent as a contestant: it does not overwrite, so each run begins with an empty directory for what it makes.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant, Site } from '../benchmark.js';
import { eachFile, mktorrent, withFile } from '../programs.js';

export function torrentOfFile(site: Site, file: string): Contestant {
  const { place, before } = emptied(site);
  const command = withFile(mktorrent(site.cores, join(place, 'one.torrent')), file);
  return {
    who: 'mktorrent',
    does: 'pieces; a thread a core',
    needs: ['mktorrent'],
    before,
    run: () => site.measure([[command]]),
  };
}

export function torrentOfEachFile(site: Site, tree: string): Contestant {
  const { place, before } = emptied(site);
  const command = { ...eachFile(tree, mktorrent(1, null), site.cores, 1), directory: place };
  return {
    who: `mktorrent, xargs -P ${site.cores}`,
    does: 'pieces',
    needs: ['mktorrent', 'find', 'xargs'],
    before,
    run: () => site.measure([[command]]),
  };
}

function emptied(site: Site): { readonly place: string; readonly before: () => void } {
  const place = join(site.directory, 'torrents');
  const before = (): void => {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
  };
  return { place, before };
}

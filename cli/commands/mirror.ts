/**
 * `mirrorhash mirror add|list|remove|enable|disable`: the mirrors of an embedded redirector database.
 */
import type { Context } from '../context.js';
import { status } from '../exit-status.js';
import { atDesk, countedMirrors, filesBelow, mirrorJson, mirrorTable, statusOfEdit } from '../mirror-desk.js';
import { type CommonOptions, type MirrorOptions, mirrorFrom } from '../options.js';
import { counted } from '../text.js';

export async function addMirror(
  [directory, identifier, url]: readonly [string, string, string],
  options: MirrorOptions,
  context: Context,
): Promise<number> {
  const mirror = mirrorFrom(identifier, url, options);
  return atDesk({ directory, purpose: 'writing', options, context }, async ({ mirrors, below, say }) => {
    const done = mirrors.add(mirror, options.replace ? 'replace' : 'refuse');
    const edited = options.allFiles
      ? await mirrors.setFiles(identifier, below, () => true, context.signal)
      : null;
    const what = `${done} ${identifier} (${mirror.baseurl})`;
    const hint = `say which files it has: mirrorhash mirror files <dir> ${identifier} --all`;
    if (edited !== null) say(`${what}; it has ${filesBelow(edited.seen, below)}`);
    else say(what, done === 'added' ? hint : undefined);
    if (options.json) {
      for (const row of countedMirrors(mirrors, [identifier])) context.stdout.write(mirrorJson(row));
    }
    return edited === null ? status.done : statusOfEdit(edited, context);
  });
}

export async function listMirrors(
  directory: string,
  options: CommonOptions,
  context: Context,
): Promise<number> {
  return atDesk({ directory, purpose: 'reading', options, context }, async ({ mirrors, say }) => {
    const rows = countedMirrors(mirrors, null);
    if (options.json) for (const row of rows) context.stdout.write(mirrorJson(row));
    else if (rows.length > 0) context.stdout.write(mirrorTable(rows));
    else say('there are no mirrors', 'mirrorhash mirror add --help tells how to add one');
    return status.done;
  });
}

type Named = readonly [directory: string, identifiers: readonly string[]];

export async function removeMirrors(
  [directory, identifiers]: Named,
  options: CommonOptions,
  context: Context,
): Promise<number> {
  return atDesk({ directory, purpose: 'writing', options, context }, async ({ mirrors, say }) => {
    const before = options.json ? countedMirrors(mirrors, identifiers) : [];
    const edited = await mirrors.remove(identifiers, context.signal);
    if (context.signal.aborted) return status.done;
    say(`removed ${namesOf(identifiers)} from ${counted(edited.changed, 'file')}`);
    for (const row of before) context.stdout.write(mirrorJson(row));
    return statusOfEdit(edited, context);
  });
}

export const enableMirrors = switcher(true);
export const disableMirrors = switcher(false);

function switcher(enabled: boolean) {
  return async ([directory, identifiers]: Named, options: CommonOptions, context: Context): Promise<number> =>
    atDesk({ directory, purpose: 'writing', options, context }, async ({ mirrors, say }) => {
      mirrors.enable(identifiers, enabled);
      say(`${enabled ? 'enabled' : 'disabled'} ${namesOf(identifiers)}`);
      if (options.json) {
        for (const row of countedMirrors(mirrors, identifiers)) context.stdout.write(mirrorJson(row));
      }
      return status.done;
    });
}

function namesOf(identifiers: readonly string[]): string {
  return [...new Set(identifiers)].join(', ');
}

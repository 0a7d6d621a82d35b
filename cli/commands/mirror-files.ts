/**
 * `mirrorhash mirror files`: says which files a mirror has.
 */
import { MirrorhashError, type TreePath } from '../../src/index.js';
import type { Context } from '../context.js';
import { parsePathList } from '../files-from.js';
import { listRoot, placeListed, readList } from '../listed-paths.js';
import { atDesk, countedMirrors, type Desk, filesBelow, mirrorJson, statusOfEdit } from '../mirror-desk.js';
import type { CommonOptions } from '../options.js';
import { count, counted } from '../text.js';

export interface MirrorFilesOptions extends CommonOptions {
  readonly all?: true;
  readonly none?: true;
  readonly filesFrom?: string;
}

/** What was said of a mirror's files. */
interface Said {
  readonly has: (path: TreePath) => boolean;
  /** how many files that makes, null: all there are */
  readonly files: number | null;
  /** of how many paths of a list nothing comes, null without a list */
  readonly left: { readonly directories: number; readonly unknown: number } | null;
}

export async function mirrorFiles(
  [directory, identifier]: readonly [string, string],
  options: MirrorFilesOptions,
  context: Context,
): Promise<number> {
  const { all, none, filesFrom, json } = options;
  if ([all, none, filesFrom].filter((given) => given !== undefined).length !== 1) {
    throw new MirrorhashError('USAGE', 'say which files it has: --all, --none or --files-from <file>', {
      hint: 'see mirrorhash mirror files --help',
    });
  }
  return atDesk({ directory, purpose: 'writing', options, context }, async (desk) => {
    const { mirrors, below } = desk;
    const said =
      filesFrom === undefined ? allOrNone(all) : await readFiles(directory, filesFrom, desk, context);
    const { seen, ...edited } = await mirrors.setFiles(identifier, below, said.has, context.signal);
    const files = said.files ?? seen - (edited.notUnderstood?.count ?? 0);
    desk.say(`${identifier} has ${count(files)} of ${filesBelow(seen, below)}${leftText(said)}`);
    if (json && !context.signal.aborted) {
      for (const row of countedMirrors(mirrors, [identifier])) {
        context.stdout.write(mirrorJson(row, said.left ?? {}));
      }
    }
    return statusOfEdit(edited, context);
  });
}

function allOrNone(all: true | undefined): Said {
  return { has: () => all ?? false, files: all ? null : 0, left: null };
}

/** Whoever keeps the mirror chooses names: none of them ends the command, and one outside the tree is just unknown. */
async function readFiles(
  directory: string,
  source: string,
  { mirrors, base, below }: Desk,
  context: Context,
): Promise<Said> {
  const root = listRoot(directory, context);
  const paths = new Set<TreePath>();
  let [directories, outside] = [0, 0];
  for (const { path: listed, directoryOnly, removed } of parsePathList(await readList(source, context))) {
    if (removed) continue;
    const { path } = placeListed(listed, root, base);
    if (path === null) outside += 1;
    else if (directoryOnly || path === '') directories += 1;
    else paths.add(path);
  }
  const found = mirrors.listed(paths, below);
  const left = { directories: directories + found.directories, unknown: outside + found.unknown };
  if (found.files === 0) throw nothingListed(left.unknown);
  return { has: (path) => paths.has(path), files: found.files, left };
}

/** A list that could not be fetched is empty, and one of another place has no path of ours: neither is meant. */
function nothingListed(unknown: number): MirrorhashError {
  const what = unknown === 0 ? 'the list has no files' : `none of ${counted(unknown, 'path')} is known here`;
  return new MirrorhashError('USAGE', `--files-from: ${what}; nothing was changed`, {
    hint: 'paths are relative to <dir>; if the mirror has no files, say --none',
  });
}

function leftText({ left }: Said): string {
  if (left === null) return '';
  const { directories, unknown } = left;
  const parts = [
    ...(unknown === 0 ? [] : [counted(unknown, 'unknown path')]),
    ...(directories === 0 ? [] : [counted(directories, 'directory', 'directories')]),
  ];
  return parts.length === 0 ? '' : `; of the list, left out: ${parts.join(', ')}`;
}

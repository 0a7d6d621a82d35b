/** What the model of the cache answers to all that can be asked (cache-view.ts), found in plain maps and texts. */
import type { TreePath } from '../../../src/model.js';
import type { CacheModel, Entry } from './cache-model.js';
import { enough, portions, type Questions, settingNames } from './cache-view.js';
import { around, isBelow, nameOf, sorted } from './paths.js';
import { digestsOf, freshnessText, glance, spelled } from './record-text.js';

interface Numbered {
  readonly sequence: number;
}

export function modelView(model: CacheModel, questions: Questions): object {
  const last = model.sequence;
  const position = model.positions.get(questions.target)?.sequence ?? 0;
  const changes = model.changes();
  const graves = model.graves();
  const behind = (sequence: number): number =>
    after(changes, sequence).length + after(graves, sequence).length;
  return {
    last,
    files: [...questions.paths].map((path) => fileView(path, model.files.get(path))),
    directories: [...questions.directories].map((path) => [path, ...directoryAnswers(model, path)]),
    changes: changes.map(({ sequence, record }) => [sequence, spelled(record)]),
    pending: numbers(after(changes, position)).slice(0, 3),
    portions: portions.map((portion) =>
      numbers(some(after(changes, last - portion.last), portion.most, portion.bytes)),
    ),
    latest: upTo(changes, last - 1).map(({ sequence, record }) => [sequence, spelled(glance(record))]),
    graves: [graves, after(graves, position).slice(0, 3), upTo(graves, last - 1)],
    behind: [0, position, last].map(behind),
    spread: sorted(model.files.keys()),
    settings: settingNames.map((name) => model.settings.get(name) ?? null),
    targets: sorted(model.positions.keys()).map((name) => ({ name, ...model.positions.get(name) })),
    refusals: sorted(model.refusals.keys()).map((path) => ({ ...model.refusals.get(path) })),
    problems: sorted(model.problems.keys()).map((path) => ({ ...model.problems.get(path) })),
  };
}

function after<T extends Numbered>(all: readonly T[], sequence: number): readonly T[] {
  return all.filter((each) => each.sequence > sequence).slice(0, enough);
}

/** The last three, the newest first. */
function upTo<T extends Numbered>(all: readonly T[], sequence: number): readonly T[] {
  const before = all.filter((each) => each.sequence <= sequence);
  return before.reverse().slice(0, 3);
}

function numbers(all: readonly Numbered[]): readonly number[] {
  return all.map(({ sequence }) => sequence);
}

/** As many as come at once: at most so many, and none after so many bytes of sums. */
function some(changes: readonly Entry[], most: number, bytes: number): readonly Entry[] {
  let held = 0;
  return changes.slice(0, most).filter(({ record }) => {
    const before = held;
    held += 16 + 20 + 32 + 20 + record.pieces.sha1.length + (record.zsync?.sums.length ?? 0);
    return before === 0 || before < bytes;
  });
}

function fileView(path: TreePath, entry: Entry | undefined): unknown[] {
  if (entry === undefined) return [path, 0, null, null, null, null, null, null];
  const { record, sequence } = entry;
  const [whole, short] = [spelled(record), spelled(glance(record))];
  return [path, sequence, whole, whole, short, null, { path, size: record.size }, null];
}

function directoryAnswers(model: CacheModel, directory: TreePath): unknown[] {
  const below = model.below(directory);
  const own = below.filter(([path]) => around(path)[0] === directory);
  const holding = new Set(below.map(([path]) => around(path)[0] ?? ''));
  const files = own.map(([path, entry]) => freshnessText(nameOf(path), freshnessOf(entry)));
  const bytes = below.reduce((sum, [, { record }]) => sum + record.size, 0);
  return [
    { files: files.sort(), subdirectories: childrenOf(directory, below) },
    { files: below.length, bytes },
    below.length,
    sorted(holding),
    below.map(([, { sequence }]) => sequence).sort((one, other) => one - other),
    own.map(([path, { record }]) => `${nameOf(path)} ${nameOf(path)} ${digestsOf(record)}`).sort(),
  ];
}

/** Names of the directories in one that hold files, at whatever depth. */
function childrenOf(directory: TreePath, below: readonly [TreePath, Entry][]): readonly string[] {
  const known = new Set(below.flatMap(([path]) => around(path)));
  const children = [...known].filter((path) => path !== '' && isBelow(path, directory));
  return children
    .filter((path) => around(path)[0] === directory)
    .map(nameOf)
    .sort();
}

function freshnessOf({ record, sequence, adopted }: Entry): Parameters<typeof freshnessText>[1] {
  const { size, mtimeNs, inode, pieces, zsync, signature } = record;
  const pieceLength = pieces.length;
  const zsyncBlockSize = zsync?.blockSize ?? null;
  return {
    ...{ sequence, size, mtimeNs, inode: String(inode), pieceLength, zsyncBlockSize, adopted },
    signature: signature === null ? null : { size: signature.size, mtimeNs: signature.mtimeNs },
  };
}

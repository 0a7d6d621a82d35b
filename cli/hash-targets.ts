/**
 * Which trees `hash` runs over, and what of each: from paths, lists of paths, and configured trees.
 */
import { type Config, MirrorhashError, presenceOf, type Wish } from '../src/index.js';
import type { Context } from './context.js';
import { type ListedPath, parsePathList } from './files-from.js';
import { type ListRoot, listRoot, placeListed, readList } from './listed-paths.js';
import { findExisting, type Locator, outside, type Target, type Tree } from './locate.js';
import type { HashOptions } from './options.js';

/** What one run is to look at. */
export interface HashTask {
  readonly tree: Tree;
  readonly wishes: Wish[];
  /** absolute paths that a list named and that are not there */
  readonly missing: string[];
}

export interface HashTasks {
  readonly tasks: readonly HashTask[];
  /** configured trees that cannot be found */
  readonly failures: readonly unknown[];
}

/** @throws MirrorhashError when a path, a tree or a list does not exist or is outside its base */
export async function hashTasks(
  paths: readonly string[],
  options: HashOptions,
  config: Config,
  locator: Locator,
  context: Context,
): Promise<HashTasks> {
  const tasks = new Tasks(locator);
  const failures: unknown[] = [];
  for (const tree of configuredTrees(options, config)) {
    try {
      tasks.ofTree(locator.configured(tree)).wishes.push({ kind: 'tree', path: '' });
    } catch (error) {
      // One that is not mounted does not keep the others waiting.
      failures.push(error);
    }
  }
  if (options.filesFrom !== undefined) await addListed(options.filesFrom, paths, options, tasks, context);
  else addNamed(paths, tasks, context);
  if (tasks.all.length > 1 && options.state !== undefined) {
    throw new MirrorhashError('USAGE', `--state: one state, but ${tasks.all.length} trees are to be hashed`, {
      hint: 'name one tree, or let each have the state of its own',
    });
  }
  if (tasks.all.length + failures.length > 0) return { tasks: tasks.all, failures };
  throw new MirrorhashError('USAGE', 'nothing to hash: name a directory or file, --all or --tree <name>', {
    hint: 'see mirrorhash hash --help',
  });
}

class Tasks {
  private readonly byBase = new Map<string, HashTask>();

  constructor(private readonly locator: Locator) {}

  get all(): readonly HashTask[] {
    return [...this.byBase.values()];
  }

  ofTree(tree: Tree): HashTask {
    const { base } = tree.place;
    const task = this.byBase.get(base) ?? { tree, wishes: [], missing: [] };
    this.byBase.set(base, task);
    return task;
  }

  /** @param kind null: only the tree is wanted */
  add(target: Target, kind: Wish['kind'] | null): HashTask {
    const { tree, path } = this.locator.treeOf(target);
    const task = this.ofTree(tree);
    if (kind !== null) task.wishes.push({ kind, path });
    return task;
  }
}

function addNamed(paths: readonly string[], tasks: Tasks, context: Context): void {
  const targets = paths.map((path) => findExisting(path, context));
  // The shortest first: a directory becomes the base of what lies below it.
  targets.sort((a, b) => a.path.length - b.path.length);
  for (const target of targets) {
    if (target.kind === 'special') {
      throw new MirrorhashError('USAGE', `${target.path} is not a regular file`, {
        hint: 'links and special files are not hashed; name the file that the link leads to',
      });
    }
    tasks.add(target, target.kind === 'directory' ? 'tree' : 'file');
  }
}

function configuredTrees(options: HashOptions, config: Config): Config['trees'] {
  if (options.all) {
    if (config.trees.length > 0) return config.trees;
    throw new MirrorhashError('USAGE', '--all: no trees are configured', {
      hint: 'write them into /etc/mirrorhash.toml, or name a file with --config <file>',
    });
  }
  return (options.tree ?? []).map((name) => {
    const found = config.trees.find((tree) => tree.name === name);
    if (found !== undefined) return found;
    const names = config.trees.map((tree) => tree.name).join(', ');
    throw new MirrorhashError('USAGE', `--tree: no tree ${JSON.stringify(name)} is configured`, {
      hint: names === '' ? 'name a configuration file with --config <file>' : `there are: ${names}`,
    });
  });
}

/**
 * Paths of a list are relative to the directory given, else to `--base`, else to the working directory, and that
 * directory's tree is theirs. Uploaders choose names: a link is not followed, and no name spoils the list.
 */
async function addListed(
  source: string,
  paths: readonly string[],
  options: HashOptions,
  tasks: Tasks,
  context: Context,
): Promise<void> {
  if (paths.length > 1) throw new MirrorhashError('USAGE', '--files-from takes one directory at most');
  const [given = options.base ?? '.'] = paths;
  const root = listRoot(given, context);
  const task = tasks.add({ path: root.real, kind: 'directory' }, null);
  for (const listed of parsePathList(await readList(source, context))) addOne(listed, root, task);
}

function addOne({ path: listed, directoryOnly, perhaps }: ListedPath, root: ListRoot, task: HashTask): void {
  const { base } = task.tree.place;
  const { absolute, path } = placeListed(listed, root, base);
  if (path === null && perhaps) return;
  if (path === null) throw outside(absolute, base);
  const presence = presenceOf(base, path);
  if (presence === 'nothing' && !perhaps) task.missing.push(listed);
  if (presence === 'directory') task.wishes.push({ kind: directoryOnly ? 'directory' : 'tree', path });
  // What is missing is looked for all the same: its record is to be forgotten.
  else task.wishes.push({ kind: 'file', path });
}

/**
 * From what was typed to trees: which base, which state, which settings.
 *
 * A path's tree is, in this order: the one that `--base` names, the one that `--state` remembers, the configured
 * tree that holds it, the one of an existing state that holds it, the directory itself.
 */
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type Config,
  type ConfiguredTree,
  coveringBase,
  type MirrorbrainPart,
  MirrorhashError,
  mergeSettings,
  peekState,
  readConfig,
  reasonOf,
  relativeTo,
  rememberedBase,
  type StatePlace,
  stateDirectoryOf,
  systemCode,
  type TreePath,
  type TreeSettings,
} from '../src/index.js';
import type { Context } from './context.js';
import { mirrorbrainLayer } from './mirrorbrain.js';
import type { CommonOptions, HashOptions } from './options.js';

export interface Tree {
  /** its name in the configuration, null for any other */
  readonly name: string | null;
  readonly place: StatePlace;
  /** what the configuration says of it */
  readonly settings: TreeSettings;
}

/** A path that was typed, found on the disk. */
export interface Target {
  /** absolute, without symbolic links but perhaps its last part */
  readonly path: string;
  /** `special`: a link (not to a directory), FIFO, socket or device */
  readonly kind: 'directory' | 'file' | 'special' | 'missing';
}

const systemConfig = '/etc/mirrorhash.toml';

/** To the system, an empty name is the working directory: an unset variable must not mean that. */
function refuseEmpty(name: 'base' | 'state' | 'config' | 'filesFrom', options: Partial<HashOptions>): void {
  if (options[name] !== '') return;
  throw new MirrorhashError('USAGE', `--${name === 'filesFrom' ? 'files-from' : name}: the path is empty`);
}

/**
 * The configuration that was named, else the system's, else an empty one; over each of its trees, what MirrorBrain's
 * configuration says.
 *
 * @param parts of MirrorBrain's configuration: what the command uses
 */
export async function loadConfig(
  options: CommonOptions,
  context: Context,
  parts: readonly MirrorbrainPart[] = ['redirector', 'pieceLength', 'zsync'],
): Promise<Config> {
  for (const name of ['base', 'state', 'config', 'filesFrom'] as const) refuseEmpty(name, options);
  const layer = await mirrorbrainLayer(options, parts, context);
  const { defaults, trees } = await namedConfig(options, context);
  if (layer === null) return { defaults, trees };
  return {
    defaults: mergeSettings(layer, defaults),
    trees: trees.map((tree) => ({ ...tree, settings: mergeSettings(layer, tree.settings) })),
  };
}

async function namedConfig(options: CommonOptions, context: Context): Promise<Config> {
  if (options.config !== undefined) return readConfig(resolve(context.cwd, options.config));
  if (existsSync(systemConfig)) return readConfig(systemConfig);
  return { defaults: {}, trees: [] };
}

/**
 * Looks a typed path up. A directory is resolved wholly; of a file only the directory, because a link is not its
 * target.
 */
export function findTarget(typed: string, cwd: string): Target {
  if (typed === '') throw new MirrorhashError('USAGE', 'a path is empty');
  const absolute = resolve(cwd, typed);
  try {
    if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
      return { path: realpathSync(absolute), kind: 'directory' };
    }
    const path = join(resolveExisting(dirname(absolute)), basename(absolute));
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { path, kind: 'missing' };
    return { path, kind: found.isFile() ? 'file' : 'special' };
  } catch (error) {
    throw new MirrorhashError('NO_SUCH_PATH', `cannot look at ${absolute}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** As `findTarget`, but the path must be there. */
export function findExisting(typed: string, context: Context): Target {
  const target = findTarget(typed, context.cwd);
  if (target.kind === 'missing') throw missing(target.path);
  return target;
}

export function outside(path: string, base: string): MirrorhashError {
  return new MirrorhashError('OUTSIDE_BASE', `${path} is not inside the base ${base}`, {
    hint: 'name the right base with --base <dir>',
  });
}

function missing(path: string): MirrorhashError {
  return new MirrorhashError('NO_SUCH_PATH', `no such file or directory: ${path}`, {
    hint: 'nothing was touched; check the path, and that its file system is mounted',
  });
}

/** A directory that was typed. */
export function findDirectory(typed: string, option: string, context: Context): string {
  const { path, kind } = findTarget(typed, context.cwd);
  if (kind === 'directory') return path;
  const what = kind === 'missing' ? 'does not exist' : 'is not a directory';
  throw new MirrorhashError('NO_SUCH_PATH', `${option}: ${path} ${what}`);
}

export class Locator {
  private readonly located = new Map<string, Tree>();

  constructor(
    private readonly config: Config,
    private readonly options: CommonOptions,
    private readonly context: Context,
  ) {}

  /** @throws MirrorhashError OUTSIDE_BASE */
  treeOf(target: Target): { readonly tree: Tree; readonly path: TreePath } {
    const base = this.baseOf(target);
    const path = relativeTo(base, target.path);
    if (path === null) throw outside(target.path, base);
    return { tree: this.treeAt(base), path };
  }

  configured(tree: ConfiguredTree): Tree {
    return this.treeAt(findDirectory(tree.base, `tree ${tree.name}`, this.context));
  }

  /**
   * Asks the cache of a tree.
   *
   * @throws MirrorhashError NO_STATE when the tree was never hashed
   */
  withCache<T>(tree: Tree, ask: (cache: NonNullable<ReturnType<typeof peekState>>) => T): T {
    const cache = peekState(tree.place);
    if (cache === null) throw this.noState(tree);
    try {
      return ask(cache);
    } finally {
      cache.close();
    }
  }

  noState({ place }: Tree): MirrorhashError {
    return new MirrorhashError(
      'NO_STATE',
      `nothing is known of ${place.base}: there is no state in ${place.directory}`,
      {
        hint: 'run mirrorhash hash on it first, or name its state with --state <dir>',
      },
    );
  }

  private baseOf(target: Target): string {
    const { base, state } = this.options;
    if (base !== undefined) return findDirectory(base, '--base', this.context);
    if (state !== undefined) {
      const remembered = this.rememberedBase(state);
      if (remembered !== null && relativeTo(remembered, target.path) === null) {
        throw new MirrorhashError(
          'BASE_MISMATCH',
          `the state ${state} belongs to the tree ${remembered}, which does not hold ${target.path}`,
          { hint: 'name another state with --state <dir>' },
        );
      }
      if (remembered !== null) return remembered;
    }
    const known = [...this.located.keys(), ...this.config.trees.map((tree) => realBase(tree))];
    const [nearest] = known.filter((candidate) => relativeTo(candidate, target.path) !== null).sort(byDepth);
    const ownDirectory = target.kind === 'directory' ? target.path : dirname(target.path);
    const covering = nearest ?? coveringBase(this.context.stateHome, ownDirectory);
    if (covering === null && target.kind === 'missing') throw missing(target.path);
    return covering ?? ownDirectory;
  }

  /** A state that cannot be read says why when it is opened. */
  private rememberedBase(state: string): string | null {
    try {
      return rememberedBase(resolve(this.context.cwd, state));
    } catch (error) {
      if (error instanceof MirrorhashError) return null;
      throw error;
    }
  }

  private treeAt(base: string): Tree {
    const before = this.located.get(base);
    if (before !== undefined) return before;
    const configured = this.config.trees.find((tree) => realBase(tree) === base);
    const { state } = this.options;
    const directory =
      state !== undefined
        ? resolve(this.context.cwd, state)
        : (configured?.state ?? stateDirectoryOf(this.context.stateHome, base));
    const tree = {
      name: configured?.name ?? null,
      place: { base, directory: stateDirectory(directory), named: directory },
      settings: configured?.settings ?? this.config.defaults,
    };
    this.located.set(base, tree);
    return tree;
  }
}

function stateDirectory(path: string): string {
  try {
    return resolveExisting(path);
  } catch (error) {
    throw new MirrorhashError(
      'STATE_UNUSABLE',
      `cannot use the state directory ${path}: ${reasonOf(error)}`,
      {
        hint: 'run this as the user who hashed the tree, or name another directory with --state <dir>',
        cause: error,
      },
    );
  }
}

/** Absolute, with the links of all parts that exist resolved. */
export function resolveExisting(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || path === dirname(path)) throw error;
    return join(resolveExisting(dirname(path)), basename(path));
  }
}

function realBase(tree: ConfiguredTree): string {
  return resolveExisting(tree.base);
}

/** The deepest first. */
function byDepth(a: string, b: string): number {
  return b.length - a.length;
}

/**
 * Pure: the settings of one tree, in layers (command line, configured tree, last used recipe, defaults),
 * and how layers become one. It parses nothing: values come in as quantities.ts and config.ts return them.
 */
import type { Recipe } from './model.js';
import type { Limit } from './quantities.js';
import { defaultRecipe } from './recipe.js';
import type { SelectionRules } from './selection.js';

/** Which part of the tree is looked at. */
export interface SelectionSettings extends SelectionRules {
  /** whether directories on other file systems than the base's are left out */
  readonly oneFileSystem: boolean;
}

/** Everything decided. Null means that the default depends on what only its user knows. */
export interface Settings {
  readonly recipe: Recipe;
  readonly selection: SelectionSettings;
  /** where records go, a password included; null: the database in the state */
  readonly redirector: string | null;
  /** how many files are read at once; null: the processors this process may use */
  readonly jobs: number | null;
  /** whether a new inode makes a file stale */
  readonly checkInode: boolean;
  /** how much one run may forget; null: half of the known files, unless that is 100 files or less */
  readonly maxDelete: Limit | null;
  /** bytes a second; null: no limit */
  readonly readLimit: number | null;
  /** whether skipped files and refused rows count as failed */
  readonly strict: boolean;
}

type Scalars = Omit<Settings, 'recipe' | 'selection'>;

/** One layer: what somebody said; absent means that they said nothing. Lists replace, they do not add up. */
export type TreeSettings = { readonly [Key in keyof Scalars]?: NonNullable<Scalars[Key]> } & {
  readonly recipe?: Partial<Recipe>;
  readonly selection?: Partial<SelectionSettings>;
};

export const defaultSettings: Settings = {
  recipe: defaultRecipe,
  selection: { include: [], exclude: [], defaultExcludes: true, oneFileSystem: false },
  redirector: null,
  jobs: null,
  checkInode: false,
  maxDelete: null,
  readLimit: null,
  strict: false,
};

/** The values that are not undefined: for layers built from things that may or may not have been said. */
export function given<T extends object>(
  values: { readonly [Key in keyof T]?: T[Key] | undefined },
): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Several layers as one: for each value, recipe and selection value by value, the first that has it. */
export function mergeSettings(...layers: readonly TreeSettings[]): TreeSettings {
  return {
    ...firstGiven(layers),
    recipe: firstGiven<Recipe>(layers.map((layer) => layer.recipe ?? {})),
    selection: firstGiven<SelectionSettings>(layers.map((layer) => layer.selection ?? {})),
  };
}

function firstGiven<T extends object>(layers: readonly Partial<T>[]): Partial<T> {
  // The last layer first, so that earlier ones write over it.
  return Object.assign({}, ...layers.map((layer) => given<T>(layer)).reverse());
}

/** The layers, the first wins, and below them the defaults. */
export function resolveSettings(...layers: readonly TreeSettings[]): Settings {
  const merged = mergeSettings(...layers);
  return {
    ...defaultSettings,
    ...merged,
    recipe: { ...defaultSettings.recipe, ...merged.recipe },
    selection: { ...defaultSettings.selection, ...merged.selection },
  };
}

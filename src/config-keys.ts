/**
 * Pure: the keys of a configured tree, what each may hold, and the settings that they mean.
 *
 * It knows nothing of TOML, lines or files (config.ts does). Every complaint reads on from the name of
 * the key, and that of the redirector does not repeat its value, which may hold a password.
 */
import { posix } from 'node:path';
import * as v from 'valibot';
import { MirrorhashError, messageOf } from './errors.js';
import type { Recipe } from './model.js';
import * as quantities from './quantities.js';
import { checkGlob } from './selection.js';
import { given, type SelectionSettings, type TreeSettings } from './settings.js';

/** A value that a parser of texts takes; whatever the parser throws is the complaint. */
function parsed<T>(parse: (text: string) => T, wanted: string) {
  return v.pipe(
    v.union([v.string(wanted), v.number(wanted)], wanted),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(String(dataset.value));
      } catch (error) {
        addIssue({ message: complaintOf(error) });
        return NEVER;
      }
    }),
  );
}

const size = 'must be a size: bytes, or a text such as "256K" or "4M"';
const sizeOrAuto = `${size}, or "auto"`;
const flag = v.boolean('must be true or false');
const directory = v.pipe(
  v.string('must be a text'),
  v.regex(/^\/[^\0]*$/, 'must be an absolute path'),
  v.transform((path) => posix.join(path).replace(/(?<=.)\/$/, '')),
);
const globs = v.array(
  v.pipe(
    v.string('must be a text'),
    v.rawCheck(({ dataset, addIssue }) => {
      try {
        if (dataset.typed) checkGlob(dataset.value);
      } catch (error) {
        addIssue({ message: complaintOf(error) });
      }
    }),
  ),
  'must be a list of globs, such as ["iso/**"]',
);

const settingEntries = {
  redirector: v.optional(
    v.pipe(
      v.string('must be a text'),
      v.regex(
        /^(sqlite:\/.+|postgres(ql)?:\/\/.+|none)$/s,
        'must be sqlite:/ABSOLUTE/FILE, postgres://… or none',
      ),
    ),
  ),
  jobs: v.optional(
    v.pipe(
      v.number('must be a whole number, without quotes'),
      v.safeInteger('must be a whole number'),
      v.minValue(1, `must be from 1 to ${quantities.mostJobs}`),
      v.maxValue(quantities.mostJobs, `must be from 1 to ${quantities.mostJobs}`),
    ),
  ),
  include: v.optional(globs),
  exclude: v.optional(globs),
  'default-excludes': v.optional(flag),
  'one-file-system': v.optional(flag),
  'piece-length': v.optional(parsed(quantities.parsePieceLength, sizeOrAuto)),
  zsync: v.optional(flag),
  'zsync-include': v.optional(globs),
  'zsync-block-size': v.optional(parsed(quantities.parseZsyncBlockSize, sizeOrAuto)),
  'zsync-max-size': v.optional(parsed(quantities.parseSize, size)),
  'check-inode': v.optional(flag),
  'max-delete': v.optional(parsed(quantities.parseLimit, 'must be a whole number or a text such as "50%"')),
  'read-limit': v.optional(parsed(quantities.parseRate, size)),
  strict: v.optional(flag),
};
export const defaultsSchema = v.object(settingEntries, 'must be a table of settings');
export const treeSchema = v.object(
  { base: directory, state: v.optional(directory), ...settingEntries },
  'must be a table of settings',
);

/** What a table says, as a layer of settings. */
export function settingsOf(table: v.InferOutput<typeof defaultsSchema>): TreeSettings {
  return given<TreeSettings>({
    redirector: table.redirector,
    jobs: table.jobs,
    checkInode: table['check-inode'],
    maxDelete: table['max-delete'],
    readLimit: table['read-limit'],
    strict: table.strict,
    recipe: given<Recipe>({
      pieceLength: table['piece-length'],
      zsync: table.zsync,
      zsyncInclude: table['zsync-include'],
      zsyncBlockSize: table['zsync-block-size'],
      zsyncMaxSize: table['zsync-max-size'],
    }),
    selection: given<SelectionSettings>({
      include: table.include,
      exclude: table.exclude,
      defaultExcludes: table['default-excludes'],
      oneFileSystem: table['one-file-system'],
    }),
  });
}

function complaintOf(error: unknown): string {
  const hint = error instanceof MirrorhashError ? error.hint : undefined;
  return `is wrong: ${messageOf(error)}${hint === undefined ? '' : ` (${hint})`}`;
}

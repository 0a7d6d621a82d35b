/**
 * A tree of which everything is known: what lies where, what the files hold, the finished records. So every stage of
 * the profile can be run alone.
 */
import type { Found } from '../../src/examine.js';
import { infohash } from '../../src/formats/infohash.js';
import type { FileRecord } from '../../src/model.js';
import { join } from '../../src/paths.js';
import { defaultRecipe, fileRecipe } from '../../src/recipe.js';
import { allSums, type Content, contentOf, walk } from './rooms.js';

export interface KnownFile extends Content {
  readonly record: FileRecord;
}

export interface KnownTree {
  readonly base: string;
  readonly directories: readonly Found[];
  readonly files: readonly KnownFile[];
  readonly bytes: number;
}

/** @param base absolute, without symbolic links */
export function knownTree(base: string): KnownTree {
  const directories = walk(base);
  const files = directories.flatMap((directory) =>
    directory.files.map((file) => knownFile(base, join(directory.path, file.name), file)),
  );
  return { base, directories, files, bytes: files.reduce((sum, { stat }) => sum + stat.size, 0) };
}

function knownFile(base: string, path: string, { name, stat }: Found['files'][number]): KnownFile {
  const { size, mtimeNs, inode } = stat;
  const recipe = fileRecipe(defaultRecipe, size, true);
  const content = contentOf(base, path);
  const sums = allSums({ stat, recipe, content });
  const btih = infohash({ name, size, sums });
  return {
    name,
    stat,
    recipe,
    content,
    record: { ...sums, btih, path, size, mtimeNs, inode, signature: null },
  };
}

/** What the list of exported files must know of one root, in plain maps, and all that can be asked of it. */
import type { ExportMemory, SettledDirectory, WrittenOutput } from '../../../src/export-manifest.js';
import type { TreePath } from '../../../src/model.js';
import type { Manifest } from '../../../src/store/manifest.js';
import type { OwnOutputs } from '../../../src/store/own-outputs.js';
import { byBytes, isBelow, sorted } from './paths.js';

/** What belongs to no directory. */
export const noDirectory: TreePath = '/';

interface Known extends Omit<SettledDirectory, 'written'> {
  readonly made: boolean;
  readonly written: ReadonlyMap<string, WrittenOutput>;
}

const unknown: Known = {
  ...{ files: 0, outputs: 0, leftAlone: 0, fingerprint: null, mtimeNs: null, infohashes: null },
  ...{ made: false, written: new Map() },
};

export class ManifestModel implements Pick<ExportMemory, 'begin' | 'claim' | 'claimDirectory' | 'settle'> {
  readonly known = new Map<TreePath, Known>();

  begin(path: TreePath): void {
    this.change(path, { fingerprint: null });
  }

  claim(path: TreePath, outputs: readonly WrittenOutput[]): void {
    const before = this.known.get(path)?.written ?? [];
    this.change(path, { written: new Map([...before, ...keyed(outputs)]) });
  }

  claimDirectory(path: TreePath): void {
    this.change(path, { made: true });
  }

  settle(path: TreePath, { written, ...about }: SettledDirectory): void {
    this.change(path, { ...about, written: keyed(written) });
    if (path !== noDirectory && this.known.has(noDirectory)) this.change(noDirectory, { fingerprint: null });
  }

  forget(paths: readonly TreePath[]): void {
    for (const path of paths) this.known.delete(path);
    for (const [path, { made, files, leftAlone, written }] of [...this.known]) {
      if (!made && files === 0 && leftAlone === 0 && written.size === 0) this.known.delete(path);
    }
  }

  private change(path: TreePath, changed: Partial<Known>): void {
    this.known.set(path, { ...(this.known.get(path) ?? unknown), ...changed });
  }
}

/** A version of an output is one entry, whatever it is made of. */
function keyed(outputs: readonly WrittenOutput[]): ReadonlyMap<string, WrittenOutput> {
  return new Map(outputs.map((each) => [`${each.name} ${each.size} ${each.mtimeNs}`, each]));
}

export function manifestView(
  manifest: Manifest,
  own: (path: TreePath) => OwnOutputs,
  paths: readonly TreePath[],
): object {
  return {
    directories: paths.map((path) => [path, manifest.directory(path)]),
    outputs: paths.map((path) =>
      [...manifest.outputs(path)].flatMap(([name, all]) => all.map((each) => lineOf(name, each))).sort(),
    ),
    own: paths.map((path) =>
      [...own(path)]
        .flatMap(([name, all]) => all.map((each) => `${name} ${each.size} ${each.mtimeNs}`))
        .sort(),
    ),
    below: paths.map((path) => [manifest.directories(path), manifest.fileCount(path)]),
    infohashes: [...manifest.infohashes()]
      .map(([path, bytes]) => `${path} ${Buffer.from(bytes).toString('hex')}`)
      .sort(),
    empty: manifest.emptyDirectories(),
  };
}

export function modelView({ known }: ManifestModel, paths: readonly TreePath[]): object {
  const own = (path: TreePath): readonly WrittenOutput[] => [...(known.get(path)?.written.values() ?? [])];
  const empty = [...known].filter(
    ([path, { made, written }]) => made && written.size === 0 && path !== '' && path !== noDirectory,
  );
  return {
    directories: paths.map((path) => [path, aboutOf(known.get(path))]),
    outputs: paths.map((path) =>
      own(path)
        .map((each) => lineOf(each.name, each))
        .sort(),
    ),
    // Who looks at the base sees what belongs to no directory, too: it lies there.
    own: paths.map((path) => {
      const both = path === '' ? [...own(''), ...own(noDirectory)] : own(path);
      return both.map(({ name, size, mtimeNs }) => `${name} ${size} ${mtimeNs}`).sort();
    }),
    below: paths.map((path) => {
      const within = [...known].filter(([each]) => each === path || isBelow(each, path));
      const files = within.reduce((sum, [, { files }]) => sum + files, 0);
      return [sorted(within.map(([each]) => each).filter((each) => each !== noDirectory)), files];
    }),
    infohashes: [...known]
      .flatMap(([path, { infohashes }]) =>
        infohashes === null ? [] : [`${path} ${Buffer.from(infohashes).toString('hex')}`],
      )
      .sort(),
    empty: empty
      .map(([path]) => path)
      .sort(byBytes)
      .reverse(),
  };
}

function aboutOf(known: Known | undefined): object | null {
  if (known === undefined) return null;
  const { files, outputs, leftAlone, fingerprint, mtimeNs } = known;
  return { files, outputs, leftAlone, fingerprint, mtimeNs };
}

function lineOf(name: string, { size, mtimeNs, madeOf, ...rest }: WrittenOutput): string {
  return [name, rest.name, size, mtimeNs, madeOf].join(' ');
}

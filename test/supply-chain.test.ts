/**
 * What comes from others: each package that is installed with mirrorhash is named in the README with what it is for and
 * the version that is locked; none but better-sqlite3 runs a program when it is installed; each has a sum in the lock
 * file. Known holes are looked for by `npm audit`, in .ci/run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest = read<Manifest>('package.json');
const { packages } = read<{ readonly packages: Readonly<Record<string, Locked>> }>('package-lock.json');

/** Where each package lies that is installed with mirrorhash, those that others need included. */
const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);

function read<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
}

function section(title: string): string {
  const [, text = ''] = readme.split(`\n## ${title}\n`);
  return text.split('\n## ')[0] ?? '';
}

test('each dependency stands in the README, at its version, with what it is for', () => {
  const rows = [
    ...section('Dependencies').matchAll(/^\| ([^|]+) \| ([\d.]+) \| ([\d-]{10}) \| (.{5,}) \|$/gm),
  ];
  const told = rows.map(([, name, version]) => `${name} ${version}`);
  const locked = Object.keys(manifest.dependencies).map(
    (name) => `${name} ${packages[`node_modules/${name}`]?.version}`,
  );
  expect(told).toEqual(locked.sort());
});

/** What the README calls those that are not called by their package's name. */
const calledOtherwise: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'Biome',
  assemblyscript: 'AssemblyScript',
  typescript: 'TypeScript',
};

test('so does each that is for development only', () => {
  const names = Object.keys(manifest.devDependencies).map((name) => calledOtherwise[name] ?? name);
  const text = section('Dependencies');
  const missing = names.filter(
    (name) => !text.includes(name.startsWith('@types/') ? 'type declarations' : name),
  );
  expect(missing).toEqual([]);
});

test('no package but better-sqlite3 runs a program when mirrorhash is installed', () => {
  const nameOf = (path: string): string =>
    path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const byLock = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => nameOf(path));
  expect(byLock).toEqual(['better-sqlite3']);

  // The lock file says what somebody wrote into it; this is what is there.
  const there = installed.filter(([path]) => existsSync(join(root, path)));
  const byDisk = there.filter(([path]) => runsWhenInstalled(path)).map(([path]) => nameOf(path));
  expect(byDisk).toEqual(['better-sqlite3']);
  const gone = installed.filter(([path, { optional }]) => optional !== true && !existsSync(join(root, path)));
  expect(gone).toEqual([]);
});

/** npm builds what has a `binding.gyp` and no script of its own, too. */
function runsWhenInstalled(path: string): boolean {
  const { scripts = {} } = read<Manifest>(`${path}/package.json`);
  const hooks = ['preinstall', 'install', 'postinstall'];
  return hooks.some((hook) => hook in scripts) || existsSync(join(root, path, 'binding.gyp'));
}

test('each package has a sum in the lock file', () => {
  const without = Object.entries(packages).filter(
    ([path, { integrity }]) => path !== '' && integrity?.startsWith('sha512-') !== true,
  );
  expect(without).toEqual([]);
});

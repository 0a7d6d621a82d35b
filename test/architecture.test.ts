import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { type SourceTree, violations } from './support/architecture.js';

const root = fileURLToPath(new URL('..', import.meta.url));

function sources(): SourceTree {
  const files = ['src', 'workers', 'cli', 'bench'].flatMap((top) =>
    readdirSync(`${root}/${top}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${top}/${name}`),
  );
  return new Map(files.map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')]));
}

it('the house stands as it was drawn', () => {
  const tree = sources();
  expect(tree.size).toBeGreaterThan(50);
  expect(violations(tree)).toEqual([]);
});

describe('an import that is allowed', () => {
  it.each([
    ['cli → index', 'cli/commands/hash.ts', '../../src/index.js'],
    ['cli → its part for servers', 'cli/commands/serve.ts', '../../src/serving.js'],
    ['cli → cli', 'cli/main.ts', './program.js'],
    ['index → pipeline', 'src/index.ts', './pipeline/generate.js'],
    ['index → files', 'src/index.ts', './files/config-file.js'],
    ['pipeline → pipeline', 'src/pipeline/generate.ts', './sync.js'],
    ['pipeline → files', 'src/pipeline/generate.ts', '../files/lock.js'],
    ['pipeline → store', 'src/pipeline/generate.ts', '../store/cache.js'],
    ['pipeline → a package', 'src/pipeline/pools.ts', 'piscina'],
    ['server → store', 'src/server/serve.ts', '../store/cache-reader.js'],
    ['files → a pure module', 'src/files/config-file.ts', '../config.js'],
    ['files → node:fs', 'src/files/read.ts', 'node:fs'],
    ['store → hash', 'src/store/redirector.ts', '../hash/zsync-lengths.js'],
    ['store → a pure module', 'src/store/cache-reader.ts', '../examine.js'],
    ['pure → pure', 'src/examine.ts', './freshness.js'],
    ['pure → errors', 'src/quantities.ts', './errors.js'],
    ['pure → node:path', 'src/config-keys.ts', 'node:path'],
    ['hash → node:crypto', 'src/hash/digests.ts', 'node:crypto'],
    ['formats → model', 'src/formats/infohash.ts', '../model.js'],
    ['workers → files', 'workers/hash-files.ts', '../src/files/read.js'],
    ['bench → the servers of the tests', 'bench/redirector.ts', '../test/support/postgres.js'],
    ['bench → bench', 'bench/profile/stages.ts', './rooms.js'],
    ['bench → files', 'bench/profile/rooms.ts', '../../src/files/walk.js'],
    ['bench → a pure module', 'bench/openssl-sum.ts', '../src/recipe.js'],
    ['workers → store', 'workers/scan-directory.ts', '../src/store/cache-reader.js'],
  ])('%s', (_, path, specifier) => {
    expect(violations(new Map([[path, `import { a } from '${specifier}';\n`]]))).toEqual([]);
  });
});

describe('an import that is refused', () => {
  it.each([
    ['cli past the index', 'cli/context.ts', '../src/pipeline/state.js', 'cli imports pipeline'],
    ['the pipeline up to the server', 'src/pipeline/sync.ts', '../serving.js', 'pipeline imports serving'],
    ['the index to the server', 'src/index.ts', './server/serve.js', 'index imports server'],
    ['cli to a pure module', 'cli/context.ts', '../src/quantities.js', 'cli imports pure'],
    ['the pipeline up to the index', 'src/pipeline/sync.ts', '../index.js', 'pipeline imports index'],
    ['the pipeline to the server', 'src/pipeline/sync.ts', '../server/serve.js', 'pipeline imports server'],
    ['the server to the pipeline', 'src/server/serve.ts', '../pipeline/sync.js', 'server imports pipeline'],
    ['files to the store', 'src/files/walk.ts', '../store/cache.js', 'files imports store'],
    ['the store to files', 'src/store/cache.ts', '../files/lock.js', 'store imports files'],
    ['files to the pipeline', 'src/files/lock.ts', '../pipeline/state.js', 'files imports pipeline'],
    ['the store to the pipeline', 'src/store/open.ts', '../pipeline/state.js', 'store imports pipeline'],
    ['a pure module to files', 'src/examine.ts', './files/walk.js', 'pure imports files'],
    ['a pure module to the store', 'src/freshness.ts', './store/cache.js', 'pure imports store'],
    ['a pure module to hash', 'src/recipe.ts', './hash/pieces.js', 'pure imports hash'],
    ['hash to files', 'src/hash/pieces.ts', '../files/read.js', 'hash imports files'],
    ['hash to formats', 'src/hash/pieces.ts', '../formats/infohash.js', 'hash imports formats'],
    ['hash to a pure module', 'src/hash/pieces.ts', '../recipe.js', 'hash imports pure'],
    ['formats to the store', 'src/formats/torrent.ts', '../store/cache.js', 'formats imports store'],
    ['model to anything', 'src/model.ts', './recipe.js', 'ground imports pure'],
    ['errors to model', 'src/errors.ts', './model.js', 'ground imports ground'],
    [
      'workers to the pipeline',
      'workers/hash-files.ts',
      '../src/pipeline/pools.js',
      'workers imports pipeline',
    ],
    ['workers to the index', 'workers/hash-files.ts', '../src/index.js', 'workers imports index'],
    ['the pipeline to workers', 'src/pipeline/pools.ts', '../../workers/hash-files.js', 'imports workers'],
    ['cli to workers', 'cli/main.ts', '../workers/hash-files.js', 'cli imports workers'],
    ['the store to a test', 'src/store/cache.ts', '../../test/support/names.js', 'store imports test'],
    ['the pipeline to bench', 'src/pipeline/pools.ts', '../../bench/data.js', 'pipeline imports bench'],
    ['cli to bench', 'cli/main.ts', '../bench/data.js', 'cli imports bench'],
    ['bench to cli', 'bench/main.ts', '../cli/main.js', 'bench imports cli'],
    ['bench to workers', 'bench/main.ts', '../workers/hash-files.js', 'bench imports workers'],
    ['a worker to a worker', 'workers/hash-files.ts', './scan-directory.js', 'workers imports workers'],
    ['a pure module to node:fs', 'src/selection.ts', 'node:fs', 'a pure room imports node:fs'],
    ['hash to node:os', 'src/hash/kernel.ts', 'node:os', 'a pure room imports node:os'],
    ['files to node:process', 'src/files/lock.ts', 'node:process', 'imports node:process'],
  ])('%s', (_, path, specifier, what) => {
    const forms = [
      `import { a } from '${specifier}';`,
      `import type { A } from '${specifier}';`,
      `export * from '${specifier}';`,
      `export const a = await import('${specifier}');`,
      `import '${specifier}';`,
    ];
    for (const form of forms) {
      const found = violations(new Map([[path, `${form}\n`]]));
      expect(found, form).toEqual([expect.stringContaining(`${path}: `)]);
      expect(found[0]).toContain(what);
    }
  });

  it('by a file in a room that nobody drew', () => {
    expect(() => violations(new Map([['src/helpers/all.ts', '']]))).toThrow('is in no room');
    expect(() => violations(new Map([['lib/all.ts', '']]))).toThrow('is in no room');
  });
});

describe('a file', () => {
  it('has at most 300 lines', () => {
    expect(violations(new Map([['src/jobs.ts', '//\n'.repeat(300)]]))).toEqual([]);
    expect(violations(new Map([['src/jobs.ts', '//\n'.repeat(301)]]))).toEqual(['src/jobs.ts: 301 lines']);
    expect(violations(new Map([['cli/main.ts', `${'//\n'.repeat(300)}//`]]))).toEqual([
      'cli/main.ts: 301 lines',
    ]);
  });

  it.each([
    ['console.error("x");', 'console.error'],
    ['if (x) process.exit(1);', 'process.exit'],
    ['process.exitCode = 1;', 'process.exitCode'],
    ['const home = process.env["HOME"];', 'process.env'],
    ['const { HOME } = process["env"];', 'process.env'],
    ['process.stdout.write("x");', 'process.stdout'],
    ['globalThis.process.stderr.write("x");', 'process.stderr'],
    ['process.stdin.resume();', 'process.stdin'],
    ['const [, , file] = process.argv;', 'process.argv'],
  ])('outside of cli/ and bench/ may not say %s', (text, what) => {
    for (const path of ['src/jobs.ts', 'src/files/read.ts', 'workers/hash-files.ts']) {
      expect(violations(new Map([[path, text]]))).toEqual([`${path}: uses ${what}`]);
    }
    for (const path of ['cli/main.ts', 'bench/main.ts']) {
      expect(violations(new Map([[path, text]]))).toEqual([]);
    }
  });

  it('may say the same words in a comment, and ask for the rest of process', () => {
    const text =
      '// console.log(process.env)\nexport const pid = [process.pid, process.hrtime.bigint(), a.process.exit];\n';
    expect(violations(new Map([['src/jobs.ts', text]]))).toEqual([]);
  });
});

/** Bare specifiers of the imports of the files below some rooms, as packages. */
function packagesOf(rooms: RegExp): ReadonlySet<string> {
  const specifiers = [...sources()]
    .filter(([path]) => rooms.test(path))
    .flatMap(([, text]) => ts.preProcessFile(text, true, true).importedFiles)
    .map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  return new Set(specifiers.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')));
}

describe('package.json', () => {
  it('installs what the program imports, and nothing else, where nobody develops', () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    // workers/simd is AssemblyScript, and compiled away.
    expect([...packagesOf(/^(src|cli|workers(?!\/simd))\//)].sort()).toEqual(
      Object.keys(dependencies).sort(),
    );
  });
});

/**
 * Times each stage over two trees, one of small files and one large file, and tells it as a table.
 */
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { median, type Site } from '../benchmark.js';
import { smallTree } from '../benchmarks/trees.js';
import { GiB, MiB, makeLargeFiles } from '../data.js';
import { alignedLines, markdownLines, type Table } from '../table.js';
import { stagesOf } from './stages.js';
import { type KnownTree, knownTree } from './tree.js';

/** What a stage costs in a tree. */
export interface StageResult {
  readonly tree: string;
  readonly stage: string;
  /** of all rounds */
  readonly seconds: readonly number[];
  readonly directories: number;
  readonly files: number;
  readonly bytes: number;
}

/** Stages that depend on the bytes of the files: for the others, bytes a second mean nothing. */
const bytewise = new Set(['read', 'md5', 'sha1', 'sha256', 'pieces', 'zsync sums', 'all sums together']);

export async function profile(site: Site, rounds: number): Promise<readonly StageResult[]> {
  const large = (site.quick ? 16 : 256) * MiB;
  const smallFiles = await smallTree(site, site.quick ? 10 : 100, 100);
  const largeFile = await makeLargeFiles(join(site.directory, `profile-${large}`), 1, large);
  return [
    ...(await stageResults('small files', site, knownTree(realpathSync(smallFiles)), rounds)),
    ...(await stageResults('large file', site, knownTree(realpathSync(largeFile)), rounds)),
  ];
}

async function stageResults(
  name: string,
  site: Site,
  tree: KnownTree,
  rounds: number,
): Promise<StageResult[]> {
  const state = join(site.directory, 'profile-state');
  rmSync(state, { recursive: true, force: true });
  mkdirSync(state);
  const stages = stagesOf(tree, state).map((stage) => ({ stage, seconds: [] as number[] }));
  // One round more, whose times are thrown away: the compiler is still at work in it.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { stage, seconds } of stages) {
      stage.before?.();
      const started = performance.now();
      await stage.run();
      if (round > 0) seconds.push((performance.now() - started) / 1000);
      await stage.after?.();
    }
  }
  const [directories, files] = [tree.directories.length, tree.files.length];
  return stages.map(({ stage, seconds }) => ({
    tree: name,
    stage: stage.name,
    seconds,
    directories,
    files,
    bytes: tree.bytes,
  }));
}

function profileTable(results: readonly StageResult[]): Table {
  return {
    head: ['tree', 'stage', 'µs a file', 'µs a directory', 'GiB/s'],
    numbers: [false, false, true, true, true],
    rows: results.map(({ tree, stage, seconds, directories, files, bytes }) => {
      const middle = median(seconds) ?? Number.NaN;
      return [
        tree,
        stage,
        ((middle / files) * 1e6).toFixed(1),
        ((middle / directories) * 1e6).toFixed(0),
        bytewise.has(stage) ? (bytes / middle / GiB).toFixed(2) : '',
      ];
    }),
  };
}

const title = 'profile: what each stage costs, on one thread';

export function profileText(results: readonly StageResult[]): string {
  return [title, ...alignedLines(profileTable(results)).map((line) => `  ${line}`)].join('\n');
}

export function profileMarkdown(results: readonly StageResult[]): string {
  return [`### ${title}`, '', ...markdownLines(profileTable(results))].join('\n');
}

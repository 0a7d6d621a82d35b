/**
 * The "OpenSSL sum": how fast all digests would be if each was computed by node:crypto on its own, on all cores at
 * once, from memory. Who is faster than that gains from computing some of them together. Reading is not in it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { autoPieceLength } from '../src/recipe.js';
import { type Contestant, median, type Sample } from './benchmark.js';
import { GiB, MiB } from './data.js';

export interface RateJob {
  readonly algorithm: string;
  readonly bytes: number;
  /** null: one digest of all */
  readonly pieceLength: number | null;
}

/** Bytes a second of one core. OpenSSL 3 leaves MD4 out, so it cannot be measured: it is counted at this rate. */
const md4Rate = 1.25 * GiB;

const wholeFile = ['md5', 'sha1', 'sha256'];

/** Processes and not threads: tsx does not reach those on Node 20, and to a core it is all the same. */
const program = fileURLToPath(new URL('./openssl-process.ts', import.meta.url));

/** Bytes a second of one core while all are busy, by what is computed. */
type Rates = ReadonlyMap<string, number>;

async function measureRates(cores: number, bytes: number): Promise<Rates> {
  const processes = Array.from({ length: cores }, () => fork(program));
  try {
    await Promise.all(processes.map(answer));
    const rates = new Map([['md4', md4Rate]]);
    const all = async (name: string, algorithm: string, pieceLength: number | null): Promise<void> => {
      const found = await Promise.all(
        processes.map((child) => {
          child.send({ algorithm, bytes, pieceLength } satisfies RateJob);
          return answer(child) as Promise<number>;
        }),
      );
      rates.set(name, found.reduce((sum, rate) => sum + rate, 0) / cores);
    };
    for (const algorithm of wholeFile) await all(algorithm, algorithm, null);
    await all('pieces', 'sha1', autoPieceLength(bytes));
    return rates;
  } finally {
    for (const child of processes) child.kill();
  }
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('a process that measures OpenSSL ended too early')));
  });
}

export const sumName = 'OpenSSL sum';

export interface OpensslSum extends Contestant {
  /** the median rates, in words */
  readonly remark: () => string;
}

/** As a contestant: the seconds that `bytes` would take at this rate. */
export function opensslSum(cores: number, bytes: number, quick: boolean): OpensslSum {
  const seen: Rates[] = [];
  return {
    who: sumName,
    does: 'each digest apart; MD4 1.25 GiB/s',
    run: async () => {
      const rates = await measureRates(cores, quick ? 32 * MiB : 512 * MiB);
      seen.push(rates);
      const secondsPerByte = [...rates.values()].reduce((sum, rate) => sum + 1 / rate, 0);
      return wallOnly((bytes * secondsPerByte) / cores);
    },
    remark: () => {
      const names = [...(seen[0]?.keys() ?? [])];
      const shown = names.map((name) => {
        const middle = median(seen.flatMap((rates) => rates.get(name) ?? [])) ?? 0;
        return `${name} ${(middle / GiB).toFixed(2)}`;
      });
      return `OpenSSL, GiB/s a core: ${shown.join(', ')}`;
    },
  };
}

export const md5Name = 'MD5 alone';

/** One thread, node:crypto, the file read in chunks: the longest chain that one large file has. */
export function md5Alone(file: string): Contestant {
  return {
    who: md5Name,
    does: 'md5 by node:crypto, one thread',
    run: async () => {
      const buffer = Buffer.alloc(MiB);
      const started = performance.now();
      const hash = createHash('md5');
      const descriptor = openSync(file, 'r');
      for (let got = readSync(descriptor, buffer); got > 0; got = readSync(descriptor, buffer)) {
        hash.update(buffer.subarray(0, got));
      }
      closeSync(descriptor);
      hash.digest();
      return wallOnly((performance.now() - started) / 1000);
    },
  };
}

function wallOnly(seconds: number): Sample {
  return { seconds, cpuSeconds: null, peakBytes: null };
}

/**
 * What the benchmarks of a sync need: a state with many records that were never hashed, and MirrorBrain's database on a
 * PostgreSQL server of our own (PostgreSQL's defaults: every commit is on the disk).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { infohash } from '../src/formats/infohash.js';
import type { FileRecord } from '../src/model.js';
import { Cache } from '../src/store/cache.js';
import { PostgresServer } from '../test/support/postgres.js';
import { seededBytes } from './data.js';

const classicSchema = new URL('../test/support/mirrorbrain/classic.sql', import.meta.url);

/** A tree that a state is of; it holds a single file. */
export interface RecordedTree {
  readonly tree: string;
  readonly state: string;
}

/** A file of three pieces and a hundred blocks. */
export function recordsFrom(seed: string): (index: number) => FileRecord {
  const bytes = seededBytes(seed);
  const blockSize = 2048;
  return (index) => {
    const name = `package-${index}.x86_64.rpm`;
    const size = 100 * blockSize;
    const pieces = { length: 80 * 1024, sha1: bytes(3 * 20) };
    const sums = { md5: bytes(16), sha1: bytes(20), sha256: bytes(32), pieces };
    return {
      ...sums,
      path: `d${Math.floor(index / 100)}/${name}`,
      size,
      mtimeNs: 1_600_000_000_000_000_000n + BigInt(index),
      inode: BigInt(index),
      btih: infohash({ name, size, sums }),
      zsync: { blockSize, hashLengths: { sequence: 2, rsum: 2, checksum: 4 }, sums: bytes(100 * 6) },
      signature: null,
    };
  };
}

export async function makeRecords(directory: string, count: number): Promise<RecordedTree> {
  const place = { tree: join(directory, `tree of ${count}`), state: join(directory, `state of ${count}`) };
  for (const made of [place.tree, place.state]) mkdirSync(made, { recursive: true });
  writeFileSync(join(place.tree, 'file'), '');
  const cache = Cache.open(join(place.state, 'cache.db'));
  cache.set('base', place.tree);
  const record = recordsFrom('records');
  for (let index = 0; index < count; index += 1000) {
    const size = Math.min(1000, count - index);
    const changes = Array.from({ length: size }, (_, next) => ({
      kind: 'put' as const,
      record: record(index + next),
    }));
    cache.apply(changes);
    await setImmediate();
  }
  cache.close();
  return place;
}

/** Databases on a server, one after the other. */
export class Databases {
  private made = 0;

  private constructor(
    private readonly server: PostgresServer,
    private readonly administrator: pg.Client,
  ) {}

  static async start(): Promise<Databases> {
    const server = await PostgresServer.start();
    const administrator = new pg.Client(server.url);
    await administrator.connect();
    return new Databases(server, administrator);
  }

  /** An empty one with the classic tables, in the place of the one before. @returns its URL */
  async next(): Promise<string> {
    await this.administrator.query(`DROP DATABASE IF EXISTS bench_${this.made}`);
    this.made += 1;
    await this.administrator.query(`CREATE DATABASE bench_${this.made}`);
    const url = new URL(this.server.url);
    url.pathname = `/bench_${this.made}`;
    await withClient(url.href, (client) => client.query(readFileSync(classicSchema, 'utf8')));
    return url.href;
  }

  async end(): Promise<void> {
    await this.administrator.end();
    await this.server.dispose();
  }
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

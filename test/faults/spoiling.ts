/**
 * Damage to SQLite files at rest: what bad disks, bad backups and bad luck do to them.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Dice } from './dice.js';

const page = 4096;

/** How often each is chosen. */
const ways = {
  flip: 12,
  header: 6,
  cut: 6,
  zero: 3,
  swap: 2,
  noise: 2,
  empty: 1,
  text: 1,
  directory: 1,
  fifo: 1,
  foreign: 1,
  newer: 1,
  'log lost': 2,
  'log cut': 2,
  'log flipped': 2,
  'log of another': 2,
  'index noise': 1,
} as const;
export type Way = keyof typeof ways;

export class Spoiler {
  constructor(private readonly dice: Dice) {}

  choose(): Way {
    return this.dice.weighted(ways);
  }

  /** @param other another database, whose log may come to lie beside this one */
  spoil(file: string, way: Way, other: string): void {
    if (way === 'empty') writeFileSync(file, '');
    else if (way === 'text') writeFileSync(file, 'This is no database.\n'.repeat(this.dice.between(1, 500)));
    else if (way === 'directory' || way === 'fifo' || way === 'foreign') this.replace(file, way);
    else if (way === 'newer') change(file, 'PRAGMA user_version = 99');
    else if (way === 'log lost')
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    else if (way === 'log of another') copyFileSync(`${other}-wal`, `${file}-wal`);
    else if (way === 'log cut') this.cut(`${file}-wal`);
    else if (way === 'log flipped') this.rewrite(`${file}-wal`, (bytes) => this.flip(bytes, 0, bytes.length));
    else if (way === 'index noise') writeFileSync(`${file}-shm`, this.dice.bytes(32_768));
    else if (way === 'cut') this.cut(file);
    else this.rewrite(file, (bytes) => this.change(bytes, way));
  }

  private replace(file: string, way: 'directory' | 'fifo' | 'foreign'): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    if (way === 'directory') mkdirSync(join(file, 'with something in it'), { recursive: true });
    if (way === 'fifo') execFileSync('mkfifo', [file]);
    if (way === 'foreign') change(file, 'CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES (1)');
  }

  private change(bytes: Buffer, way: 'flip' | 'header' | 'zero' | 'swap' | 'noise'): void {
    const [one = 0, two = 0] = [this.page(bytes), this.page(bytes)];
    if (way === 'flip') this.flip(bytes, 0, bytes.length);
    if (way === 'header') this.flip(bytes, one, 60);
    if (way === 'zero') bytes.fill(0, one, one + page);
    if (way === 'noise') this.dice.bytes(page).copy(bytes, one);
    if (way === 'swap') {
      const kept = Buffer.from(bytes.subarray(one, one + page));
      bytes.copy(bytes, one, two, two + page);
      kept.copy(bytes, two);
    }
  }

  private page(bytes: Buffer): number {
    return page * this.dice.between(0, Math.max(0, Math.floor(bytes.length / page) - 1));
  }

  /** One bit, a few, or many. */
  private flip(bytes: Buffer, from: number, length: number): void {
    for (let count = this.dice.pick([1, 1, 4, 40]); count > 0 && length > 0; count--) {
      const at = from + this.dice.between(0, length - 1);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << this.dice.between(0, 7)), at);
    }
  }

  private cut(file: string): void {
    if (!existsSync(file)) return;
    const { length } = readFileSync(file);
    const at = this.dice.between(0, Math.max(0, length - 1));
    truncateSync(file, this.dice.chance(0.5) ? at : at - (at % page));
  }

  private rewrite(file: string, work: (bytes: Buffer) => void): void {
    if (!existsSync(file)) return;
    const bytes = readFileSync(file);
    if (bytes.length > 0) work(bytes);
    writeFileSync(file, bytes);
  }
}

/** As another program does it. */
export function change(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

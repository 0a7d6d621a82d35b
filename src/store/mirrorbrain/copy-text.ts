/**
 * PURE: rows → the text format of COPY (PostgreSQL's manual, section "COPY", "Text Format").
 */
import type { RedirectorRow } from '../redirector.js';

/** The columns of the text, in their order, with their types. */
export const copyColumns = [
  ['path', 'text'],
  ['mtime', 'bigint'],
  ['size', 'bigint'],
  ['md5', 'bytea'],
  ['sha1', 'bytea'],
  ['sha256', 'bytea'],
  ['sha1piecesize', 'integer'],
  ['sha1pieces', 'bytea'],
  ['btih', 'bytea'],
  ['pgp', 'text'],
  ['zblocksize', 'integer'],
  ['zhashlens', 'text'],
  ['zsums', 'bytea'],
] as const satisfies readonly (readonly [keyof RedirectorRow, string])[];

/** Characters gathered before they are handed on. */
const portion = 64 * 1024;

/** The lines of rows, in portions. */
export function* copyText(rows: Iterable<RedirectorRow>): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    text += `${copyColumns.map(([column]) => field(row[column])).join('\t')}\n`;
    if (text.length < portion) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

function field(value: string | number | Uint8Array): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return `\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? character);
}

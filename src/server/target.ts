/**
 * Pure: the target of a request → a path of the tree, or a refusal. It asks neither the disk nor the database.
 *
 * Percent-encoding is taken off once, and what comes out must be UTF-8 (RFC 3986, RFC 3629). A path that no file of the
 * tree can have is refused here and reaches no system call: parts that are empty, `.` or `..`, an encoded slash, NUL.
 */
import { type ArtifactName, artifactNames } from '../formats/artifacts.js';
import type { TreePath } from '../model.js';

/** What is wanted of a file: itself, what is made of its record, or the page about it. */
export type View = 'file' | 'mirrorlist' | ArtifactName;

export interface Target {
  /** as asked for: links are not resolved, and a suffix is part of the name */
  readonly path: TreePath;
  /** whether it ends with a slash, as directories do */
  readonly isDirectory: boolean;
  /** what `?sha256` and the like ask for; null: nothing that we know */
  readonly view: Exclude<View, 'file'> | null;
  /** the `n` of `?page=n`, 1 without it */
  readonly page: number;
  /** of a target in absolute form (`http://host/path`), null otherwise */
  readonly authority: string | null;
}

export interface Refusal {
  readonly status: 400 | 404 | 414;
  readonly message: string;
}

/** Longer than any path that can be opened, were half of it encoded; far below what Node takes for all headers. */
export const longestTarget = 8192;

const views: ReadonlySet<string> = new Set([...artifactNames, 'mirrorlist']);

/** @param url the target as it stands in the request, one character a byte */
export function parseTarget(url: string): Target | Refusal {
  if (url.length > longestTarget) return { status: 414, message: 'The address is too long.' };
  const absolute = url.startsWith('/') ? null : absoluteForm.exec(url);
  if (absolute === null && !url.startsWith('/')) return malformed;
  const rest = absolute === null ? url : url.slice(absolute[0].length);
  const mark = rest.indexOf('?');
  const encoded = mark === -1 ? rest : rest.slice(0, mark);
  if (unreachable.test(encoded)) return malformed;
  const path = decode(encoded === '' ? '/' : encoded);
  if (path === null) return malformed;
  if (dotPart.test(path)) return malformed;
  if (path.includes('//')) return nowhere;
  const isDirectory = path.endsWith('/');
  return {
    path: path.slice(1, isDirectory && path.length > 1 ? -1 : undefined),
    isDirectory,
    authority: absolute?.[1] ?? null,
    ...(mark === -1 ? noQuery : parseQuery(rest.slice(mark + 1))),
  };
}

/** The name without a suffix that asks for something made of its record, and what that is. */
export function splitSuffix(
  name: string,
): { readonly stem: string; readonly view: Exclude<View, 'file'> } | null {
  const dot = name.lastIndexOf('.');
  const suffix = name.slice(dot + 1);
  return dot > 0 && isView(suffix) ? { stem: name.slice(0, dot), view: suffix } : null;
}

const absoluteForm = /^https?:\/\/([^/?#]*)/i;
const malformed: Refusal = { status: 400, message: 'The address is malformed.' };
/** As for any file that does not exist. */
const nowhere: Refusal = { status: 404, message: '' };
const noQuery = { view: null, page: 1 } as const;

function isView(name: string): name is Exclude<View, 'file'> {
  return views.has(name);
}

/** Null: not UTF-8, a broken escape, or a character that has no place in a target. */
function decode(encoded: string): string | null {
  // Most need no decoding at all.
  if (plain.test(encoded)) return encoded;
  if (impossible.test(encoded)) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

const plain = /^[A-Za-z0-9/._~-]+$/;
/** All but printable ASCII (Node refuses most of it before), and what begins a fragment: clients keep that to themselves. */
const impossible = /[^\x21-\x7e]|#/;
/** No name holds a slash or a NUL. */
const unreachable = /%2f|%00/i;
const dotPart = /\/\.\.?(?:\/|$)/;

/** The first name that we know counts. */
function parseQuery(query: string): Pick<Target, 'view' | 'page'> {
  const pairs = query.split('&').map((pair) => pair.split('='));
  const view = pairs.map(([name = '']) => name).find(isView) ?? null;
  const [, page = '1'] = pairs.find(([name]) => name === 'page') ?? [];
  return { view, page: /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1 };
}

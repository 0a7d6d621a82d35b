/**
 * Pure rules for paths inside the tree: joining, splitting, containment, what no system call can take.
 * It never asks the file system.
 */
import type { TreePath } from './model.js';

/** Linux' PATH_MAX less the terminating NUL: bytes of the longest path that a program can open. */
const longestPath = 4095;

/** @returns the path of `name` inside `directory` (`''` is the base itself) */
export function join(directory: TreePath, name: string): TreePath {
  return directory === '' ? name : `${directory}/${name}`;
}

/** Splits a path into the directory that holds it and its own name. */
export function split(path: TreePath): { readonly directory: TreePath; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return slash === -1
    ? { directory: '', name: path }
    : { directory: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** Whether `path` is `directory` itself or lies below it. */
export function isWithin(path: TreePath, directory: TreePath): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

/** Whether a text that others wrote is the path of a file below the base. */
export function isTreePath(path: string): boolean {
  const parts = path.split('/');
  return !parts.some((part) => part === '' || part === '.' || part === '..') && !path.includes('\0');
}

/** The absolute path of a tree path. */
export function absolute(base: string, path: TreePath): string {
  if (path === '') return base;
  return base === '/' ? `/${path}` : `${base}/${path}`;
}

/**
 * The tree path of an absolute, normalised path, or null when it lies outside the base.
 */
export function relativeTo(base: string, absolutePath: string): TreePath | null {
  if (absolutePath === base) return '';
  const prefix = base === '/' ? '/' : `${base}/`;
  return absolutePath.startsWith(prefix) ? absolutePath.slice(prefix.length) : null;
}

/** Whether programs can open this file by its name: its absolute path fits into PATH_MAX. */
export function fitsSystem(base: string, path: TreePath): boolean {
  const length = base.length + 1 + path.length;
  // A UTF-16 unit takes at most three bytes: nearly every path is decided without counting them.
  if (length * 3 <= longestPath) return true;
  return Buffer.byteLength(absolute(base, path)) <= longestPath;
}

/** The sidecar that holds the detached signature of `name`. */
export function signatureName(name: string): string {
  return `${name}.asc`;
}

/**
 * Ways in which files and directories go, move, are linked and closed. Each makes one change and tells what it was made
 * to, or null when there was nothing to change.
 */
import { chmodSync, fchmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Hands } from './hands.js';

const mostDirectories = 30;
const fewestDirectories = 5;

export function remove(hands: Hands): string | null {
  const file = hands.file();
  if (file !== null) rmSync(file);
  return file;
}

export function rename(hands: Hands): string | null {
  return move(hands, hands.file(), hands.newFile());
}

export function renameOver(hands: Hands): string | null {
  return move(hands, hands.file(), hands.file());
}

export function link(hands: Hands): string | null {
  const file = hands.file();
  if (file !== null) linkSync(file, hands.newFile());
  return file;
}

/** In a file's place: a symbolic link, to a file of the tree or out of it. */
export function becomeLink(hands: Hands): string | null {
  const file = hands.file();
  if (file === null) return null;
  const target = hands.dice.chance(0.5) ? hands.file() : '/etc/hostname';
  rmSync(file);
  symlinkSync(target ?? '.', file);
  return file;
}

export function becomeDirectory(hands: Hands): string | null {
  const file = hands.file();
  if (file === null) return null;
  rmSync(file);
  mkdirSync(file);
  return file;
}

/** @param modes to choose from */
export function chmodFile(hands: Hands, modes: readonly number[]): string | null {
  return hands.change('r', (descriptor) => fchmodSync(descriptor, hands.dice.pick(modes)));
}

/** Not the tree's own: a tree that nobody may look at is no tree to hash. */
export function chmodDirectory(hands: Hands, modes: readonly number[]): string | null {
  const directory = hands.directory();
  if (directory === hands.tree) return null;
  chmodSync(directory, hands.dice.pick(modes));
  return directory;
}

export function makeDirectory(hands: Hands): string | null {
  if (hands.directories().length > mostDirectories) return null;
  const directory = join(hands.directory(), `d${hands.newName()}`);
  mkdirSync(directory);
  return directory;
}

export function renameDirectory(hands: Hands): string | null {
  const from = hands.directory();
  const below = hands.directory();
  if (from === hands.tree || `${below}/`.startsWith(`${from}/`)) return null;
  return move(hands, from, join(below, `d${hands.newName()}`));
}

/** Two directories change places. */
export function swapDirectories(hands: Hands): string | null {
  const [one, two] = [hands.directory(), hands.directory()];
  if (`${one}/`.startsWith(`${two}/`) || `${two}/`.startsWith(`${one}/`)) return null;
  const aside = join(hands.tree, `d${hands.newName()}`);
  move(hands, one, aside);
  move(hands, two, one);
  move(hands, aside, two);
  return `${one} ↔ ${two}`;
}

export function removeDirectory(hands: Hands): string | null {
  const directory = hands.directory();
  if (directory === hands.tree || hands.directories().length < fewestDirectories) return null;
  rmSync(directory, { recursive: true });
  return directory;
}

function move(hands: Hands, from: string | null, to: string | null): string | null {
  if (from === null || to === null || from === to) return null;
  renameSync(from, to);
  hands.ledger.note();
  return `${from} → ${to}`;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { type Holder, parseHolder, self, stateOf } from '../../src/files/holder.js';
import { temporaryDirectory } from '../support/temporary.js';

const me = self();

/** A process that does nothing for a long time. */
function start(command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Field 22 of a process whose name holds neither blanks nor parentheses. */
function startTime(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] ?? '';
}

const holderOf = (pid: number): Holder => ({ ...me, pid, started: startTime(pid) });

describe('this process', () => {
  it('knows itself', () => {
    expect(me).toMatchObject({ pid: process.pid, started: startTime(process.pid) });
    expect(me.host).not.toBe('');
    expect(me.boot).toMatch(/^[0-9a-f-]{36}$/);
    expect(me.pidNamespace).toMatch(/^pid:\[\d+\]$/);
    expect(self()).toEqual(me);
  });

  it('is alive', () => {
    expect(stateOf(me, self())).toBe('alive');
  });
});

describe('another holder', () => {
  test.each<[string, Partial<Holder>, string]>([
    ['on another machine', { host: 'other' }, 'unknown'],
    ['on another machine with our process number and boot', { host: 'other', pid: 1 }, 'unknown'],
    ['of this machine, before it was booted', { boot: '00000000-0000-0000-0000-000000000000' }, 'dead'],
    ['in another container of this machine', { pidNamespace: 'pid:[1]' }, 'unknown'],
    ['with our number, that started at another time', { started: '1' }, 'dead'],
    ['with a number that nobody has', { pid: 4_194_305 }, 'dead'],
    ['that was never a process', { pid: -1, started: '' }, 'dead'],
  ])('%s', (_, changed, state) => {
    expect(stateOf({ ...me, ...changed }, me)).toBe(state);
  });

  it('is alive until it is killed', async () => {
    const child = start('sleep', '60');
    const holder = holderOf(child.pid ?? 0);
    expect(stateOf(holder, me)).toBe('alive');
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(stateOf(holder, me)).toBe('dead');
  });

  it('is alive though its name looks like the rest of the line', async () => {
    const program = `${temporaryDirectory()}/x) Z 1 (y`;
    copyFileSync('/bin/sleep', program);
    const child = start(program, '60');
    await once(child, 'spawn');
    const text = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const started = text.replace(/^.*\) /, 'x x ').split(' ')[21] ?? '';
    expect(stateOf({ ...me, pid: child.pid ?? 0, started }, me)).toBe('alive');
  });

  it('is dead as a zombie', async () => {
    // The shell becomes a program that never asks for its children.
    const parent = start('sh', '-c', 'sleep 0.3 & echo $!; exec sleep 60');
    const [line] = await once(parent.stdout ?? parent, 'data');
    const zombie = Number(String(line));
    const holder = holderOf(zombie);
    expect(stateOf(holder, me)).toBe('alive');
    while (!readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z ')) await setTimeout(20);
    expect(stateOf(holder, me)).toBe('dead');
  });
});

describe('a system that tells nothing but process numbers', () => {
  const bare = (pid: number): Holder => ({ host: me.host, boot: '', pidNamespace: '', pid, started: '' });

  it('is asked whether there is such a process', async () => {
    const child = start('sleep', '60');
    await once(child, 'spawn');
    expect(stateOf(bare(child.pid ?? 0), bare(process.pid))).toBe('alive');
    expect(stateOf(bare(1), bare(process.pid))).toBe('alive');
    expect(stateOf(bare(4_194_305), bare(process.pid))).toBe('dead');
  });
});

describe('a note', () => {
  it('is read back', () => {
    expect(parseHolder(JSON.stringify(me))).toEqual(me);
    expect(parseHolder(JSON.stringify({ ...me, name: 'directory a' }))).toMatchObject(me);
  });

  const whole = JSON.stringify(me);
  it.each([
    ['is empty', ''],
    ['is cut off', whole.slice(0, -1)],
    ['is overwritten with NUL', '\0'.repeat(whole.length)],
    ['is no object', '"holder"'],
    ['is null', 'null'],
    ['is a list', '[]'],
    ['is empty inside', '{}'],
    ['has no host', JSON.stringify({ ...me, host: undefined })],
    ['has a text for a number', JSON.stringify({ ...me, pid: '1' })],
    ['has a number for a text', JSON.stringify({ ...me, started: 1 })],
    ['has no boot', JSON.stringify({ ...me, boot: null })],
    ['has no namespace', JSON.stringify({ ...me, pidNamespace: undefined })],
  ])('that %s is none', (_, text) => {
    expect(parseHolder(text)).toBeNull();
  });
});

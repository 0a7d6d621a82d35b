import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSmallFiles } from '../../bench/data.js';
import { CommandFailed, createMeasure } from '../../bench/measure.js';
import { eachFile } from '../../bench/programs.js';
import { temporaryDirectory } from '../support/temporary.js';

it('waits for all that was started, step by step', async () => {
  const directory = temporaryDirectory();
  const node = (script: string) => ({ program: process.execPath, args: ['-e', script], directory });
  const slow = node("setTimeout(() => fs.writeFileSync('slow', ''), 300)");
  await createMeasure(directory)([[slow, node('0')], [node("fs.renameSync('slow', 'done')")]]);
  expect(readdirSync(directory)).toContain('done');
});

it('hands the files of a tree to a program, and hears when that fails', async () => {
  const directory = temporaryDirectory();
  const tree = await makeSmallFiles(join(directory, 'tree'), { directories: 2, filesEach: 3, size: () => 5 });
  const measure = createMeasure(directory);
  const test = (...args: string[]) => eachFile(tree, { program: 'test', args }, 2, 1);
  await measure([[test('-f')]]);
  await expect(measure([[test('-d')]])).rejects.toThrow(CommandFailed);
});

it('a program that fails or is not there has no time', async () => {
  const measure = createMeasure(temporaryDirectory());
  await expect(measure([[{ program: 'ls', args: ['/nowhere'] }]])).rejects.toThrow(
    /^ls ended with 2: .*nowhere/,
  );
  await expect(measure([[{ program: 'no-such-program', args: [] }]])).rejects.toThrow(CommandFailed);
});

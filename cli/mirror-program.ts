/**
 * The command line of `mirrorhash mirror` and its actions.
 */
import type { Command } from 'commander';
import { common, runs, type Surroundings } from './command-parts.js';

export function addMirror(program: Command, surroundings: Surroundings): void {
  const mirror = program
    .command('mirror')
    .description('Keep the mirrors that serve sends clients to, and which files they have.')
    .helpOption('--help', 'print this help')
    .helpCommand('help [action]', 'print the help of an action')
    .addHelpText(
      'after',
      `
Examples:
  mirrorhash mirror add /srv/ftp ftp.example.org https://ftp.example.org/pub/ \\
    --country de --region eu
  mirrorhash mirror files /srv/ftp ftp.example.org --all
  mirrorhash mirror list /srv/ftp`,
    );
  for (const add of [addAdd, addList, addFiles, addEnable, addDisable, addRemove]) add(mirror, surroundings);
}

function addAdd(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('add')
    .description('Add a mirror.')
    .argument('<dir>', 'the tree, or a directory in it')
    .argument('<identifier>', 'a name of its own: 1 to 64 of A-Z a-z 0-9 . _ -')
    .argument('<url>', "http or https URL of the tree's base there")
    .option('--country <code>', 'two letters of ISO 3166-1, such as de')
    .option('--region <code>', 'continent: af an as eu na oc sa')
    .option(
      '--score <n>',
      'share of the requests, beside mirrors that are as near: 0 to 10,000 (default 100)',
    )
    .option('--disabled', 'send nobody there yet')
    .option('--all-files', 'it has every file below <dir> that the database lists now')
    .option('--replace', 'if it is there, give it these values; its files stay');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash mirror add /srv/ftp ftp.example.org https://ftp.example.org/pub/ \\
    --country de --region eu
  mirrorhash mirror add /srv/ftp cdn https://cdn.example.org/ --all-files
  mirrorhash mirror add /srv/ftp cdn https://cdn.example.org/ --replace \\
    --score 20`,
  );
  runs(command, surroundings, async () => (await import('./commands/mirror.js')).addMirror);
}

function addList(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('list')
    .summary('Print the mirrors.')
    .description('Print the mirrors, and how many files each has.')
    .argument('<dir>', 'the tree, or a directory in it');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash mirror list /srv/ftp
  mirrorhash mirror list --json /srv/ftp | jq -r 'select(.enabled) | .url'`,
  );
  runs(command, surroundings, async () => (await import('./commands/mirror.js')).listMirrors);
}

function addFiles(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('files')
    .summary('Say which files a mirror has.')
    .description(
      'Say which of the files at and below a directory a mirror has; what was said before is replaced.',
    )
    .argument('<dir>', 'the tree, or a directory in it')
    .argument('<identifier>', 'the mirror')
    .option('--all', 'every file that the database lists now')
    .option('--none', 'no file')
    .option(
      '--files-from <file>',
      'the files listed there (- for standard input), as lines or NUL-separated',
    );
  common(command).addHelpText(
    'after',
    `
Say it again when the tree or the mirror has changed: a new file is on no
mirror at first.

Examples:
  mirrorhash mirror files /srv/ftp cdn --all
  mirrorhash mirror files /srv/ftp/old cdn --none        all but that directory
  rsync -rn --out-format=%n rsync://ftp.example.org/pub/ /tmp/nothing/ |
    mirrorhash mirror files /srv/ftp ftp.example.org --files-from -`,
  );
  runs(command, surroundings, async () => (await import('./commands/mirror-files.js')).mirrorFiles);
}

function addEnable(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('enable')
    .description('Send clients to mirrors again.')
    .argument('<dir>', 'the tree, or a directory in it')
    .argument('<identifier...>', 'the mirrors');
  common(command);
  runs(command, surroundings, async () => (await import('./commands/mirror.js')).enableMirrors);
}

function addDisable(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('disable')
    .summary('Send nobody to mirrors.')
    .description('Send nobody to mirrors for the time being; their files stay.')
    .argument('<dir>', 'the tree, or a directory in it')
    .argument('<identifier...>', 'the mirrors');
  common(command);
  runs(command, surroundings, async () => (await import('./commands/mirror.js')).disableMirrors);
}

function addRemove(mirror: Command, surroundings: Surroundings): void {
  const command = mirror
    .command('remove')
    .description('Remove mirrors, also from all files.')
    .argument('<dir>', 'the tree, or a directory in it')
    .argument('<identifier...>', 'the mirrors');
  common(command);
  runs(command, surroundings, async () => (await import('./commands/mirror.js')).removeMirrors);
}

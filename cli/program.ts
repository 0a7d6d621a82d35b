/**
 * The command line: commands, options and help texts. Values stay as they were typed (options.ts reads them), and what a
 * command does is imported when it is called: `--help` and cron's warm run pay for nothing else.
 */
import { Command } from 'commander';
import { collect, common, exitStatuses, reading, runs, type Surroundings } from './command-parts.js';
import { addExport } from './export-program.js';
import { addMirror } from './mirror-program.js';
import { addServe } from './serve-program.js';

export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('mirrorhash')
    .description('Hash and metadata pipeline for download mirror networks.')
    .version(surroundings.version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', `\nStart with: mirrorhash hash <dir>\n${exitStatuses}`);
  const commands = [
    addHash,
    addSync,
    addShow,
    addStatus,
    addVerify,
    addForget,
    addImport,
    addExport,
    addMirror,
    addServe,
  ];
  for (const add of commands) add(program, surroundings);
  return program;
}

function addHash(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('hash')
    .description('Walk, hash what is new or changed, forget what is gone, sync the redirector.')
    .argument('[path...]', 'directories or files')
    .option('--all', 'every tree of the configuration')
    .option('--tree <name>', 'this tree of the configuration (repeatable)', collect)
    .option(
      '--files-from <file>',
      'only the paths listed there (- for standard input), as lines or NUL-separated',
    )
    .option('--include <glob>', 'only files whose path matches (repeatable)', collect)
    .option('--exclude <glob>', 'leave out files and directories whose path matches (repeatable)', collect)
    .option('--no-default-excludes', "hash rsync's temporaries, lost+found/ and .snapshot/ too")
    .option('--one-file-system', 'do not enter other file systems')
    .option('--piece-length <bytes|auto>', 'BitTorrent and Metalink piece length, 16K to 64M')
    .option('--zsync', 'compute zsync sums (the default)')
    .option('--no-zsync', 'do not compute zsync sums')
    .option('--zsync-include <glob>', 'zsync sums only for these files (repeatable)', collect)
    .option('--zsync-block-size <bytes|auto>', 'zsync block size, 512 to 16K')
    .option('--zsync-max-size <bytes>', 'no zsync sums for larger files (default 16G)')
    .option('--force', 'hash every file again')
    .option('--dry-run', 'tell what would be done, write nothing')
    .option('--explain', 'a line for each file with the reason why it is hashed')
    .option('--check-inode', 'a new inode makes a file stale')
    .option('--max-delete <n|percent%>', 'forget at most so many files (default 50%, or 100 files)')
    .option('--strict', 'skipped files and refused rows count as failed')
    .option('--new-paths', 'the redirector may know few of these paths (or is the base wrong?)')
    .option('--no-sync', 'do not sync the redirector');
  reading(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash hash /srv/ftp                      the whole tree
  mirrorhash hash --quiet /srv/ftp              for cron: silent unless it fails
  mirrorhash hash --dry-run /srv/ftp            what would be hashed, and why
  mirrorhash hash --base /srv/ftp /srv/ftp/iso  one directory of it
  mirrorhash hash a.iso b.iso                   some files
  mirrorhash hash --all                         all of /etc/mirrorhash.toml
  rsync -a --out-format=%n SOURCE /srv/ftp |
    mirrorhash hash /srv/ftp --files-from -     what rsync brought
${exitStatuses}`,
  );
  runs(command, surroundings, async () => (await import('./commands/hash.js')).hash);
}

function addSync(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('sync')
    .description('Bring the redirector database to what the cache knows; reads no file.')
    .argument('<dir>', 'the tree, or a directory in it')
    .option('--full', 'compare every row; remove rows of files that are gone from the disk')
    .option(
      '--max-delete <n|percent%>',
      'with --full: remove at most so many rows (default 50%, or 100 rows)',
    )
    .option('--new-paths', 'the redirector may know few of these paths (or is the base wrong?)');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash sync /srv/ftp           what changed since the last sync
  mirrorhash sync --full /srv/ftp    after the database was restored, say`,
  );
  runs(command, surroundings, async () => (await import('./commands/sync.js')).sync);
}

function addShow(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('show')
    .description('Print all that is known about one file.')
    .argument('<file>', 'the file');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash show /srv/ftp/iso/a.iso
  mirrorhash show --json /srv/ftp/iso/a.iso | jq -r .sha256`,
  );
  runs(command, surroundings, async () => (await import('./commands/show.js')).show);
}

function addStatus(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('status')
    .description('Print counts, the last run, problems, and how far the redirectors are behind.')
    .argument('<dir>', 'the tree, or a directory in it');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash status /srv/ftp
  mirrorhash status --json /srv/ftp | jq '.redirectors[].lag'`,
  );
  runs(command, surroundings, async () => (await import('./commands/status.js')).status);
}

function addVerify(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('verify')
    .description('Read files again and compare them with the cache; differences are told, never stored.')
    .argument('<path>', 'the tree, or a directory or file in it')
    .option('--sample <percent%>', 'only so many of the files, chosen at random');
  reading(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash verify /srv/ftp                    all of it
  mirrorhash verify --sample 1% /srv/ftp        a little every night
${exitStatuses}`,
  );
  runs(command, surroundings, async () => (await import('./commands/verify.js')).verify);
}

function addForget(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('forget')
    .description('Drop records that are never pruned (of files that are excluded now); touches no file.')
    .argument('<path...>', 'files, or directories with everything below')
    .option('--dry-run', 'tell what would be forgotten, write nothing')
    .option('--no-sync', 'do not sync the redirector');
  common(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash forget /srv/ftp/private`,
  );
  runs(command, surroundings, async () => (await import('./commands/forget.js')).forget);
}

function addImport(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('import')
    .description("Take over the redirector's rows whose files still have their size and mtime.")
    .argument('<dir>', 'the tree, or a directory in it')
    .option('--verify-sample <percent%>', 'first read so many of the files; stop at the first difference')
    .option('--dry-run', 'tell what would be imported, write nothing')
    .option('--include <glob>', 'only files whose path matches (repeatable)', collect)
    .option('--exclude <glob>', 'leave out files and directories whose path matches (repeatable)', collect)
    .option('--no-default-excludes', "import rsync's temporaries, lost+found/ and .snapshot/ too")
    .option('--one-file-system', 'do not enter other file systems')
    .option('--piece-length <bytes|auto>', 'of files that will be hashed; imported ones keep theirs')
    .option('--zsync', 'have zsync sums computed where they are missing (the default)')
    .option('--no-zsync', 'have no zsync sums')
    .option('--zsync-include <glob>', 'zsync sums only for these files (repeatable)', collect)
    .option('--zsync-block-size <bytes|auto>', 'of files that will be hashed')
    .option('--zsync-max-size <bytes>', 'no zsync sums for larger files (default 16G)');
  reading(command).addHelpText(
    'after',
    `
Examples:
  mirrorhash import --dry-run --mirrorbrain-conf /etc/mirrorbrain.conf /srv/ftp
  mirrorhash import --verify-sample 1% --redirector postgres://mb@db/mb /srv/ftp
  mirrorhash import --redirector sqlite:old.db --no-zsync /srv/ftp
${exitStatuses}`,
  );
  runs(command, surroundings, async () => (await import('./commands/import.js')).importTree);
}

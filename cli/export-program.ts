/**
 * The command line of `mirrorhash export`.
 */
import type { Command } from 'commander';
import { collect, common, exitStatuses, runs, type Surroundings } from './command-parts.js';

export function addExport(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('export')
    .description('Write checksum files, torrents, zsync files and metalinks for sites that serve files.')
    .argument('<dir>', 'the tree, or a directory in it')
    .option('--to <dir>', "where they go, in directories like the tree's")
    .option('--in-place', 'write them into the tree, beside the files')
    .option(
      '--formats <list>',
      'what is written, with commas: sha256sums, sha1sums, md5sums (one file a directory); md5, sha1, sha256, btih, torrent, magnet, zsync, metalink, meta4 (beside each file); tracker-allowlist; or all',
      collect,
    )
    .option('--tag', 'checksum files of directories in BSD style, as sha256sum --tag')
    .option('--base-url <url>', "URL of the tree's base at the publisher's")
    .option('--mirror-url <url>', "URL of the tree's base at a mirror, the best first (repeatable)", collect)
    .option('--tracker <url,...>', 'a tier of BitTorrent trackers (repeatable)', collect)
    .option('--dht-node <host:port>', 'a node of the distributed hash table (repeatable)', collect)
    .option('--publisher <text>', 'NAME or NAME <URL>, for metalinks')
    .option('--include <glob>', 'only for files whose path matches (repeatable)', collect)
    .option('--exclude <glob>', 'not for files and directories whose path matches (repeatable)', collect)
    .option('--adopt', 'files that are there already with the right bytes count as written by us')
    .option(
      '--max-delete <n|percent%>',
      'remove the outputs of at most so many lost files (default 50%, or 100)',
    )
    .option('--jobs <n>', 'directories done at once (default: the processors)')
    .option('--dry-run', 'tell what would be written and removed, write nothing')
    .option('--strict', 'outputs that are left alone count as failed')
    .option('--no-progress', 'no progress on a terminal');
  common(command).addHelpText(
    'after',
    `
An output with the right bytes is not touched; one that is no longer asked for,
or whose file is gone, is removed. What somebody else wrote stays, such as a
SHA256SUMS with a signature. Only for files that everybody may read, below
directories that everybody may enter, and in the version that was hashed.

Examples:
  mirrorhash export /srv/ftp --to /srv/sums --formats sha256sums
  mirrorhash export /srv/ftp --in-place --formats sha256,torrent \\
    --base-url https://download.example.org/
  mirrorhash export /srv/ftp --to /srv/meta --formats all --dry-run \\
    --mirror-url https://ftp.example.net/pub/ \\
    --tracker udp://tracker.example.org:6969
${exitStatuses}`,
  );
  runs(command, surroundings, async () => (await import('./commands/export.js')).exportFiles);
}

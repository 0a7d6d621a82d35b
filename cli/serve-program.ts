/**
 * The command line of `mirrorhash serve`.
 */
import type { Command } from 'commander';
import { collect, common, runs, type Surroundings } from './command-parts.js';

export function addServe(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('serve')
    .description('Serve the tree over HTTP: files, their hashes and metadata, listings, and mirrors.')
    .argument('<dir>', 'the tree')
    .option('--listen <host:port>', 'where to listen; port 0: any that is free (default 127.0.0.1:8080)')
    .option(
      '--public-url <url>',
      "URL of the tree's base as clients know it (default: as each request calls us)",
    )
    .option(
      '--trust-proxy <addresses>',
      'believe X-Forwarded-For, -Proto, -Host and the two headers below from there: addresses, networks or loopback, with commas',
    )
    .option('--country-header <name>', "header with the client's country: two letters of ISO 3166-1")
    .option('--region-header <name>', "header with the client's continent: af an as eu na oc sa")
    .option(
      '--min-redirect-size <bytes>',
      'deliver smaller files ourselves, whatever mirrors there are (default 4096)',
    )
    .option('--tracker <url,...>', 'a tier of BitTorrent trackers (repeatable)', collect)
    .option('--dht-node <host:port>', 'a node of the distributed hash table (repeatable)', collect)
    .option('--publisher <text>', 'NAME or NAME <URL>, for metalinks')
    .option('--metrics-listen <host:port>', 'where to answer /metrics (Prometheus) and /healthz')
    .option('--access-log <file>', 'where to write a JSON object for each request; - is standard output', '-')
    .option('--no-access-log', 'write none')
    .option('--max-requests <n>', 'answer 503 when so many are under way (default 1024)');
  common(command).addHelpText(
    'after',
    `
Only what everybody may read is served: world-readable files below directories
that everybody may enter.
SIGINT and SIGTERM end it within two seconds (status 130, 143).

Examples:
  mirrorhash serve /srv/ftp
  mirrorhash serve /srv/ftp --listen 0.0.0.0:80 --access-log access.json
  mirrorhash serve /srv/ftp --public-url https://download.example.org/ \\
    --trust-proxy loopback --country-header X-Country   behind a front server`,
  );
  runs(command, surroundings, async () => (await import('./commands/serve.js')).serve);
}

/**
 * The units of contrib/systemd/ on a real systemd, which runs them with all that they ask for: hashed by a user of its
 * own that reads what is staged and cannot write the tree, served by another one that sees nothing staged.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { program, site, until, withoutPrivileges } from '../support/e2e.js';
import { coreutils, redirectorRows, write } from '../support/e2e-files.js';

const contrib = fileURLToPath(new URL('../../contrib/systemd/', import.meta.url));
const boot = fileURLToPath(new URL('boot.sh', import.meta.url));
const units = ['mirrorhash@.service', 'mirrorhash@.timer', 'mirrorhash-serve@.service'];

const namespaces = ['--pid', '--mount', '--net', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
const obstacle = obstacleTo();
if (obstacle !== null) process.stderr.write(`contrib: no real systemd: ${obstacle}: its units are not run\n`);

function obstacleTo(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  if (withoutPrivileges() === null) return 'nobody else may run the program';
  if (!existsSync('/lib/systemd/systemd')) return 'not installed';
  const needed = `set -e
    command -v ip systemd-sysusers curl
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root`;
  const { status, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', needed], { encoding: 'utf8' });
  return status === 0 ? null : `no namespaces or overlays, or ip or curl is missing: ${stderr.trim()}`;
}

/** Runs after the first unit, as root: starts the server, asks it, and says what it heard. */
const probe = `#!/bin/sh
systemctl start mirrorhash-serve@home-ftp.service
for try in $(seq 100); do curl -s -o /dev/null 127.0.0.1:8080/ && break; sleep 0.1; done
for path in open/a.iso.sha256 staged/next.iso staged/next.iso.sha256; do
  curl -s -o /dev/null -w "%{http_code} $path\\n" "127.0.0.1:8080/$path"
done >/written/answers
curl -s 127.0.0.1:9100/metrics >/written/metrics
server=$(systemctl show -P MainPID mirrorhash-serve@home-ftp.service)
nsenter -t "$server" -m -r ls /var/lib/mirrorhash >/written/seen
stat -c %U /var/lib/mirrorhash /var/lib/mirrorhash/of-root >/written/owners
cp /var/lib/mirrorhash/home-ftp/redirector.db /written/
systemctl show -P ActiveState mirrorhash@home-ftp.timer >/written/timer
cd /var/lib/mirrorhash/home-ftp
stat -c '%a %U:%G %n' . $(ls | grep -v -e -wal -e -shm) >/written/state
ls /home/ftp/open >/written/tree
wc -c <secrets >/written/secrets
touch /written/done
`;

const hashDropIn = `[Service]
ExecStartPost=/bin/sh -c 'touch %f/open/written; touch %S/mirrorhash/%i/may-write; cat /etc/shadow /etc/shadow- >%S/mirrorhash/%i/secrets'
`;

const probeUnit = `[Unit]
DefaultDependencies=no
Requires=mirrorhash@home-ftp.service mirrorhash@home-ftp.timer
After=mirrorhash@home-ftp.service mirrorhash@home-ftp.timer
[Service]
Type=oneshot
ExecStart=/bin/sh /probe
`;

/** The server as in the unit, with its metrics where they can be asked for. */
const serveDropIn = `[Service]
ExecStart=
ExecStart=/usr/bin/env mirrorhash serve --metrics-listen 127.0.0.1:9100 --state %S/mirrorhash/%i %f
`;

describe('contrib/systemd', () => {
  test.skipIf(spawnSync('systemd-analyze', ['--version']).error !== undefined)(
    'says nothing that systemd does not know',
    () => {
      const place = site();
      for (const unit of units) copyFileSync(join(contrib, unit), join(place.directory, unit));
      const instances = units.map((unit) => join(place.directory, unit.replace('@', '@home-ftp')));
      for (const [n, unit] of units.entries()) copyFileSync(join(contrib, unit), instances[n] ?? '');
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...instances], {
        encoding: 'utf8',
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${place.directory}:` },
      });
      expect([status, stderr]).toEqual([0, '']);
    },
  );

  test.skipIf(obstacle !== null)(
    'hashes what is staged, and serves what is open',
    {
      timeout: 120_000,
    },
    async () => {
      const { directory } = site();
      const files = fillRoot(join(directory, 'files'));
      const written = await bootUntilDone(directory);

      expect(written('answers')).toBe(
        '200 open/a.iso.sha256\n404 staged/next.iso\n404 staged/next.iso.sha256\n',
      );
      const sums = [...coreutils('sha256sum', files)].map(([file, sum]) => [basename(file), sum]);
      const rows = redirectorRows(directory, join(directory, 'written/redirector.db'));
      expect([...rows].map(([path, { sha256 }]) => [basename(path), sha256.toString('hex')])).toEqual(sums);
      expect(written('metrics')).toMatch(/^mirrorhash_last_run_age_seconds [\d.]+$/m);
      expect(written('seen')).toBe('home-ftp\n');
      expect(written('owners')).toBe('root\nroot\n');
      expect(written('timer')).toBe('active\n');
      // It tried to write in the tree, where everybody may; and made a file in its state.
      expect(written('tree')).toBe('a.iso\n');
      expect(written('secrets')).toBe('0\n');
      expect(written('state')).toBe(
        [
          '750 mirrorhash:mirrorhash .',
          '640 mirrorhash:mirrorhash cache.db',
          '700 mirrorhash:mirrorhash locks',
          '640 mirrorhash:mirrorhash may-write',
          '640 mirrorhash:mirrorhash redirector.db',
          '700 mirrorhash:mirrorhash redirector.db.locks',
          '640 mirrorhash:mirrorhash secrets\n',
        ].join('\n'),
      );
    },
  );
});

/** What is laid over the root of the machine. @returns the files of its tree, by path */
function fillRoot(root: string): readonly string[] {
  // A state of root's own, and one of another tree.
  mkdirSync(join(root, 'var/lib/mirrorhash/of-root'), { recursive: true });
  // In a home: only what the unit asks for lies there.
  const files = ['home/ftp/open/a.iso', 'home/ftp/staged/next.iso'].map((path) => join(root, path));
  for (const file of files) write(file, basename(file));
  chmodSync(join(root, 'home/ftp/staged'), 0o750);
  // So that only the unit keeps the program from writing there.
  chmodSync(join(root, 'home/ftp/open'), 0o777);

  const system = join(root, 'etc/systemd/system');
  for (const unit of units) write(join(system, unit), readFileSync(join(contrib, unit)));
  write(join(root, 'etc/sysusers.d/mirrorhash.conf'), readFileSync(join(contrib, 'mirrorhash.sysusers')));
  write(join(system, 'mirrorhash@.service.d/try.conf'), hashDropIn);
  write(join(system, 'mirrorhash-serve@.service.d/metrics.conf'), serveDropIn);
  write(join(system, 'probe.service'), probeUnit);
  write(join(root, 'probe'), probe);
  const command = join(root, 'usr/local/bin/mirrorhash');
  write(command, '#!/bin/sh\nexec /usr/local/bin/node /opt/mirrorhash/dist/cli/main.js "$@"\n');
  chmodSync(command, 0o755);
  return files;
}

/** Runs the machine until its probe has ended. @returns what the probe wrote, by name */
async function bootUntilDone(directory: string): Promise<(name: string) => string> {
  for (const name of ['room', 'written']) mkdirSync(join(directory, name));
  const checkout = dirname(dirname(dirname(program)));
  const machine = spawn(
    'unshare',
    [...namespaces, 'sh', boot, directory, checkout, process.execPath, 'probe.service'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [machine.stdout, machine.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const done = join(directory, 'written/done');
  try {
    await until(() => existsSync(done) || machine.exitCode !== null, 'the probe', 90_000);
    expect(existsSync(done), said).toBe(true);
  } finally {
    machine.kill('SIGKILL');
    await once(machine, 'close');
  }
  return (name) => readFileSync(join(directory, 'written', name), 'utf8');
}

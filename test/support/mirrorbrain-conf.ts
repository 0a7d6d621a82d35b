/**
 * Texts of MirrorBrain's configuration, for tests.
 */
export const database =
  'dbuser = mb\ndbpass = secret\ndbdriver = postgresql\ndbhost = db.example.org\ndbname = mirrors\n';

/** A file with one instance, whose keys begin in line 4 (those of `database` behind them). */
export function conf(keys: string, others = database): string {
  return `[general]\ninstances = main\n[main]\n${keys}\n${others}`;
}

/** A file as sites have it, with two instances. */
export const siteConf = `
[general]
instances = main, other
[main]
dbuser = mb
dbpass = s3cr;et#"x"
dbdriver = postgresql
dbhost = db.example.org
# optional: dbport = ...
dbname = mirrors
scan_exclude_rsync = */debug */50%off
apache_documentroot = /srv/%(nowhere)s
chunk_size = 1048576
zsync_hashes = On

[other]
dbuser = o
dbdriver: Pg
dbport: 5433
dbname: others

[mirrorprobe]
mailto = root@localhost
`;

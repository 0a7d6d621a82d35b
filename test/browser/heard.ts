/**
 * What a screen reader is told of two pages, written by hand in the form of Playwright's accessibility snapshots.
 *
 * Sums of the file: `head -c 600000 /dev/zero | tr '\\0' x | sha256sum`. Its infohash: bencoded by hand, digested by
 * Python's hashlib, and told alike by libtorrent 2.0.8.
 */

export const heardOfListing = `- main:
  - heading "Downloads" [level=1]
  - paragraph: 4 entries
  - table "Files and directories":
    - caption: Files and directories
    - rowgroup:
      - row "Name Size Modified Details":
        - columnheader "Name"
        - columnheader "Size"
        - columnheader "Modified"
        - columnheader "Details"
    - rowgroup:
      - row "empty/ 2026-11-21 19:17":
        - rowheader "empty/":
          - link "empty/":
            - /url: ./empty/
        - cell
        - cell "2026-11-21 19:17":
          - time: 2026-11-21 19:17
        - cell
      - row "hostile/ 2026-11-21 19:17":
        - rowheader "hostile/":
          - link "hostile/":
            - /url: ./hostile/
        - cell
        - cell "2026-11-21 19:17":
          - time: 2026-11-21 19:17
        - cell
      - row "releases/ 2026-11-21 19:17":
        - rowheader "releases/":
          - link "releases/":
            - /url: ./releases/
        - cell
        - cell "2026-11-21 19:17":
          - time: 2026-11-21 19:17
        - cell
      - row "README.txt 9 B 2026-11-21 19:17 Details of README.txt":
        - rowheader "README.txt":
          - link "README.txt":
            - /url: ./README.txt
        - cell "9 B"
        - cell "2026-11-21 19:17":
          - time: 2026-11-21 19:17
        - cell "Details of README.txt":
          - link "Details of README.txt":
            - /url: ./README.txt.mirrorlist
- contentinfo:
  - paragraph: Dates are in UTC. 1 KiB is 1,024 bytes.`;

const file = 'example-12.1-amd64-netinst.iso';
const sha256 = '34e95fe8877d07873716a3f575a4ea908b2e776b18e0b5122d33f7a93ff012b4';
const sha1 = 'ad8aeb5f36da21d3f487544298d85f268f881d21';
const md5 = 'bbef3d09d1fd68cfb48e7ae1acc56a17';
const btih = '6bf76be128278f0c0e3b018cbe3f44482c3d974a';

const sums = [
  ['SHA-256', 'sha256', sha256],
  ['SHA-1', 'sha1', sha1],
  ['MD5', 'md5', md5],
  ['BitTorrent infohash', 'btih', btih],
]
  .map(
    ([name, suffix, sum]) => `    - term: ${name}
    - definition:
      - code: ${sum}
    - definition:
      - link ".${suffix} file of ${file}":
        - /url: ./${file}.${suffix}
`,
  )
  .join('');

const places = [
  ['In your country', 'mirror.example.de', 'DE'],
  ['In your region', 'mirror-with-a-name-that-is-longer-than-others-have.example.org', 'FR'],
  ['Elsewhere', 'mirror.example.com', 'US'],
] as const;
const mirrorNames = places.map(([, name]) => name);

const mirrors = places
  .map(
    ([heading, name, country]) => `    - heading "${heading}" [level=3]
    - list:
      - listitem:
        - link "${name}":
          - /url: https://${name}/releases/12.1/${file}
        - text: ${country}`,
  )
  .join('\n');

/** Web seeds, nearest first, and where the torrent is. */
function magnetAt(origin: string): string {
  const seeds = mirrorNames.map((name) => `&ws=https%3A%2F%2F${name}%2Freleases%2F12.1%2F${file}`).join('');
  const torrent = `${origin.replaceAll(':', '%3A').replaceAll('/', '%2F')}%2Freleases%2F12.1%2F${file}.torrent`;
  return `magnet:?xt=urn:btih:${btih}&dn=${file}&xl=600000${seeds}&xs=${torrent}`;
}

/** @param origin of the site, without a slash at its end */
export const heardOfDetails = (origin: string): string => `- navigation "Breadcrumbs":
  - list:
    - listitem:
      - link "Downloads":
        - /url: ../../
    - listitem:
      - link "releases":
        - /url: ../
    - listitem:
      - link "12.1":
        - /url: ./
- main:
  - heading "${file}" [level=1]
  - region "Download":
    - heading "Download" [level=2]
    - paragraph:
      - link "Download ${file} 585 KiB":
        - /url: ./${file}
    - term: Size
    - definition: 585 KiB (600,000 bytes)
    - term: Modified
    - definition:
      - time: 2026-11-21 19:17:00
      - text: UTC
    - term: Pieces
    - definition: 3 of 256 KiB (262,144 bytes)
  - region "Other ways to get it":
    - heading "Other ways to get it" [level=2]
    - list:
      - listitem:
        - link "Torrent":
          - /url: ./${file}.torrent
        - text: for BitTorrent clients
      - listitem:
        - link "Magnet link":
          - /url: ${magnetAt(origin)}
        - text: opens a BitTorrent client
      - listitem:
        - link "Magnet, as text":
          - /url: ./${file}.magnet
        - text: the same link, to copy into another program
      - listitem:
        - link "Metalink":
          - /url: ./${file}.meta4
        - text: "for aria2 and other download managers: several mirrors at once, every piece checked"
      - listitem:
        - link "Metalink 3":
          - /url: ./${file}.metalink
        - text: the same, for older ones
      - listitem:
        - link "zsync":
          - /url: ./${file}.zsync
        - text: fetches only what an older copy of yours lacks
  - region "Checksums":
    - heading "Checksums" [level=2]
${sums}  - region "Check your download":
    - heading "Check your download" [level=2]
    - paragraph: "In the directory where you saved it:"
    - code: printf '${sha256} ${file}\\n' | sha256sum -c
    - paragraph:
      - text: Or compare the SHA-256 above with what
      - code: shasum -a 256
      - text: (macOS) or
      - code: Get-FileHash
      - text: (Windows) prints.
    - paragraph:
      - text: With its
      - link "signature of ${file}":
        - /url: ./${file}.asc
      - text: "beside it, and the key of its publisher:"
    - code: gpg --verify ${file}.asc ${file}
  - region "Mirrors":
    - heading "Mirrors" [level=2]
${mirrors}`;

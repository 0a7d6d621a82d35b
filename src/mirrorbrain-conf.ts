/**
 * Pure: MirrorBrain's own configuration (/etc/mirrorbrain.conf) → a layer of settings, for sites that come from
 * `mb makehashes`: the database, and the recipe that its rows were made with.
 *
 * It reads no file (files/config-file.ts does). Only what is asked for is looked at: a chunk_size that mirrorhash
 * cannot use harms nobody who names another. No message holds a password.
 */
import { MirrorhashError } from './errors.js';
import type { Recipe } from './model.js';
import { type IniValue, PythonIni } from './python-ini.js';
import { parsePieceLength } from './quantities.js';
import { given, type TreeSettings } from './settings.js';

/** The settings that the file can give. */
export type MirrorbrainPart = 'redirector' | 'pieceLength' | 'zsync';

export interface MirrorbrainConf {
  readonly settings: TreeSettings;
  /** what mirrorhash does otherwise than the file says */
  readonly notices: readonly string[];
}

/** MirrorBrain's defaults. */
const defaultChunkSize = 262_144;
const defaultPort = '5432';

/** Python's. */
const yes: readonly string[] = ['1', 'yes', 'true', 'on'];
const no: readonly string[] = ['0', 'no', 'false', 'off'];

/**
 * Reads the text of a MirrorBrain configuration. What is not UTF-8 in it must have become U+FFFD: comments may hold
 * anything, but a value that is used may not.
 *
 * @param fileName how messages call the file
 * @param instance null: the first one
 * @throws MirrorhashError CONFIG_INVALID `FILE:LINE: …`; USAGE when there is no such instance
 */
export function parseMirrorbrainConf(
  text: string,
  fileName: string,
  instance: string | null,
  parts: readonly MirrorbrainPart[],
): MirrorbrainConf {
  const conf = new Instance(new PythonIni(text, fileName), fileName, instance);
  const wants = (part: MirrorbrainPart): boolean => parts.includes(part);
  const piecesUnwanted = wants('pieceLength') && !conf.flag('chunked_hashes', true);
  return {
    settings: {
      ...given<TreeSettings>({ redirector: wants('redirector') ? conf.redirector() : undefined }),
      recipe: given<Recipe>({
        pieceLength: wants('pieceLength') ? conf.pieceLength() : undefined,
        zsync: wants('zsync') ? conf.flag('zsync_hashes', false) : undefined,
      }),
    },
    notices: piecesUnwanted
      ? [`${fileName}: chunked_hashes is off, but mirrorhash always stores the hashes of pieces`]
      : [],
  };
}

/** The section of one instance. */
class Instance {
  private readonly section: string;
  /** of the section's header */
  private readonly line: number;

  constructor(
    private readonly ini: PythonIni,
    private readonly fileName: string,
    instance: string | null,
  ) {
    const list = ini.get('general', 'instances');
    const names = list?.value.split(/[\s,]+/).filter((name) => name !== '') ?? [];
    const [first] = names;
    if (list === null || first === undefined) {
      const line = list?.line ?? ini.lineOf('general') ?? 1;
      throw invalid(`${fileName}:${line}: [general] names no "instances"`, 'is it of MirrorBrain?');
    }
    this.section = instance ?? first;
    if (!names.includes(this.section)) {
      // Lines that are indented by mistake become part of the list, a password among them.
      const known = names.filter((name) => ini.lineOf(name) !== null);
      const hint = known.length === 0 ? undefined : `there are: ${known.join(', ')}`;
      throw new MirrorhashError(
        'USAGE',
        `no instance ${JSON.stringify(instance)} in ${fileName}`,
        given({ hint }),
      );
    }
    const line = ini.lineOf(this.section);
    if (line === null) {
      throw invalid(
        `${fileName}:${list.line}: the instance "${this.section}" has no section [${this.section}]`,
      );
    }
    this.line = line;
  }

  flag(key: string, absent: boolean): boolean {
    const found = this.find(key);
    if (found === null) return absent;
    const value = found.value.toLowerCase();
    if (yes.includes(value) || no.includes(value)) return yes.includes(value);
    throw this.wrong(key, found, 'must be yes or no, true or false, on or off, 1 or 0');
  }

  /** By the rule of `--piece-length`, but in bytes only: MirrorBrain knows no other unit. */
  pieceLength(): Recipe['pieceLength'] {
    const found = this.find('chunk_size');
    if (found === null) return defaultChunkSize;
    const hint = 'name the piece length on the command line, which goes before the file: --piece-length 256K';
    if (!/^\d+$/.test(found.value)) throw this.wrong('chunk_size', found, 'must be a number of bytes', hint);
    try {
      return parsePieceLength(found.value);
    } catch {
      throw this.wrong('chunk_size', found, 'must be a power of two from 16384 to 67108864', hint);
    }
  }

  /** A URL, all parts of it percent-encoded. */
  redirector(): string {
    this.checkDriver();
    const user = encodeURIComponent(this.required('dbuser'));
    const password = encodeURIComponent(this.find('dbpass')?.value ?? '');
    const host = encodeURIComponent(this.find('dbhost')?.value ?? '');
    // The driver decodes a path by decodeURI, which leaves the escapes of @, : and their like as they are.
    const database = encodeURI(this.required('dbname')).replace(/[?#]/g, encodeURIComponent);
    const port = this.port();
    const login = password === '' ? user : `${user}:${password}`;
    // A URL has no port where it has no host.
    return host === ''
      ? `postgres://${login}@/${database}?port=${port}`
      : `postgres://${login}@${host}:${port}/${database}`;
  }

  private checkDriver(): void {
    const found = this.find('dbdriver');
    if (/^(pg|postgres|postgresql)$/i.test(found?.value ?? '')) return;
    const isMysql = found === null || /^mysql$/i.test(found.value);
    const problem = isMysql
      ? `has a MySQL database ("dbdriver" is ${found === null ? 'absent' : 'mysql'}), but only PostgreSQL is supported`
      : 'has a "dbdriver" that is none of Pg, postgres and postgresql';
    throw invalid(
      `${this.at(found)}: [${this.section}] ${problem}`,
      'name another redirector with --redirector; the rest is still taken from the file',
    );
  }

  private port(): string {
    const found = this.find('dbport');
    if (found === null || found.value === '') return defaultPort;
    const number = Number(found.value);
    if (/^\d+$/.test(found.value) && number >= 1 && number <= 65_535) return String(number);
    throw this.wrong('dbport', found, 'must be a number from 1 to 65535');
  }

  private required(key: string): string {
    const found = this.find(key);
    if (found !== null && found.value !== '') return found.value;
    throw invalid(`${this.at(found)}: [${this.section}] has no ${JSON.stringify(key)}`);
  }

  private find(key: string): IniValue | null {
    const found = this.ini.get(this.section, key);
    // Guessing an encoding would send a wrong password, and the server would not say why it refuses it.
    if (found?.value.includes('\ufffd')) throw this.wrong(key, found, 'is not UTF-8');
    // A user's name that swallowed the password would be shown in all output.
    if (found?.value.includes('\n')) {
      throw this.wrong(
        key,
        found,
        'goes on in the next line',
        'a line that is indented continues the one above',
      );
    }
    return found;
  }

  /** @param found its value is not repeated */
  private wrong(key: string, found: IniValue, problem: string, hint?: string): MirrorhashError {
    // Python 2 took such comments off.
    const commented = /\s[;#]/.test(found.value) ? 'comments must stand on lines of their own' : hint;
    return invalid(`${this.at(found)}: "${key}" in [${this.section}] ${problem}`, commented);
  }

  private at(found: IniValue | null): string {
    return `${this.fileName}:${found?.line ?? this.line}`;
  }
}

function invalid(message: string, hint?: string): MirrorhashError {
  return new MirrorhashError('CONFIG_INVALID', message, given({ hint }));
}

/**
 * Pure: the syntax of Python's ConfigParser, as MirrorBrain's configuration has it: text → sections of keys and values.
 *
 * It knows nothing of what the keys mean (mirrorbrain-conf.ts does), and no message repeats a value or a line: either
 * may hold a password. Where versions of Python differ, Python 3 is followed (what stands behind a `;` belongs to the
 * value), but that a section or key may come twice, as for Python 2: the later value counts.
 */
import { MirrorhashError } from './errors.js';

export interface IniValue {
  readonly value: string;
  /** of its key, from 1 on */
  readonly line: number;
}

interface Section {
  readonly line: number;
  readonly entries: Map<string, IniValue>;
}

/** Its keys stand in for those that other sections do not have. */
const defaultSection = 'DEFAULT';
/** As Python. */
const deepestReference = 10;

export class PythonIni {
  private readonly sections: ReadonlyMap<string, Section>;

  /**
   * @param fileName how messages call the file
   * @throws MirrorhashError CONFIG_INVALID `FILE:LINE: …`
   */
  constructor(
    text: string,
    private readonly fileName: string,
  ) {
    this.sections = parse(text, fileName);
  }

  /** The line of its header, null when there is no such section. */
  lineOf(section: string): number | null {
    return section === defaultSection ? null : (this.sections.get(section)?.line ?? null);
  }

  /** In lower case, those of `[DEFAULT]` too. */
  keys(section: string): readonly string[] {
    return [...new Set([section, defaultSection].flatMap((name) => [...this.entries(name).keys()]))];
  }

  /**
   * A value with what it refers to; null when neither the section nor `[DEFAULT]` has the key.
   *
   * @param key in lower case
   * @throws MirrorhashError CONFIG_INVALID when it refers to a key that is not there, or to itself
   */
  get(section: string, key: string): IniValue | null {
    const found = this.raw(section, key);
    return found === null ? null : { ...found, value: this.expanded(section, found, found.line, 1) };
  }

  /** As it is written. */
  raw(section: string, key: string): IniValue | null {
    return this.entries(section).get(key) ?? this.entries(defaultSection).get(key) ?? null;
  }

  private entries(section: string): ReadonlyMap<string, IniValue> {
    return this.sections.get(section)?.entries ?? new Map();
  }

  /** A `%` that begins neither `%%` nor `%(key)s` stays: passwords of sites that never heard of references have such. */
  private expanded(section: string, { value }: IniValue, line: number, depth: number): string {
    return value.replace(/%%|%\(([^)]+)\)s/g, (_, name?: string) => {
      if (name === undefined) return '%';
      const found = this.raw(section, name.toLowerCase());
      if (found === null)
        throw this.badReference(line, 'is not there', 'write %% for a % that is meant as such');
      if (depth >= deepestReference)
        throw this.badReference(line, 'leads back to it, or through too many others');
      return this.expanded(section, found, line, depth + 1);
    });
  }

  private badReference(line: number, problem: string, hint?: string): MirrorhashError {
    return invalid(`${this.fileName}:${line}: the value refers by %(…)s to a key that ${problem}`, hint);
  }
}

function parse(text: string, fileName: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  let section: Section | null = null;
  let open: { readonly key: string; readonly line: number; readonly parts: string[] } | null = null;
  let indent = 0;
  const close = (): void => {
    if (open !== null) {
      section?.entries.set(open.key, { value: open.parts.join('\n').trimEnd(), line: open.line });
    }
    open = null;
  };

  for (const [index, written] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    const content = written.trim();
    if (content === '') open?.parts.push('');
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    const ownIndent = written.length - written.trimStart().length;
    if (open !== null && ownIndent > indent) {
      open.parts.push(content);
      continue;
    }
    close();
    indent = ownIndent;
    const header = /^\[([^\]]+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? { line, entries: new Map() };
      sections.set(header, section);
      continue;
    }
    if (section === null) throw invalid(`${fileName}:${line}: there is no [section] above this line`);
    const [, key = '', value = ''] = /^(.*?)\s*[=:]\s*(.*)$/s.exec(content) ?? [];
    if (key === '') {
      throw invalid(
        `${fileName}:${line}: not "key = value"`,
        'a line that continues a value must be indented',
      );
    }
    open = { key: key.toLowerCase(), line, parts: [value] };
  }
  close();
  return sections;
}

function invalid(message: string, hint?: string): MirrorhashError {
  return new MirrorhashError('CONFIG_INVALID', message, hint === undefined ? {} : { hint });
}

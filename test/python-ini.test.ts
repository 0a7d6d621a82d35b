/**
 * The syntax of Python's ConfigParser, judged by Python itself where it is installed.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it, test } from 'vitest';
import { MirrorhashError } from '../src/errors.js';
import { PythonIni } from '../src/python-ini.js';

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Sections of our parser, expanded or as they are written. */
function read(text: string, names: readonly string[], how: 'get' | 'raw'): Sections {
  const ini = new PythonIni(text, 'm.conf');
  const present = names.filter((name) => ini.lineOf(name) !== null);
  return Object.fromEntries(
    present.map((name) => [
      name,
      Object.fromEntries(ini.keys(name).map((key) => [key, ini[how](name, key)?.value ?? ''])),
    ]),
  );
}

function refusal(act: () => unknown): MirrorhashError {
  try {
    act();
  } catch (error) {
    if (error instanceof MirrorhashError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('accepted');
}

/** What the sections hold, as they are written: name, text, sections. */
const written: readonly (readonly [string, string, Sections])[] = [
  ['nothing', '', {}],
  ['both delimiters', '[a]\nk = v\nl: w\nm=x\nn:y\n', { a: { k: 'v', l: 'w', m: 'x', n: 'y' } }],
  ['the first delimiter', '[a]\nk = a:b=c\nl: a=b:c', { a: { k: 'a:b=c', l: 'a=b:c' } }],
  ['keys of any case', '[a]\nDbUser = U\n', { a: { dbuser: 'U' } }],
  ['sections with their case', '[a]\nk=1\n[A]\nk=2', { a: { k: '1' }, A: { k: '2' } }],
  ['blanks', '[a]\n  k\t = \t v w  \n', { a: { k: 'v w' } }],
  ['empty values', '[a]\nk =\nl:\n', { a: { k: '', l: '' } }],
  ['lines of comments', '# x\n; y\n[a]\n#k = 1\n  ; l = 2\nm = 3\n', { a: { m: '3' } }],
  [
    'what looks like a comment',
    '[a]\nk = p#q;r\nl = p ; q\nm = #',
    { a: { k: 'p#q;r', l: 'p ; q', m: '#' } },
  ],
  ['quotes', '[a]\nk = "v w"\nl = \'\n', { a: { k: '"v w"', l: "'" } }],
  ['values that continue', '[a]\nk = 1\n  2\n\t3\nl = 4', { a: { k: '1\n2\n3', l: '4' } }],
  ['values that begin on the next line', '[a]\nk =\n  1\n', { a: { k: '\n1' } }],
  ['comments and gaps in values', '[a]\nk = 1\n# c\n\n  2\n\n\nl = 3', { a: { k: '1\n\n2', l: '3' } }],
  ['a continued line that looks like a key', '[a]\nk = 1\n  l = 2', { a: { k: '1\nl = 2' } }],
  ['keys that are all indented', '  [a]\n  k = 1\n  l = 2', { a: { k: '1', l: '2' } }],
  ['an indented key after a header', '[a]\n    k = 1\n    l = 2\nm = 3', { a: { k: '1', l: '2', m: '3' } }],
  ['CRLF', '[a]\r\nk = 1\r\n  2\r\nl = 3\r\n', { a: { k: '1\n2', l: '3' } }],
  ['CR alone', '[a]\rk = 1\rl = 2\r', { a: { k: '1', l: '2' } }],
  ['words behind a header', '[a] # x\nk = 1', { a: { k: '1' } }],
  ['names with dots and blanks', '[a.b c]\nk.l m = 1', { 'a.b c': { 'k.l m': '1' } }],
  ['names that every object has', '[__proto__]\nconstructor = 1', { ['__proto__']: { constructor: '1' } }],
  ['the later of two', '[a]\nk = 1\nK = 2\n[a]\nl = 3', { a: { k: '2', l: '3' } }],
  ['defaults', '[DEFAULT]\nk = 1\nl = 2\n[a]\nl = 3', { a: { l: '3', k: '1' } }],
  ['letters of any script', '[a]\nk = grüße\u2028日本', { a: { k: 'grüße\u2028日本' } }],
];

/** With references: text, and what `k` of [a] is. */
const references: readonly (readonly [string, string])[] = [
  ['[a]\nk = 100%%', '100%'],
  ['[a]\nk = %%%%', '%%'],
  ['[a]\nl = x\nk = <%(l)s%(l)s>', '<xx>'],
  ['[a]\nl = x\nk = %%(l)s', '%(l)s'],
  ['[a]\nl = x\nk = %(L)s', 'x'],
  ['[DEFAULT]\nl = x\n[a]\nk = %(l)s', 'x'],
  ['[DEFAULT]\nk = %(l)s\n[a]\nl = own', 'own'],
  ['[a]\nm = 1\nl = %(m)s2\nk = %(l)s3', '123'],
  ['[a]\nl = 5%%\nk = %(l)s', '5%'],
];

/** What Python says of each text. */
const judge = `
import configparser, json, sys
answers = []
for text, kind in json.load(sys.stdin):
    parser = getattr(configparser, kind)(strict=False)
    parser.read_string(text)
    answers.append({name: dict(parser.items(name)) for name in parser.sections()})
json.dump(answers, sys.stdout)
`;

/** Ends of lines come to Python's parser as they come from a file. */
function askPython(kind: 'RawConfigParser' | 'ConfigParser', texts: readonly string[]): readonly Sections[] {
  const input = JSON.stringify(texts.map((text) => [text.replace(/\r\n?/g, '\n'), kind]));
  const { status, stdout, stderr } = spawnSync('python3', ['-c', judge], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const hasPython = spawnSync('python3', ['-c', 'import configparser'], { stdio: 'ignore' }).status === 0;
if (!hasPython) process.stderr.write('python3 is not installed: it does not judge the parser\n');

describe('of a text in the syntax of ConfigParser', () => {
  it.each(written)('%s', (_, text, sections) => {
    expect(read(text, Object.keys(sections), 'raw')).toEqual(sections);
  });

  test.skipIf(!hasPython)('Python reads the same', () => {
    const answers = askPython(
      'RawConfigParser',
      written.map(([, text]) => text),
    );
    for (const [index, [name, text]] of written.entries()) {
      const theirs = answers[index] ?? {};
      expect(read(text, Object.keys(theirs), 'raw'), name).toEqual(theirs);
    }
  });
});

describe('a reference', () => {
  it.each(references)('in %j makes %j', (text, value) => {
    expect(new PythonIni(text, 'm.conf').get('a', 'k')?.value).toBe(value);
  });

  test.skipIf(!hasPython)('is to Python the same', () => {
    const answers = askPython(
      'ConfigParser',
      references.map(([text]) => text),
    );
    expect(answers.map((sections) => sections.a?.k)).toEqual(references.map(([, value]) => value));
  });

  // Python's ConfigParser refuses these, its RawConfigParser takes them as they are.
  it.each(['50%', '%x', 'a%20b', '%(l', '%(l)', '%()s', 'a % b'])('is none in %j', (value) => {
    expect(new PythonIni(`[a]\nl = x\nk = ${value}`, 'm.conf').get('a', 'k')?.value).toBe(value);
  });

  it('to a key that is not there is an error, but only when it is asked for', () => {
    const ini = new PythonIni('[a]\nk = 1\nl = secret%(nowhere)s\n', 'm.conf');
    expect(ini.get('a', 'k')?.value).toBe('1');
    const { message, hint } = refusal(() => ini.get('a', 'l'));
    expect(message).toBe('m.conf:3: the value refers by %(…)s to a key that is not there');
    expect(hint).toBe('write %% for a % that is meant as such');
  });

  it('may not lead back', () => {
    const ini = new PythonIni('[a]\n\nk = %(l)s\nl = %(m)s\nm = %(k)s', 'm.conf');
    expect(refusal(() => ini.get('a', 'k')).message).toMatch(/^m\.conf:3: .* leads back to it/);
  });

  test.skipIf(!hasPython)('may lead as far as in Python', () => {
    const chain = (length: number) =>
      `[a]\nk0 = end\n${Array.from({ length }, (_, index) => `k${index + 1} = %(k${index})s`).join('\n')}`;
    const ours = (length: number) => new PythonIni(chain(length), 'm.conf').get('a', `k${length}`)?.value;
    expect(ours(9)).toBe('end');
    expect(askPython('ConfigParser', [chain(9)])[0]?.a?.k9).toBe('end');
    expect(() => ours(11)).toThrow('through too many others');
    expect(() => askPython('ConfigParser', [chain(11)])).toThrow('InterpolationDepthError');
  });
});

describe('what is no such text is refused', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['k = secret', '1: there is no [section] above this line'],
    ['# x\n\nsecret', '3: there is no [section] above this line'],
    ['[a]\nk = 1\nsecret\n', '3: not "key = value"'],
    ['[a]\n= secret\n', '2: not "key = value"'],
    ['[a]\r\n\r\nsecret\r\n', '3: not "key = value"'],
    ['[a]\n[]\n', '2: not "key = value"'],
  ];

  it.each(wrong)('%j', (text, message) => {
    const error = refusal(() => new PythonIni(text, 'm.conf'));
    expect(error.message).toBe(`m.conf:${message}`);
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('secret');
  });

  test.skipIf(!hasPython)('by Python too', () => {
    for (const [text] of wrong) expect(() => askPython('RawConfigParser', [text]), text).toThrow('Error');
  });
});

it('lines are those of the keys', () => {
  const ini = new PythonIni('# x\n[a]\nk = 1\n  2\n\n[b]\nl:3', 'm.conf');
  expect([ini.lineOf('a'), ini.lineOf('b'), ini.lineOf('c')]).toEqual([2, 6, null]);
  expect([ini.raw('a', 'k')?.line, ini.get('b', 'l')?.line]).toEqual([3, 7]);
});

/**
 * Draws docs/terminal.svg: the built program on a generated tree, in a real terminal of 80 columns, once in the
 * middle of a run and once after it. `npm run docs` runs it; it needs `script` of util-linux.
 *
 * What is drawn is what the program wrote. Only rate and duration differ from one machine to the next.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScreen } from '../test/cli/screen.js';

const columns = 80;
const rows = 24;
/** A short fixed place: its name is in the picture. Made here, removed at the end. */
const place = '/tmp/demo';
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const picture = fileURLToPath(new URL('terminal.svg', import.meta.url));

const MiB = 1024 * 1024;
const images: Readonly<Record<string, number>> = {
  'ftp/iso/example-12.0-amd64.iso': 640 * MiB,
  'ftp/iso/example-12.0-arm64.iso': 480 * MiB,
  'ftp/iso/example-12.0-netinst.iso': 320 * MiB,
};

interface Window {
  readonly title: string;
  readonly lines: readonly string[];
}

function makeTree(): void {
  mkdirSync(place);
  for (const [path, size] of Object.entries(images)) makeFile(path, size);
  for (let n = 1; n <= 600; n += 1) {
    makeFile(`ftp/pool/${n % 5}/package-${n}.deb`, 1000 + ((n * 7919) % 60_000));
  }
  mkdirSync(join(place, 'bin'));
  writeFileSync(join(place, 'bin/mirrorhash'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
}

/** Zeros, and an old mtime: the program waits for files that were written a moment ago. */
function makeFile(path: string, size: number): void {
  const file = join(place, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  truncateSync(file, size);
  const mtime = new Date('2026-11-01T12:00:00Z');
  utimesSync(file, mtime, mtime);
}

/** Runs a command line in a terminal of its own. @returns everything that it wrote there */
function inTerminal(command: string): Promise<string> {
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; ${command}`, '/dev/null'], {
    cwd: place,
    env: {
      PATH: `${place}/bin:${process.env.PATH ?? ''}`,
      HOME: place,
      TERM: 'xterm-256color',
      MIRRORHASH_STATE: place,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(chunks).toString('utf8').replaceAll('\r', ''));
      else reject(new Error(`${command}: exit status ${status}\n${Buffer.concat(chunks).toString('utf8')}`));
    });
  });
}

/** What stood on the screen after each redraw, and at the end. */
function screens(written: string): string[][] {
  const screen = createScreen(columns, rows);
  const moments: string[][] = [];
  // The program brackets each redraw, so that terminals show it at once.
  for (const part of written.split(/(?<=\x1b\[\?2026l)/)) {
    screen.stream.write(part);
    moments.push(screen.lines());
  }
  return moments;
}

/** The first moment at which two fifths are done and every image is in work. */
function middle(moments: readonly string[][]): readonly string[] {
  const percent = (lines: readonly string[]) => Number(/\] +(\d+) %/.exec(lines[0] ?? '')?.[1] ?? 0);
  const most = Math.max(...moments.map((lines) => lines.length));
  const found = moments.find((lines) => lines.length === most && percent(lines) >= 40);
  if (found === undefined) throw new Error('no moment with every large file in work was seen');
  return found;
}

async function play(): Promise<readonly Window[]> {
  const first = 'mirrorhash hash --jobs 3 ftp';
  const moments = screens(await inTerminal(first));
  const after: string[] = [`$ ${first}`, ...(moments.at(-1) ?? [])];
  for (const command of ['mirrorhash show ftp/iso/example-12.0-netinst.iso', 'mirrorhash hash ftp']) {
    after.push(`$ ${command}`, ...(screens(await inTerminal(command)).at(-1) ?? []));
  }
  return [
    { title: 'while it runs', lines: [`$ ${first}`, ...middle(moments)] },
    { title: 'at the end, and once more', lines: after.flatMap(wrapped) },
  ];
}

/** As a terminal breaks it. */
function wrapped(line: string): readonly string[] {
  return line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
}

const cell = { width: 8.4, height: 19 };
const frame = { margin: 16, bar: 34, padding: 16, gap: 22 };

const style = `
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: #24292f; white-space: pre; }
    .window { fill: #f6f8fa; stroke: #d0d7de; }
    .bar { stroke: #d0d7de; }
    .title { fill: #6e7781; text-anchor: middle; font-size: 12.5px; }
    .knob { fill: #d0d7de; }
    .prompt { fill: #6e7781; }
    .typed { font-weight: 600; }
    .done { fill: #1a7f37; }
    .left { fill: #afb8c1; }
    .key { fill: #0550ae; }
    @media (prefers-color-scheme: dark) {
      text { fill: #d1d7e0; }
      .window { fill: #151b23; stroke: #3d444d; }
      .bar { stroke: #3d444d; }
      .title, .prompt { fill: #9198a1; }
      .knob { fill: #3d444d; }
      .done { fill: #3fb950; }
      .left { fill: #4c545e; }
      .key { fill: #79c0ff; }
    }`;

function draw(windows: readonly Window[]): string {
  const width = Math.round(columns * cell.width + 2 * (frame.margin + frame.padding));
  let top = frame.margin;
  const drawn = windows.map((window) => {
    const height = frame.bar + 2 * frame.padding + window.lines.length * cell.height;
    const svg = drawWindow(window, top, width, height);
    top += height + frame.gap;
    return svg;
  });
  const height = top - frame.gap + frame.margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>mirrorhash in a terminal</title>
  <style>${style}
  </style>
${drawn.join('\n')}
</svg>
`;
}

function drawWindow({ title, lines }: Window, top: number, width: number, height: number): string {
  const right = width - frame.margin;
  const under = top + frame.bar;
  const knobs = [0, 1, 2].map(
    (n) => `<circle class="knob" cx="${frame.margin + 18 + n * 18}" cy="${top + frame.bar / 2}" r="5.5"/>`,
  );
  const texts = lines.map((line, index) => {
    const y = under + frame.padding + (index + 0.75) * cell.height;
    return `    <text x="${frame.margin + frame.padding}" y="${y.toFixed(1)}" xml:space="preserve">${drawLine(line)}</text>`;
  });
  return `  <g>
    <rect class="window" x="${frame.margin}" y="${top}" width="${right - frame.margin}" height="${height}" rx="8"/>
    <line class="bar" x1="${frame.margin}" y1="${under}" x2="${right}" y2="${under}"/>
    ${knobs.join('')}
    <text class="title" x="${width / 2}" y="${top + frame.bar / 2 + 4.5}">${escaped(title)}</text>
${texts.join('\n')}
  </g>`;
}

/** One line with colours of ours: the program itself writes none. */
function drawLine(line: string): string {
  const typed = /^\$ (.*)$/.exec(line);
  if (typed) return `${span('prompt', '$')} ${span('typed', typed[1] ?? '')}`;
  const bar = /^( *)\[(#*)(-*)\](.*)$/.exec(line);
  if (bar) {
    const [, indent = '', done = '', left = '', rest = ''] = bar;
    return `${indent}[${span('done', done)}${span('left', left)}]${escaped(rest)}`;
  }
  const fact = /^(path|size|mtime|md5|sha1|sha256|pieces|btih|zsync|pgp)( +.*)$/.exec(line);
  if (fact) return `${span('key', fact[1] ?? '')}${escaped(fact[2] ?? '')}`;
  return escaped(line);
}

function span(kind: string, text: string): string {
  return text === '' ? '' : `<tspan class="${kind}">${escaped(text)}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

makeTree();
try {
  const windows = await play();
  writeFileSync(picture, draw(windows));
  for (const { title, lines } of windows) console.log(`--- ${title}\n${lines.join('\n')}`);
} finally {
  rmSync(place, { recursive: true, force: true });
}

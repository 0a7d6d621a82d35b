/** As much of a terminal as log-update uses: text, line breaks, cursor up and down, erase a line. */
export function createScreen(columns: number, rows: number) {
  const cells: string[] = [''];
  let row = 0;
  let column = 0;
  const screen = {
    written: '',
    writes: 0,
    lines: () => cells.filter((line) => line !== ''),
    stream: {
      isTTY: true,
      columns,
      rows,
      write(text: string): boolean {
        screen.written += text;
        screen.writes += text.includes('\n') ? 1 : 0;
        for (const [part, n, command] of text.matchAll(/\x1b\[\??(\d*)([A-Za-z])|\n|[^\x1b\n]+/g)) {
          if (part === '\n') [row, column] = [row + 1, 0];
          else if (command === 'A') row -= Number(n || 1);
          else if (command === 'B') row += Number(n || 1);
          else if (command === 'G') column = 0;
          else if (command === 'K') cells[row] = n === '2' ? '' : (cells[row] ?? '').slice(0, column);
          else if (command === undefined) {
            cells[row] =
              (cells[row] ?? '').slice(0, column) + part + (cells[row] ?? '').slice(column + part.length);
            column += part.length;
          } else if (command !== 'h' && command !== 'l')
            throw new Error(`unknown sequence ${JSON.stringify(part)}`);
          cells[row] ??= '';
        }
        return true;
      },
    },
  };
  return screen;
}

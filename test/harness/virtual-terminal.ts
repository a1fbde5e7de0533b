/** A terminal emulator in memory: interprets output like xterm, and returns the visible text. */
import { graphemes, graphemeWidth } from '../../src/apps/cli/terminal/width.ts';

export class VirtualTerminal {
  columns: number;
  rows: number;
  /** The rows scrolled out at the top, then those of the screen. */
  readonly scrolled: string[] = [];
  #cells: string[][] = [];
  #row = 0;
  #column = 0;
  onData: (chunk: Uint8Array) => void = () => {};
  onResize: () => void = () => {};
  onEnd: () => void = () => {};
  running = false;
  resume: (() => void) | undefined;
  readonly #typed: string[] = [];

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = this.#blank();
  }

  #blank(): string[][] {
    return Array.from({ length: this.rows }, () => []);
  }

  /**
   * Resizes as terminals do: rows leave or enter at the top; text wider than the terminal is cut, or wrapped with
   * `reflow`. The program is not notified: see {@link onResize}.
   */
  resize(columns: number, rows: number, reflow: boolean): void {
    const cells = this.#cells.flatMap((row, at) => {
      const parts: string[][] = [];
      for (let from = 0; from === 0 || from < row.length; from += columns) parts.push(row.slice(from, from + columns));
      const kept = reflow ? parts : parts.slice(0, 1);
      return kept.map((part) => ({ part, isCursor: at === this.#row }));
    });
    this.#row = Math.max(
      0,
      cells.findLastIndex(({ isCursor }) => isCursor),
    );
    this.#cells = cells.map(({ part }) => part);
    while (this.#cells.length > rows && this.#cells.length - 1 > this.#row) this.#cells.pop();
    while (this.#cells.length > rows) {
      this.scrolled.push(this.#cells.shift()!.join('').trimEnd());
      this.#row--;
    }
    while (this.#cells.length < rows) this.#cells.push([]);
    this.columns = columns;
    this.rows = rows;
    this.#column = Math.min(this.#column, columns - 1);
  }

  start(onData: (chunk: Uint8Array) => void, onResize: () => void, onEnd: () => void): void {
    Object.assign(this, { onData, onResize, onEnd, running: true });
    setImmediate(() => this.#deliver());
  }

  stop(): void {
    this.running = false;
  }

  /** Resumes when {@link resume} is called. */
  suspend(onResume: () => void): void {
    this.resume = onResume;
  }

  /** Input that is not read yet is buffered, as in a terminal. */
  type(text: string): void {
    this.#typed.push(text);
    this.#deliver();
  }

  #deliver(): void {
    while (this.running && this.#typed.length > 0) this.onData(Buffer.from(this.#typed.shift() ?? ''));
  }

  /** The rows of the screen down to the last one with text. */
  get text(): string[] {
    const rows = this.#cells.map((cells) =>
      Array.from(cells, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (rows.length > 0 && rows.at(-1) === '') rows.pop();
    return rows;
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: this.#column };
  }

  write(text: string): void {
    for (let rest = text; rest !== ''; ) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what a terminal reads
      const sequence = /^\u001b\[(\??[\d;]*)([A-Za-z])/.exec(rest);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the same: where a link leads to
      const link = /^\u001b\]8;;[^\u001b]*\u001b\\/.exec(rest);
      if (link !== null) {
        rest = rest.slice(link[0].length);
        continue;
      }
      if (sequence !== null) {
        this.#control(sequence[1]!, sequence[2]!);
        rest = rest.slice(sequence[0].length);
        continue;
      }
      const char = rest.startsWith('\r\n') ? '\r' : graphemes(rest.slice(0, 40))[0]!;
      if (char === '\u001b') throw new Error(`unknown sequence: ${JSON.stringify(rest.slice(0, 10))}`);
      this.#put(char);
      rest = rest.slice(char.length);
    }
  }

  #put(char: string): void {
    if (char === '\r') this.#column = 0;
    else if (char === '\n') this.#lineFeed();
    else {
      const width = graphemeWidth(char);
      if (this.#column + width > this.columns) {
        this.#column = 0;
        this.#lineFeed();
      }
      const row = this.#cells[this.#row]!;
      for (let i = row.length; i < this.#column; i++) row[i] = ' ';
      if (width === 0) row[this.#column - 1] += char;
      else row[this.#column] = char;
      for (let i = 1; i < width; i++) row[this.#column + i] = '';
      this.#column += width;
    }
  }

  #lineFeed(): void {
    if (this.#row < this.rows - 1) this.#row++;
    else {
      this.scrolled.push(this.#cells.shift()!.join('').trimEnd());
      this.#cells.push([]);
    }
  }

  #control(parameter: string, final: string): void {
    const count = Number(parameter || '1');
    switch (final) {
      case 'A':
        this.#row = Math.max(0, this.#row - count);
        break;
      case 'B':
        this.#row = Math.min(this.rows - 1, this.#row + count);
        break;
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count);
        break;
      case 'H':
        this.#row = 0;
        this.#column = 0;
        break;
      case 'K':
        this.#cells[this.#row]!.length = Math.min(this.#column, this.#cells[this.#row]!.length);
        break;
      case 'J':
        if (parameter === '2') this.#cells = this.#blank();
        else {
          this.#cells[this.#row]!.length = Math.min(this.#column, this.#cells[this.#row]!.length);
          for (let row = this.#row + 1; row < this.rows; row++) this.#cells[row] = [];
        }
        break;
      case 'm':
      case 'h':
      case 'l':
        break;
      default:
        throw new Error(`unknown sequence ${final}`);
    }
  }
}

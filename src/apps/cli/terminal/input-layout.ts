/** The typed text in rows of the terminal, and where the cursor stands in them. */
import { graphemes, graphemeWidth } from './width.ts';

export interface InputLayout {
  readonly rows: readonly string[];
  readonly row: number;
  readonly column: number;
}

/** Lines after the first begin below the text of the first. */
export function layoutInput(prompt: string, before: string, after: string, columns: number): InputLayout {
  const rows: string[] = [''];
  let used = 0;
  const indent = ' '.repeat(Math.min(graphemes(prompt).length, Math.floor(columns / 3)));
  const put = (text: string, width: number) => {
    rows[rows.length - 1] += text;
    used += width;
  };
  const next = (start: string) => {
    rows.push(start);
    used = start.length;
  };
  const write = (text: string) => {
    for (const char of graphemes(text)) {
      if (char === '\n' || char === '\r\n') next(indent);
      else {
        const shown = char === '\t' ? ' ' : char;
        const width = graphemeWidth(shown);
        if (used + width > columns) next('');
        put(shown, width);
      }
    }
  };
  write(prompt);
  write(before);
  if (used >= columns) next('');
  const cursor = { row: rows.length - 1, column: used };
  write(after);
  return { rows, ...cursor };
}

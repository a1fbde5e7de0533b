/** A QR code of half-block characters, two modules to a character cell, dark on light on any theme. */
import { rmSync, writeFileSync } from 'node:fs';
import encodeQR from 'qr';

const BORDER = 2;

/** Columns and rows that a terminal must have for the code and a line below it. */
export function qrSize(text: string): { readonly columns: number; readonly rows: number } {
  const { length } = encodeQR(text, 'raw', { ecc: 'low', border: BORDER });
  return { columns: length, rows: Math.ceil(length / 2) + 1 };
}

/** An SVG image of the code, readable by its owner only: whoever has the link can use it. */
export function writeQrFile(text: string, path: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, encodeQR(text, 'svg', { ecc: 'low', border: BORDER }), { mode: 0o600, flag: 'wx' });
}

/** Empty when the code is larger than the terminal. */
export function qrLines(text: string, columns: number, rows: number): readonly string[] {
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: BORDER });
  const height = Math.ceil(modules.length / 2);
  if (modules.length > columns || height >= rows) return [];
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const cells = modules[y]!.map((dark, x) => cell(dark, modules[y + 1]?.[x] ?? false));
    lines.push(`\u001b[30;107m${cells.join('')}\u001b[0m`);
  }
  return lines;
}

function cell(upper: boolean, lower: boolean): string {
  if (upper && lower) return '█';
  if (upper) return '▀';
  return lower ? '▄' : ' ';
}

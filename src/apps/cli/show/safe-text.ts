/** Received text made harmless before it reaches a terminal. */

// Escape sequences start with control characters, C0 or C1; direction overrides make text look like something else.
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /\p{Cc}/gu;
/** More marks on one letter than any script has: they run over the lines around it. */
const PILED_MARKS = /(\p{M}{8})\p{M}+/gu;
const LINE_BREAK = /\r\n|[\n\r\u0085\u2028\u2029]/;

const CONTROL_PICTURES = 0x2400;

function picture(char: string): string {
  const code = char.charCodeAt(0);
  if (code === 0x09) return ' ';
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(CONTROL_PICTURES + code) : '\ufffd';
}

/** One line: control characters become pictures of themselves, direction controls and piled up marks are taken out. */
export function safeLine(text: string): string {
  return text
    .replace(BIDI, '')
    .replace(PILED_MARKS, '$1')
    .replace(/[\u2028\u2029]/g, '\ufffd')
    .replace(CONTROL, picture);
}

/** Lines of a text, each harmless; tabs stay. There is always one. */
export function safeLines(text: string): readonly string[] {
  return text.split(LINE_BREAK).map((line) => line.split('\t').map(safeLine).join('\t'));
}

/**
 * Names as commands write them.
 *
 *   name = word | "'" any but "'" "'"        — a word has no space or comma, and neither begins with "#", "@" or "'"
 */

/** A name as commands take it: in quotes when it has spaces or ends with punctuation. */
export function quoteName(name: string): string {
  return /[\p{Zs}\s,]/u.test(name) || /\p{P}$/u.test(name) ? `'${name}'` : name;
}

/**
 * Reads a name at the start of `text`; undefined when there is none. A quote ends the name only where a word could end:
 * `'O'Brien'` is one name, which no contact has, and not "O" and a text.
 */
export function parseName(text: string): { readonly name: string; readonly rest: string } | undefined {
  const match = /^(?:'([^\s#@'][^\n]*?)'(?![^\s,])|([^\s#@'][^\s,]*))/u.exec(text);
  if (match === null) return undefined;
  return { name: match[1] ?? match[2] ?? '', rest: text.slice(match[0].length) };
}

/** Display names: which ones are valid, and how two equal ones are told apart on a device. */

/** Longest display name, in characters. */
export const MAX_NAME_LENGTH = 50;

const SPACE = /^[\p{Zs}\t\n\v\f\r]$/u;
const PUNCTUATION = /^\p{P}$/u;
const MARK = /^\p{M}$/u;
const WORD = /^[\p{L}\p{N}\p{S}]$/u;

/** The valid name nearest to `name`: the same for a valid one, empty when nothing of it can be used. */
export function validName(name: string): string {
  let kept = '';
  let previous = '';
  let punctuation = 0;
  for (const each of name) {
    const char = SPACE.test(each) ? ' ' : each;
    if (!mayFollow(char, previous, punctuation)) continue;
    kept += char;
    previous = char;
    if (PUNCTUATION.test(char)) punctuation++;
    else if (char !== ' ') punctuation = 0;
  }
  return [...kept].slice(0, MAX_NAME_LENGTH).join('').trimEnd();
}

/** `punctuation`: how many such characters came since the last letter; more than three in a row confuse readers. */
function mayFollow(char: string, previous: string, punctuation: number): boolean {
  if (char === "'") return false;
  const word = WORD.test(char);
  if (previous === '') return word;
  const punct = PUNCTUATION.test(char);
  if (previous === ' ') return word || (punct && punctuation === 0);
  if (PUNCTUATION.test(previous)) return word || char === ' ' || (punct && punctuation < 3);
  return word || char === ' ' || punct || MARK.test(char);
}

export function isValidName(name: string): boolean {
  return name !== '' && validName(name) === name;
}

/** `name`, or `name_1`, `name_2`, … when `isTaken` says so. */
export function localName(name: string, isTaken: (candidate: string) => boolean): string {
  let candidate = name;
  for (let suffix = 1; isTaken(candidate); suffix++) candidate = `${name}_${suffix}`;
  return candidate;
}

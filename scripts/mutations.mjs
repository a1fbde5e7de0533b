/**
 * Small changes of TypeScript source that its tests should notice. Found by pattern in a copy of the text in which
 * comments, strings, regular expressions, imports and types are blank, so nothing in those is changed.
 */
import { transformSync } from 'esbuild';

/** Comments, strings, templates, and regular expressions after what an expression cannot follow directly. */
const OPAQUE =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[(,=:[!&|?{};\n]\s*|return\s+)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*\/\w*/g;
/** Imports, exports from elsewhere, interfaces and types, which prettily formatted code ends where its first line began. */
const WITHOUT_CODE =
  /^(?:import|export (?:type )?(?:\*|\{))[^;]*;|^(?:export )?interface [^\n]*\{(?:\}|[\s\S]*?^\})|^(?:export )?type [\s\S]*?;$/gm;

const blank = (text) => text.replace(/[^\n]/g, ' ');

/** The code of `text`, at the same places, with everything else blank. */
function codeOf(text) {
  return text.replace(OPAQUE, blank).replace(WITHOUT_CODE, blank);
}

/** Words of the language that a statement which is a call does not begin with. */
const NO_CALL = /^(?:if|for|while|switch|return|throw|import|super|catch|function|else|case|do|new|typeof)\b/;

const swaps = [
  [/===|!==/g, { '===': '!==', '!==': '===' }],
  [/(?<= )(?:<=?|>=?)(?= )/g, { '<': '<=', '<=': '<', '>': '>=', '>=': '>' }],
  [/&&|\|\|(?!=)/g, { '&&': '||', '||': '&&' }],
  [/(?<= )[+-](?= )/g, { '+': '-', '-': '+' }],
  [/(?<![\w$.])(?:true|false)(?![\w$])/g, { true: 'false', false: 'true' }],
];

/** Where the parenthesis that opens at `start` closes; undefined when it does not. */
function closing(code, start) {
  let depth = 0;
  for (let i = start; i < code.length; i++) {
    if (code[i] === '(') depth++;
    else if (code[i] === ')' && --depth === 0) return i;
  }
  return undefined;
}

/** All mutations of a source text, in its order: what is at `at` becomes `replacement`. */
export function mutationsOf(text) {
  const code = codeOf(text);
  const found = [];
  const add = (at, length, replacement) => {
    const line = text.slice(0, at).split('\n').length;
    found.push({ at, line, original: text.slice(at, at + length), replacement });
  };
  for (const [pattern, swap] of swaps) {
    for (const match of code.matchAll(pattern)) add(match.index, match[0].length, swap[match[0]]);
  }
  for (const { 0: number, index } of code.matchAll(/(?<![\w$.])\d[\d_]*(?![\w$.])/g)) {
    const value = Number(number.replaceAll('_', ''));
    add(index, number.length, String(value + 1));
    if (value > 0) add(index, number.length, String(value - 1));
  }
  for (const { 0: opening, index } of code.matchAll(/(?<![\w$.#])if \(/g)) {
    const start = index + opening.length;
    const end = closing(code, start - 1);
    if (end !== undefined) add(start, end - start, 'false');
  }
  for (const { 1: before, 2: call, index } of code.matchAll(
    /(?<=[;{}):]|\belse|^)(\s*\n\s*)((?:await |void )?[\w$#][\w$.#!?]*\(.*\);)$/gm,
  )) {
    const at = index + before.length;
    const opens = code.indexOf('(', at);
    // One call alone: what its parenthesis closes ends the statement.
    if (!NO_CALL.test(call) && closing(code, opens) === at + call.length - 2) add(at, call.length, ';');
  }
  return found.sort((a, b) => a.at - b.at);
}

/** The text with one mutation. */
export function mutated(text, { at, original, replacement }) {
  return text.slice(0, at) + replacement + text.slice(at + original.length);
}

/** Whether the program is another one with the mutation: not if it changes a type, or is no program. */
export function changesProgram(text, mutation) {
  const compiled = (source) => transformSync(source, { loader: 'ts', logLevel: 'silent' }).code;
  try {
    return compiled(mutated(text, mutation)) !== compiled(text);
  } catch {
    return false;
  }
}

/** The changes that `npm run mutate` makes: of code only, and one at a time. */
import { expect, it } from 'vitest';
import { changesProgram, mutated, mutationsOf } from '../../../scripts/mutations.mjs';

const changes = (text: string) => mutationsOf(text).map((mutation) => mutated(text, mutation));

it.each([
  ['a === b', ['a !== b']],
  ['a !== b', ['a === b']],
  ['a < b', ['a <= b']],
  ['a >= b', ['a > b']],
  ['a && b', ['a || b']],
  ['a || b', ['a && b']],
  ['a + b', ['a - b']],
  ['f(true)', ['f(false)']],
  ['x = 0;', ['x = 1;']],
  ['x = 1_000;', ['x = 1001;', 'x = 999;']],
  ['if (f(a)) b;', ['if (false) b;']],
  ['a;\nthis.#b.c(d);\n', ['a;\n;\n']],
  ['{\n  await f(\n', []],
  ['{\n  void f(g(a), b);\n}', ['{\n  ;\n}']],
])('%j becomes %j', (text, expected) => expect(changes(text)).toEqual(expected));

it.each([
  '// a === b\n',
  '/* if (a) true\n 1 */',
  'f(\'a && b\', "1")',
  'const a = `1 + $' + '{b}`;',
  "import { a } from './1.ts';",
  "export * from './1.ts';",
  'export interface A {\n  readonly b: true;\n}\n',
  'type A =\n  | 1\n  | true;',
  'const a = /1 === [/1] /;',
  'const a = <T>(b: Map<string, T>) => b;',
  'const a =\n  f(b);',
  'a\n  .b(c);',
  'return f(a);',
  'f(a).b(c);',
])('%j has no code to change', (text) => expect(changes(text)).toEqual([]));

it('tells the line, and finds the same each time', () => {
  const text = 'a;\n\nif (b) c();\n';
  expect(mutationsOf(text)).toEqual([{ at: 8, line: 3, original: 'b', replacement: 'false' }]);
  expect(mutationsOf(text)).toEqual(mutationsOf(text));
});

it.each([
  ['function f(a: 1) {}', 0],
  ['const a = <T extends true>(b: T) => b;', 0],
  ['class A { b?: 2; }', 0],
  ['const a: Record<1, true> = { 1: true };', 3],
])('%j has %i changes of what it does', (text, count) => {
  expect(mutationsOf(text).length).toBeGreaterThan(count);
  expect(mutationsOf(text).filter((mutation) => changesProgram(text, mutation)).length).toBe(count);
});

/** The runner of `npm run mutate`: what tests say of a change, and that a change leaves nothing behind for the next. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MutationTests } from '../../scripts/mutation-tests.mjs';

const CONFIG = `
const suite = (name) => ({ test: { name, include: [name + '/*.test.ts'], pool: 'forks' } });
export default { test: { projects: [suite('cheap'), suite('dear')] } };
`;
const test = (expectation: string) => `
import { expect, it } from 'vitest';
import { double } from '../double.ts';
it('doubles', () => expect(${expectation}).toBe(true));
`;
const DOUBLE = 'export const double = (n: number) => n + n;';
const stages = ['cheap', 'dear'].map((name) => ({ project: name, paths: [name] }));

let folder: string;
let tests: MutationTests;
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);

/** What the tests say when double.ts is this. */
async function outcome(text: string): Promise<string> {
  write('double.ts', text);
  const result = await tests.run('double.ts');
  write('double.ts', DOUBLE);
  return result;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-mutate-'));
  for (const name of ['cheap', 'dear']) mkdirSync(join(folder, name));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  write('vitest.config.mjs', CONFIG);
  write('double.ts', DOUBLE);
  write('cheap/double.test.ts', test('double(1) === 2'));
  write('dear/double.test.ts', test('double(0) === 0 && double(3) === 6'));
  tests = new MutationTests(folder, stages, 6_000);
});
afterEach(async () => {
  await tests.stop();
  rmSync(folder, { recursive: true });
});

it('a change is noticed by a test that fails, by a file that does not load, and by tests that do not end', async () => {
  expect(await tests.start()).toBeUndefined();
  const same = 'export const double = (n: number) => 2 * n;';
  expect(await outcome(same)).toBe('passed');
  expect(await outcome('export const double = (n: number) => n * n;')).toBe('failed');
  expect(await outcome(same)).toBe('passed');
  // Only the later tests notice this one.
  expect(await outcome('export const double = (n: number) => n + 1;')).toBe('failed');
  expect(await outcome("throw new Error('no');")).toBe('failed');
  expect(await outcome('export const double = () => { for (;;); };')).toBe('late');
  expect(await outcome(same)).toBe('passed');
});

it('tests that fail without a change are told', async () => {
  write('cheap/double.test.ts', test('double(1) === 3'));
  expect(await tests.start()).toContain('doubles');
});

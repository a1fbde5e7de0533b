/** The thread that makes KEM key pairs, in the built program: it ends when it is closed. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

const SCRIPT = `
import { readdirSync } from 'node:fs';
import { threadKemKeyPairMaker } from '#sotto/agent';
const threads = () => readdirSync('/proc/self/task').length;
// Threads keep no program alive.
const alive = setInterval(() => {}, 1000);
// The first makes what is kept for all.
const warm = threadKemKeyPairMaker();
await warm(1);
warm.close();
const settle = async (wanted) => {
  for (let i = 0; i < 500 && threads() > wanted; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return threads();
};
await new Promise((resolve) => setTimeout(resolve, 200));
const before = threads();
const makers = Array.from({ length: 5 }, () => threadKemKeyPairMaker());
await Promise.all(makers.map((make) => make(1)));
const during = threads();
for (const make of makers) make.close();
console.log(JSON.stringify({ before, during, after: await settle(before) }));
clearInterval(alive);
`;

it.skipIf(process.platform !== 'linux')('leaves no thread behind', () => {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { cwd: root, encoding: 'utf8' });
  const { before, during, after } = JSON.parse(output) as Record<'before' | 'during' | 'after', number>;
  expect(during).toBeGreaterThanOrEqual(before + 5);
  expect(after).toBeLessThanOrEqual(before);
});

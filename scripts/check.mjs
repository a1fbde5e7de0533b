/**
 * `npm run check`: what every commit must hold, in under a minute: format, lint and import cycles, types and layers, unused
 * exports, and the unit tests of what changed: of uncommitted files, and of commits that the upstream branch does not have.
 */
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

const hasCommit = (name) =>
  spawnSync('git', ['rev-parse', '--quiet', '--verify', `${name}^{commit}`], { cwd: root }).status === 0;

/** The branch that commits go to: `@{upstream}` where one is set. Without any, only uncommitted files count as changed. */
const base = ['@{upstream}', 'origin/main', 'HEAD'].find(hasCommit);

const bin = (name, ...args) => [join(root, 'node_modules', '.bin', name), ...args];

/** The command for unit tests; vitest leaves a core free otherwise, which on two cores is half. */
const unitTests = (...args) =>
  bin(
    'vitest',
    ...['run', '--project', 'unit', '--reporter=dot', `--maxWorkers=${availableParallelism()}`, '--minWorkers=1'],
    ...args,
  );

/** The rows run side by side, the steps of a row one after another. */
const rows = [
  [
    ['format, lint and import cycles', bin('biome', 'ci', '--error-on-warnings', '.')],
    ['types, and imports between layers', bin('tsc', '-b')],
    ['types of the tests', bin('tsc', '-p', 'test')],
    ['unused files, exports and dependencies', bin('knip')],
  ],
  [
    [`unit tests of what changed since ${base}`, unitTests('test/unit/', '--changed', base, '--passWithNoTests')],
    // They read documents, which no test imports.
    ['documents', unitTests('test/unit/deploy/', 'test/unit/chat/api/reference.test.ts')],
  ],
];

/** Runs a step and prints its output as a whole, so that the outputs of two rows do not mix; resolves to its success. */
function runStep([what, [command, ...args]]) {
  const begun = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => {
      output += `${error.message}\n`;
    });
    child.once('close', (code) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${what} (${seconds} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

async function runRow(steps) {
  let succeeded = true;
  for (const step of steps) succeeded = (await runStep(step)) && succeeded;
  return succeeded;
}

await prepare();
const results = await Promise.all(rows.map(runRow));
process.exit(results.every(Boolean) ? 0 : 1);

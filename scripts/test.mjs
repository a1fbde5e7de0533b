/**
 * `npm test [-- suite…]`: makes the checkout ready, then runs every test, or the named suites (unit, workers,
 * scenario, simulation, process). Ends with one line that counts them all.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { prepare, root } from './setup.mjs';
import { simulate } from './simulate.mjs';

/** Seeds of simulated networks, each a test: see `npm run simulate`. */
const SEEDS = 500;

/** Test files at a time: vitest leaves a core free, which on two cores is half. Tests of processes start several. */
const workers = (suite) => (suite === 'process' ? [] : [`--maxWorkers=${availableParallelism()}`, '--minWorkers=1']);

const suites = ['unit', 'workers', 'scenario', 'simulation', 'process'];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !suites.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}: there are ${suites.join(', ')}.`);
  process.exit(2);
}

await prepare();
const folder = mkdtempSync(join(tmpdir(), 'sotto-results-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
/** Names of the failed tests, told once more at the end: their messages stand far above. */
const failures = [];
let broken = false;
for (const suite of asked.length > 0 ? asked : suites) {
  if (suite === 'simulation') {
    const { passed, failed } = await simulate({ seeds: SEEDS, from: 1 });
    console.log(`\n ${passed} simulated networks passed, ${failed} failed\n`);
    counts.passed += passed;
    counts.failed += failed;
    continue;
  }
  const results = join(folder, `${suite}.json`);
  const args = [
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...workers(suite),
  ];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  broken ||= status !== 0;
  try {
    const report = JSON.parse(readFileSync(results, 'utf8'));
    const { numPassedTests, numFailedTests, numPendingTests } = report;
    for (const file of report.testResults) {
      if (file.status === 'failed' && file.assertionResults.length === 0) failures.push(file.name);
      for (const test of file.assertionResults) {
        if (test.status === 'failed') failures.push(`${relative(root, file.name)}: ${test.fullName}`);
      }
    }
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
  } catch {
    broken = true;
  }
}
rmSync(folder, { recursive: true });
if (failures.length > 0) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(broken || counts.failed > 0 || counts.passed === 0 ? 1 : 0);

/**
 * Runs test files for mutation-tests.mjs in the current folder. Keeps Vitest and its compiled modules between runs,
 * because starting it takes longer than most runs. Argument: the project and test paths of each stage, as JSON.
 */
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { createVitest } from 'vitest/node';

/** Timeout of a test: this, plus three times the duration of the slowest test of its suite without a mutation. */
const SHORTEST_TEST_TIMEOUT_MS = 2_000;

const stages = JSON.parse(process.argv[2]);
const nameOf = ({ project, moduleId }) => `${project.name} ${relative(process.cwd(), moduleId)}`;
const send = (message) => process.send(message);

const slowest = new Map();
const reporter = {
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    const { project } = test;
    slowest.set(project, Math.max(slowest.get(project) ?? 0, test.diagnostic()?.duration ?? 0));
    if (state === 'failed') {
      send({ kind: 'failed', file: nameOf(test.module), reason: `${test.fullName}: ${errors[0]?.stack}` });
    }
  },
  onTestModuleEnd(module) {
    send({ kind: 'file', file: nameOf(module), ms: module.diagnostic().duration });
  },
};

const projects = stages.map(({ project }) => project);
const options = {
  watch: false,
  project: projects,
  reporters: [reporter],
  bail: 1,
  maxWorkers: availableParallelism(),
  cache: false,
};
// Runs files in the given order.
const sequencer = class {
  sort = (files) => files;
  shard = (files) => files;
};
const vitest = await createVitest('test', { ...options, sequence: { sequencer } });
const specifications = new Map();
const files = [];
for (const [stage, { project, paths }] of stages.entries()) {
  for (const found of await vitest.globTestSpecifications(paths)) {
    if (found.project.name !== project) continue;
    specifications.set(nameOf(found), found);
    files.push({ file: nameOf(found), stage });
  }
}

let stale;
process.on('message', async ({ files, changed, isFirst }) => {
  vitest.state.filesMap.clear();
  // The file mutated in the previous run has its original text again.
  for (const file of [stale, changed]) if (file !== undefined) vitest.invalidateFile(resolve(file));
  stale = changed;
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
    files.map((file) => specifications.get(file)),
  );
  // A file may fail before its first test, and errors outside of tests may occur.
  const failed = testModules.find((module) => module.state() === 'failed');
  if (failed !== undefined || unhandledErrors.length > 0) {
    const [error] = [...unhandledErrors, ...(failed?.errors() ?? [])];
    send({ kind: 'failed', file: failed && nameOf(failed), reason: String(error?.stack) });
  }
  if (isFirst) {
    for (const [{ config }, ms] of slowest) {
      config.testTimeout = config.hookTimeout = SHORTEST_TEST_TIMEOUT_MS + 3 * ms;
    }
  }
  send({ kind: 'ended' });
});

send({ kind: 'ready', files });

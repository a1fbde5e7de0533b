/**
 * `npm run mutate -- --folder src/ratchet [--count 20] [--seed 1] [--tests test/unit/ratchet] [--limit 120]`: changes
 * the code of a folder in one place at a time, in a copy of the tree, and runs the folder's unit tests on it. A change
 * that they pass with is printed as survived: a test is missing, or the change makes no difference. The same seed
 * chooses the same changes of the same code.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { mutated, mutationsOf } from './mutations.mjs';
import { fail, prepare, root } from './setup.mjs';
import { useTemporaryFolder } from './temporary.mjs';

/** What a copy of the tree does without, or has a link to. */
const NOT_COPIED = new Set(['.git', 'coverage']);
const LINKED = ['node_modules', 'dist'];

function options() {
  const text = { type: 'string' };
  let values;
  try {
    const own = { folder: text, count: text, seed: text, tests: text, limit: text };
    ({ values } = parseArgs({ options: own }));
  } catch (error) {
    fail(`${error.message}. For example: npm run mutate -- --folder src/ratchet --count 20 --seed 1`);
  }
  const wholeNumber = (name, otherwise) => {
    const given = values[name] ?? otherwise;
    if (!/^[1-9]\d{0,8}$/.test(given)) fail(`--${name} is a whole number from 1 on, not ${given}`);
    return Number(given);
  };
  if (values.folder === undefined)
    fail('Say whose code to change, for example: npm run mutate -- --folder src/ratchet');
  const folder = relative(root, resolve(root, values.folder));
  if (folder.split(sep)[0] !== 'src' || !existsSync(join(root, folder))) {
    fail(`--folder is a folder in src, or a file in one, not ${values.folder}`);
  }
  const tests = values.tests === undefined ? testsOf(folder) : [values.tests];
  for (const path of tests) if (!existsSync(join(root, path))) fail(`--tests: there is no ${path}`);
  return {
    folder,
    tests,
    count: wholeNumber('count', '20'),
    seed: wholeNumber('seed', '1'),
    limitMs: wholeNumber('limit', '120') * 1_000,
  };
}

/** The unit tests with the name of the folder, or of the nearest one above it. */
function testsOf(folder) {
  for (let path = folder; path !== 'src'; path = dirname(path)) {
    const tests = join('test', 'unit', relative('src', path));
    if (existsSync(join(root, tests))) return [tests];
  }
  return fail(`No folder in test/unit has the name of ${folder} or of one above it. Name the tests with --tests.`);
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function chanceOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` mutations of the folder's code, or all if there are fewer. */
function choose({ folder, count, seed }) {
  const at = join(root, folder);
  const files = statSync(at).isFile()
    ? [folder]
    : readdirSync(at, { recursive: true }).map((file) => join(folder, file));
  const all = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
    .flatMap((file) => mutationsOf(readFileSync(join(root, file), 'utf8')).map((mutation) => ({ file, mutation })));
  const chance = chanceOf(seed);
  const chosen = [];
  while (chosen.length < count && all.length > 0) chosen.push(...all.splice(Math.floor(chance() * all.length), 1));
  return chosen;
}

function copyTree(target) {
  const left = new Set([...NOT_COPIED, ...LINKED]);
  cpSync(root, target, {
    recursive: true,
    filter: (path) => dirname(path) !== root || !(left.has(basename(path)) || path.endsWith('.lock')),
  });
  for (const name of LINKED) if (existsSync(join(root, name))) symlinkSync(join(root, name), join(target, name));
}

let running;

/** Runs the tests in the copy: `passed`, `failed`, or `late` when they took too long. */
function runTests(cwd, tests, limitMs) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  // A group of its own: the processes of tests end with it.
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'unit', ...tests, '--bail', '1'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running = child;
  let [output, late] = ['', false];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output = (output + data).slice(-10_000);
    });
  }
  const timer = setTimeout(() => {
    late = true;
    end(child);
  }, limitMs);
  return new Promise((done) => {
    child.once('close', (code) => {
      clearTimeout(timer);
      running = undefined;
      done({ result: late ? 'late' : code === 0 ? 'passed' : 'failed', output });
    });
  });
}

function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

const short = (code) => code.replace(/\s+/g, ' ').slice(0, 80);

async function main() {
  const { folder, tests, limitMs, ...choice } = options();
  await prepare();
  const chosen = choose({ folder, ...choice });
  if (chosen.length === 0) fail(`There is nothing to change in ${folder}.`);
  const remove = useTemporaryFolder();
  process.on('exit', remove);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => {
      if (running === undefined) process.exit(code);
      running.once('close', () => process.exit(code));
      end(running);
    });
  }
  const tree = join(tmpdir(), 'tree');
  copyTree(tree);
  const before = await runTests(tree, tests, limitMs);
  if (before.result !== 'passed') {
    console.error(before.output);
    fail(`The tests in ${tests.join(' ')} do not pass within ${limitMs / 1_000} s without a change.`);
  }
  let killed = 0;
  for (const { file, mutation } of chosen) {
    const text = readFileSync(join(root, file), 'utf8');
    writeFileSync(join(tree, file), mutated(text, mutation));
    const { result } = await runTests(tree, tests, limitMs);
    writeFileSync(join(tree, file), text);
    if (result !== 'passed') killed++;
    const verdict = result === 'passed' ? 'survived' : result === 'late' ? 'killed (time)' : 'killed';
    console.log(`${verdict}: ${file}:${mutation.line}: ${short(mutation.original)} → ${short(mutation.replacement)}`);
  }
  console.log(`${killed} of ${chosen.length} killed (${Math.round((100 * killed) / chosen.length)} %)`);
}

await main();

/**
 * `npm run mutate -- --folder src/ratchet [--count 20] [--seed 1] [--tests test/unit/ratchet] [--limit 120]`: changes
 * the code of a folder in one place at a time, in a copy of the tree, and runs the folder's tests on it. A change that
 * they pass with is printed as survived: a test is missing, or the change makes no difference. The same seed chooses
 * the same changes of the same code. `npm run mutate -- --all` makes 100 changes in each of the folders in FOLDERS.
 */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { MutationTests } from './mutation-tests.mjs';
import { changesProgram, mutated, mutationsOf } from './mutations.mjs';
import { fail, prepare, root } from './setup.mjs';
import { useTemporaryFolder } from './temporary.mjs';

/** Not copied, or linked. */
const NOT_COPIED = new Set(['.git', 'coverage']);
const LINKED = ['node_modules', 'dist'];

const unit = (...paths) => ({ project: 'unit', paths });

const conformance = (...names) => names.map((name) => `test/conformance/${name}.test.ts`);
const operators = (...names) => names.map((name) => `test/unit/apps/smp-server/${name}`);

/**
 * The folders of `--all`, and their tests: each stage runs when the one before it noticed nothing, one with `of` only for
 * changes of the code in that folder.
 */
const FOLDERS = {
  'src/ratchet': [unit('test/unit/ratchet')],
  'src/smp/client': [unit('test/unit/smp/client', 'test/unit/smp/delivery.test.ts', 'test/unit/smp/relay.test.ts')],
  'src/smp/server': [
    unit('test/unit/smp', ...conformance('power-loss', 'subscription-bus'), ...operators('blocking.test.ts')),
    { ...unit(...conformance('smp-store'), ...operators('import', 'store-files.test.ts')), of: 'src/smp/server/store' },
    { project: 'workers', paths: ['test/unit/smp'], of: 'src/smp/server/workers' },
  ],
  'src/agent': [unit('test/unit/agent'), { project: 'scenario', paths: ['test/scenario'] }],
};

function options() {
  const text = { type: 'string' };
  let values;
  try {
    const own = { all: { type: 'boolean' }, folder: text, count: text, seed: text, tests: text, limit: text };
    ({ values } = parseArgs({ options: own }));
  } catch (error) {
    fail(`${error.message}. For example: npm run mutate -- --folder src/ratchet --count 20 --seed 1`);
  }
  const wholeNumber = (name, otherwise) => {
    const given = values[name] ?? otherwise;
    if (!/^[1-9]\d{0,8}$/.test(given)) fail(`--${name} is a whole number from 1 on, not ${given}`);
    return Number(given);
  };
  const choice = {
    count: wholeNumber('count', values.all ? '100' : '20'),
    seed: wholeNumber('seed', '1'),
    limitMs: wholeNumber('limit', '120') * 1_000,
  };
  if (values.all) {
    if (values.folder ?? values.tests) fail('--all has its own folders and tests: leave out --folder and --tests');
    return Object.entries(FOLDERS).map(([folder, stages]) => ({ folder, stages, ...choice }));
  }
  if (values.folder === undefined)
    fail('Say whose code to change, for example: npm run mutate -- --folder src/ratchet');
  const folder = relative(root, resolve(root, values.folder));
  if (folder.split(sep)[0] !== 'src' || !existsSync(join(root, folder))) {
    fail(`--folder is a folder in src, or a file in one, not ${values.folder}`);
  }
  const stages = values.tests === undefined ? testsOf(folder) : [unit(values.tests)];
  if (!existsSync(join(root, values.tests ?? ''))) fail(`--tests: there is no ${values.tests}`);
  return [{ folder, stages, ...choice }];
}

/** The tests of the folder, or of the nearest one above it: those of `--all`, or the unit tests with its name. */
function testsOf(folder) {
  for (let path = folder; path !== 'src'; path = dirname(path)) {
    if (FOLDERS[path] !== undefined) return FOLDERS[path];
    const tests = join('test', 'unit', relative('src', path));
    if (existsSync(join(root, tests))) return [unit(tests)];
  }
  return fail(`No folder in test/unit has the name of ${folder} or of one above it. Name the tests with --tests.`);
}

/** Random numbers in [0, 1) for a seed (mulberry32). */
function chanceOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Selects `count` mutations of the folder's code in a tree, or all if there are fewer. */
function choose(tree, { folder, count, seed }) {
  const at = join(tree, folder);
  const files = statSync(at).isFile()
    ? [folder]
    : readdirSync(at, { recursive: true }).map((file) => join(folder, file));
  const all = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .sort()
    .flatMap((file) => mutationsOf(readFileSync(join(tree, file), 'utf8')).map((mutation) => ({ file, mutation })));
  const chance = chanceOf(seed);
  const chosen = [];
  while (chosen.length < count && all.length > 0) {
    const [candidate] = all.splice(Math.floor(chance() * all.length), 1);
    if (changesProgram(readFileSync(join(tree, candidate.file), 'utf8'), candidate.mutation)) chosen.push(candidate);
  }
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

const short = (code) => code.replace(/\s+/g, ' ').slice(0, 80);

/** Tests one folder's mutations one by one; returns how many there were and how many were detected. */
async function mutate({ folder, stages, limitMs, ...choice }, tree, using) {
  const began = performance.now();
  const chosen = choose(tree, { folder, ...choice });
  if (chosen.length === 0) fail(`There is nothing to change in ${folder}.`);
  const tests = new MutationTests(tree, stages, limitMs);
  using(tests);
  const wrong = await tests.start();
  if (wrong !== undefined) fail(`${wrong}\nThe tests of ${folder} do not pass without a change: see above.`);
  let killed = 0;
  for (const { file, mutation } of chosen) {
    const text = readFileSync(join(tree, file), 'utf8');
    writeFileSync(join(tree, file), mutated(text, mutation));
    const result = await tests.run(file);
    writeFileSync(join(tree, file), text);
    if (result !== 'passed') killed++;
    const verdict = result === 'passed' ? 'survived' : result === 'late' ? 'killed (time)' : 'killed';
    console.log(`${verdict}: ${file}:${mutation.line}: ${short(mutation.original)} → ${short(mutation.replacement)}`);
  }
  await tests.stop();
  const score = Math.round((100 * killed) / chosen.length);
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  return `${folder}: ${killed} of ${chosen.length} killed (${score} %), seed ${choice.seed}, ${minutes} minutes`;
}

async function main() {
  const folders = options();
  await prepare();
  const remove = useTemporaryFolder();
  process.on('exit', remove);
  let running;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, async () => {
      await running?.stop();
      process.exit(code);
    });
  }
  const tree = join(tmpdir(), 'tree');
  copyTree(tree);
  const summary = [];
  for (const folder of folders) {
    summary.push(
      await mutate(folder, tree, (tests) => {
        running = tests;
      }),
    );
    console.log(summary.at(-1));
  }
  if (summary.length > 1) console.log(`\n${summary.join('\n')}`);
}

await main();

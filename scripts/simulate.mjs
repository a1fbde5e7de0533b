/**
 * `npm run simulate -- --seeds N [--from S] [--story]`: whole networks in one process on virtual time, out of seeds,
 * on every processor. A seed that fails prints its story, and fails the same way when it is run again. `--story` tells
 * those that pass, too.
 */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail, prepare, root } from './setup.mjs';

const wholeNumber = (name, text) => {
  if (!/^[1-9]\d{0,8}$/.test(text)) fail(`--${name} is a whole number from 1 on, not ${text}`);
  return Number(text);
};

/** Blocks are many and short-lived: with more room for the young, a sixth less time goes into collecting them. */
const HEAP = '--max-semi-space-size=64';

/** Between two lines that say how far it is. */
const PROGRESS_MS = 10_000;

const duration = (ms) => (ms < 90_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`);

/** Says from time to time how many of `seeds` were run: a line, as it may go into a log. */
function progressOf(seeds) {
  const started = Date.now();
  let [done, failed] = [0, 0];
  const timer = setInterval(() => {
    const left = done === 0 ? '' : `, about ${duration(((Date.now() - started) / done) * (seeds - done))} left`;
    console.log(`… ${done} of ${seeds} networks, ${failed} failed${left}`);
  }, PROGRESS_MS);
  return {
    ran(isFailure) {
      done++;
      if (isFailure) failed++;
    },
    stop: () => clearInterval(timer),
  };
}

/** Runs seeds `from`, `from + 1`, …; prints the stories of those that fail, and resolves with the counts. */
export async function simulate({ seeds, from, story = false }) {
  const step = Math.min(availableParallelism(), seeds);
  const progress = progressOf(seeds);
  const workers = Array.from({ length: step }, (_, i) => {
    const args = ['test/simulation/main.ts', '--seeds', `${Math.ceil((seeds - i) / step)}`, '--from', `${from + i}`];
    const runner = join(root, 'node_modules', 'vite-node', 'vite-node.mjs');
    const worker = spawn(
      process.execPath,
      [HEAP, runner, ...args, '--step', `${step}`, ...(story ? ['--story'] : [])],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      },
    );
    worker.on('message', ({ failed }) => progress.ran(failed));
    return count(worker);
  });
  const counts = await Promise.all(workers).finally(progress.stop);
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  const [passed, failed] = [sum('passed'), sum('failed')];
  if (passed + failed < seeds) console.log(`Only ${passed + failed} of ${seeds} seeds were run.`);
  return { passed, failed: Math.max(failed, seeds - passed), messages: sum('messages'), hours: sum('hours') };
}

/** A worker's last line holds its counts; what it prints before is for people. */
async function count(worker) {
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  let last;
  for await (const line of createInterface(worker.stdout)) {
    if (last !== undefined) console.log(last);
    last = line;
  }
  await ended;
  try {
    return JSON.parse(last);
  } catch {
    if (last !== undefined) console.log(last);
    return { passed: 0, failed: 1, messages: 0, hours: 0 };
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '100' },
        from: { type: 'string', default: '1' },
        story: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    fail(error.message);
  }
  await prepare();
  const started = Date.now();
  const { passed, failed, messages, hours } = await simulate({
    seeds: wholeNumber('seeds', values.seeds),
    from: wholeNumber('from', values.from),
    story: values.story,
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`\n${messages} messages in ${hours} simulated hours, ${seconds} s on the clock`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

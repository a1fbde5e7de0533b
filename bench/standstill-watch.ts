/**
 * Detects, from a separate process, when the machine stands still: virtual machines do, for a tenth of a second and
 * more, which delays every program on them. A fixed piece of work is done every few milliseconds; if it takes several
 * times longer than usual, and the system did not schedule another program meanwhile, the machine stood still.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './measure.ts';

const PROGRAM = fileURLToPath(import.meta.url);
const EVERY_MS = 5;
/** About a tenth of a millisecond. */
const WORK = 15_000;
const WARM_UP_ROUNDS = 1_000;
/** Multiple of the usual time. */
const STANDSTILL = 3;

interface Sample {
  /** Unix milliseconds. */
  readonly at: number;
  readonly ms: number;
}

const wallClock = () => performance.timeOrigin + performance.now();

export interface StandstillWatch {
  /** When the machine stood still, in Unix milliseconds. */
  stop(): Promise<readonly number[]>;
}

export async function watchStandstills(): Promise<StandstillWatch> {
  const child = fork(PROGRAM);
  await new Promise((resolve) => child.once('message', resolve));
  return {
    async stop() {
      const reported = new Promise<readonly Sample[]>((resolve) => child.once('message', resolve as () => void));
      child.send('stop');
      const samples = await reported;
      const usual = median(samples.map(({ ms }) => ms));
      return samples.filter(({ ms }) => ms > STANDSTILL * usual).map(({ at }) => at);
    },
  };
}

function work(): number {
  let x = 1;
  for (let i = 0; i < WORK; i++) x = (x * 1_103_515_245 + 12_345) >>> 0;
  return x;
}

function watch(): void {
  const samples: Sample[] = [];
  const switches = () => process.resourceUsage().involuntaryContextSwitches;
  for (let i = 0; i < WARM_UP_ROUNDS; i++) work();
  setInterval(() => {
    const [before, at] = [switches(), wallClock()];
    work();
    const ms = wallClock() - at;
    if (switches() === before) samples.push({ at, ms });
  }, EVERY_MS);
  process.once('message', () => process.send!(samples, () => process.exit()));
  // The parent has ended.
  process.once('disconnect', () => process.exit());
  process.send!('ready');
}

if (process.argv[1] === PROGRAM) watch();

/** What processes hold, over time, and the rule by which that is flat. */
import { readdirSync, readFileSync } from 'node:fs';

interface Sample {
  readonly pid: number;
  /** Megabytes that are the process's own: not files it has mapped, which the system takes back. */
  readonly megabytes: number;
  readonly descriptors: number;
}

function sampleOf(pid: number): Sample | undefined {
  try {
    const kilobytes = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // It has ended, and nobody has asked how.
    if (kilobytes === undefined) return undefined;
    return { pid, megabytes: Number(kilobytes) / 1_024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    // It is being restarted.
    return undefined;
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
const quarter = <T>(values: readonly T[], n: number) =>
  values.slice(Math.floor((values.length * n) / 4), Math.floor((values.length * (n + 1)) / 4));

/** Memory may differ by this much between quarters of a run: one young generation of the garbage collector. */
const NOISE_MEGABYTES = 16;
const NOISE = 0.1;
/** Connections that are being made or closed at the moment of a sample. */
const NOISE_DESCRIPTORS = 3;

/** A process that has lived for fewer samples has not come to rest, and is not judged. */
const ENOUGH_SAMPLES = 20;

export class ProcessSamples {
  readonly name: string;
  readonly #pid: () => number;
  readonly #samples: Sample[] = [];
  #quiet: number | undefined;

  /** `pid` is asked each time, as a program may have been restarted. */
  constructor(name: string, pid: () => number) {
    this.name = name;
    this.#pid = pid;
  }

  take(): void {
    const sample = sampleOf(this.#pid());
    if (sample !== undefined) this.#samples.push(sample);
  }

  /** Remembers how many descriptors there are while nothing happens. */
  takeQuiet(): void {
    this.#quiet = sampleOf(this.#pid())?.descriptors;
  }

  /**
   * The rule: in the process that runs at the end, the memory of the last quarter is on average not more than a tenth and
   * 16 MB above that of the third, and descriptors while all is quiet are as many as before, give or take three.
   * Of a process that was restarted a moment ago only the descriptors are judged.
   */
  result() {
    const last = this.#samples.filter(({ pid }) => pid === this.#samples.at(-1)?.pid);
    const memory = [0, 1, 2, 3].map((n) => mean(quarter(last, n).map(({ megabytes }) => megabytes)));
    const [, , third = 0, fourth = 0] = memory;
    const now = sampleOf(this.#pid())?.descriptors ?? 0;
    const judged = last.length >= ENOUGH_SAMPLES;
    const flat = !judged || fourth <= third * (1 + NOISE) + NOISE_MEGABYTES;
    const noLeak = now <= (this.#quiet ?? now) + NOISE_DESCRIPTORS;
    return {
      ok: flat && noLeak,
      row: {
        process: this.name,
        lives: new Set(this.#samples.map(({ pid }) => pid)).size,
        samples: last.length,
        'MB by quarter': memory.map((value) => value.toFixed(0)).join(' '),
        'most MB': Math.max(...this.#samples.map(({ megabytes }) => megabytes)).toFixed(0),
        'fds quiet': `${this.#quiet ?? '-'} ${now}`,
        'most fds': Math.max(...this.#samples.map(({ descriptors }) => descriptors)),
        verdict: !noLeak ? 'descriptors leak' : !judged ? 'too young' : flat ? 'flat' : 'memory grows',
      },
    };
  }
}

/** How long the event loop of this process is blocked, by the clock and in processor time of its main thread (Linux). */
import { closeSync, openSync, readSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface LoopTimes {
  /** From begin to end. */
  readonly elapsedMs: number;
  /** Delay of the event loop by the clock: with waits for the disk, and with what other programs take. */
  readonly p99Ms: number;
  readonly longestMs: number;
  /** The most processor time that the main thread used between two turns: without both. */
  readonly longestCpuMs: number;
  /** Number of turns that used more than {@link TARGET_MS} of it. */
  readonly tooLong: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Longest that a turn should use the processor. */
export const TARGET_MS = 20;
const NANOSECONDS = 1_000_000;

/** Watches while `run` runs. */
export async function watchLoop(run: () => Promise<unknown>): Promise<LoopTimes> {
  // Its first field is the processor time of the main thread in nanoseconds.
  const file = openSync('/proc/self/schedstat', 'r');
  const buffer = Buffer.alloc(64);
  const cpu = () => {
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return Number(buffer.toString('latin1', 0, length).split(' ')[0]) / NANOSECONDS;
  };
  let longest = 0;
  let tooLong = 0;
  let last = 0;
  const sample = () => {
    const now = cpu();
    longest = Math.max(longest, now - last);
    if (now - last > TARGET_MS) tooLong++;
    last = now;
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const timer = setInterval(sample, 1);
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  // After a reset the first turn is not measured.
  await new Promise((resolve) => setTimeout(resolve, 10));
  last = cpu();
  longest = 0;
  tooLong = 0;
  const begun = { cpu: last, time: performance.now() };
  await run();
  const elapsedMs = performance.now() - begun.time;
  // Whatever blocks the loop to the end is seen by the next turn only.
  await new Promise((resolve) => setTimeout(resolve, 10));
  sample();
  const cpuMs = last - begun.cpu;
  clearInterval(timer);
  delay.disable();
  closeSync(file);
  return {
    elapsedMs,
    p99Ms: delay.percentile(99) / NANOSECONDS,
    longestMs: delay.max / NANOSECONDS,
    longestCpuMs: longest,
    tooLong,
    cpuMs,
    residentBytes: process.memoryUsage.rss(),
  };
}

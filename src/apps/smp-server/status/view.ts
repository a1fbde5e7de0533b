/** Renders two snapshots of a server as lines for a terminal: current values, and rates between the two. */
import { type HistogramValues, histogramQuantile, histogramSince } from '../../../base/index.ts';
import { sparkline } from '../../../hosting/index.ts';
import type { Snapshot } from '../control/snapshot.ts';

/** Rates per second, shown as graphs. */
export interface Rates {
  readonly received: number;
  readonly delivered: number;
  readonly acknowledged: number;
  readonly commands: number;
  readonly errors: number;
}

const MS_PER_SECOND = 1_000;
const MEGABYTE = 1024 * 1024;
const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_HOUR = 3_600;
const SECONDS_PER_MINUTE = 60;

/** Without an earlier snapshot: since the start of the server. */
export function ratesBetween(before: Snapshot | undefined, now: Snapshot): Rates {
  const seconds = before === undefined ? now.uptimeSeconds : (now.at - before.at) / MS_PER_SECOND;
  const rate = (count: (snapshot: Snapshot) => number) =>
    seconds <= 0 ? 0 : (count(now) - (before === undefined ? 0 : count(before))) / seconds;
  return {
    received: rate(({ counters }) => counters.msgSent),
    delivered: rate(({ delivered }) => delivered),
    acknowledged: rate(({ counters }) => counters.msgRecv),
    commands: rate(({ commands }) => commands),
    errors: rate(({ errors }) => errors),
  };
}

const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });

export function duration(seconds: number): string {
  const whole = (of: number, unit: number) => Math.floor(of / unit);
  if (seconds >= SECONDS_PER_DAY) {
    return `${whole(seconds, SECONDS_PER_DAY)} d ${whole(seconds % SECONDS_PER_DAY, SECONDS_PER_HOUR)} h`;
  }
  if (seconds >= SECONDS_PER_HOUR) {
    return `${whole(seconds, SECONDS_PER_HOUR)} h ${whole(seconds % SECONDS_PER_HOUR, SECONDS_PER_MINUTE)} min`;
  }
  return seconds >= SECONDS_PER_MINUTE ? `${whole(seconds, SECONDS_PER_MINUTE)} min` : `${whole(seconds, 1)} s`;
}

/** `99% within 5 ms`. */
function within(now: HistogramValues, before: HistogramValues | undefined): string {
  const bound = histogramQuantile(histogramSince(now, before), 0.99);
  if (bound === undefined) return '-';
  if (bound === Number.POSITIVE_INFINITY) return `99% over ${number((now.bounds.at(-1) ?? 0) * MS_PER_SECOND)} ms`;
  return `99% within ${number(bound * MS_PER_SECOND)} ms`;
}

const usedQueues = ({ activeQueues: { day, week, month } }: Snapshot) =>
  `${number(day)} today, ${number(week)} this week, ${number(month)} this month`;

const LABEL_WIDTH = 22;
const VALUE_WIDTH = 10;

const row = (label: string, value: string) => `${label.padEnd(LABEL_WIDTH)}${value}`;

/** `history`: recent rates, newest last; `graphWidth` 0: no graphs. */
export function statusLines(
  before: Snapshot | undefined,
  now: Snapshot,
  history: readonly Rates[],
  graphWidth: number,
): readonly string[] {
  const rates = ratesBetween(before, now);
  const { refused, open } = now.connections;
  const refusals = refused.total + refused.perAddress + refused.handshakes;
  const rateRow = (label: string, kind: keyof Rates) => {
    const value = number(rates[kind]).padStart(VALUE_WIDTH);
    const graph = sparkline(
      history.map((past) => past[kind]),
      graphWidth,
    );
    return `${label.padEnd(LABEL_WIDTH)}${value}  ${graph}`.trimEnd();
  };
  const processor = before === undefined ? now.cpuSeconds / now.uptimeSeconds : cpuShare(before, now);
  return [
    row('running for', `${duration(now.uptimeSeconds)}${now.healthy ? '' : '   CANNOT WRITE TO DISK'}`),
    row('store', now.store),
    row('connections', `${number(open)}   refused ${number(refusals)}`),
    row('clients', number(now.clients)),
    row('subscriptions', number(now.subscriptions)),
    row('queues', number(now.stored.queues)),
    row('  used', usedQueues(now)),
    row('messages waiting', number(now.stored.messages)),
    row('memory', `${number(now.memoryBytes / MEGABYTE)} MB   waiting ${number(now.waitingBytes / MEGABYTE)} MB`),
    row('processor', `${number(processor * 100)}%`),
    row('commands answered', within(now.latency, before?.latency)),
    row('changes on disk', now.commit === undefined ? '-' : within(now.commit, before?.commit)),
    row('event loop delay', within(now.lag, before?.lag)),
    '',
    row(before === undefined ? 'per second, on average' : 'per second', ''),
    rateRow('  messages received', 'received'),
    rateRow('  messages delivered', 'delivered'),
    rateRow('  messages confirmed', 'acknowledged'),
    rateRow('  commands', 'commands'),
    rateRow('  errors', 'errors'),
  ].map((line) => line.trimEnd());
}

function cpuShare(before: Snapshot, now: Snapshot): number {
  const seconds = (now.at - before.at) / MS_PER_SECOND;
  return seconds <= 0 ? 0 : (now.cpuSeconds - before.cpuSeconds) / seconds;
}

/** Whose clock is wrong, when certificates do not hold: the one of this machine, as far as the server's can be seen. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../base/index.ts';
import { verifyChain } from '../../../crypto/index.ts';
import { doubtful, type Finding, failed } from '../../../hosting/index.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

const SET_CLOCK = 'Set the clock of this machine ("timedatectl set-ntp true"), then examine the server again.';

export const dateOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** When all certificates of a chain hold, by their dates. */
export function validity(chain: readonly Uint8Array[]): { readonly fromMs: number; readonly toMs: number } {
  const certificates = chain.map((der) => new X509Certificate(der));
  return {
    fromMs: Math.max(...certificates.map(({ validFrom }) => Date.parse(validFrom))),
    toMs: Math.min(...certificates.map(({ validTo }) => Date.parse(validTo))),
  };
}

export function holdsAt(chain: readonly Uint8Array[], ms: number): boolean {
  try {
    verifyChain(chain, ms);
    return true;
  } catch {
    return false;
  }
}

/** A time at which the chain holds: `nowMs`, or the nearest; undefined when it never does. */
export function holdingTime(chain: readonly Uint8Array[], nowMs: number): number | undefined {
  if (holdsAt(chain, nowMs)) return nowMs;
  try {
    const { fromMs, toMs } = validity(chain);
    const nearest = Math.min(Math.max(nowMs, fromMs + SECOND_MS), toMs - SECOND_MS);
    return holdsAt(chain, nearest) ? nearest : undefined;
  } catch {
    return undefined;
  }
}

/** The same clock with another date, as long as the program looks at it. */
export function shiftedClock(clock: Clock, nowMs: number): Clock {
  const shift = nowMs - clock.now();
  return {
    now: () => clock.now() + shift,
    monotonic: () => clock.monotonic(),
    schedule: (...timer) => clock.schedule(...timer),
  };
}

/** Of certificates that do not hold yet by the clock of this machine. */
export const tooEarly = (nowMs: number, fromMs: number): Finding =>
  failed(
    `the clock of this machine seems wrong: it says ${dateOf(nowMs)}, and the certificates are of ${dateOf(fromMs)}`,
    SET_CLOCK,
  );

/** Of two clocks that differ, when certificates hold by the server's, and soon or already not by that of this machine. */
export function differs(nowMs: number, serverMs: number, isUsable: boolean): Finding | undefined {
  if (Math.abs(serverMs - nowMs) <= DAY_MS) return undefined;
  const detail = `the clock of this machine seems wrong: it says ${dateOf(nowMs)}, and the server's ${dateOf(serverMs)}, by which the certificates hold`;
  return isUsable ? doubtful(detail, SET_CLOCK) : failed(detail, SET_CLOCK);
}

/** Of two clocks when nothing else is wrong; undefined when they agree as well as anybody needs. */
export function clockFinding(nowMs: number, serverMs: number): Finding | undefined {
  if (Math.abs(serverMs - nowMs) <= HOUR_MS) return undefined;
  return doubtful(
    `the clock of this machine says ${dateOf(nowMs)}, and the server's ${dateOf(serverMs)}`,
    'Look which of them is wrong, and set it ("timedatectl set-ntp true"): people see the server\'s time on messages.',
  );
}

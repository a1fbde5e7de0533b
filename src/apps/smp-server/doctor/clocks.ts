/** Finds out whose clock is wrong when certificates are not valid now: this machine's or the server's. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../base/index.ts';
import { verifyChain } from '../../../crypto/index.ts';
import { doubtful, type Finding, failed } from '../../../hosting/index.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

const SET_CLOCK = 'Set the clock of this machine ("timedatectl set-ntp true"), then examine the server again.';

export const dateOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** The period in which all certificates of a chain are valid. */
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

/** A time at which the chain is valid: `nowMs` or the nearest; undefined when there is none. */
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

/** The same clock with another date, fixed while the program runs. */
export function shiftedClock(clock: Clock, nowMs: number): Clock {
  const shift = nowMs - clock.now();
  return {
    now: () => clock.now() + shift,
    monotonic: () => clock.monotonic(),
    schedule: (...timer) => clock.schedule(...timer),
  };
}

/** For certificates that are not valid yet by this machine's clock. */
export const tooEarly = (nowMs: number, fromMs: number): Finding =>
  failed(
    `the clock of this machine seems wrong: it says ${dateOf(nowMs)}, and the certificates are of ${dateOf(fromMs)}`,
    SET_CLOCK,
  );

/**
 * For differing clocks when the certificates are valid by the server's clock, and not (or soon not) by this machine's.
 */
export function differs(nowMs: number, serverMs: number, isUsable: boolean): Finding | undefined {
  if (Math.abs(serverMs - nowMs) <= DAY_MS) return undefined;
  const detail = `the clock of this machine seems wrong: it says ${dateOf(nowMs)}, and the server's ${dateOf(serverMs)}, by which the certificates are valid`;
  return isUsable ? doubtful(detail, SET_CLOCK) : failed(detail, SET_CLOCK);
}

/** For differing clocks when nothing else is wrong; undefined when the difference does not matter. */
export function clockFinding(nowMs: number, serverMs: number): Finding | undefined {
  if (Math.abs(serverMs - nowMs) <= HOUR_MS) return undefined;
  return doubtful(
    `the clock of this machine says ${dateOf(nowMs)}, and the server's ${dateOf(serverMs)}`,
    'Find out which clock is wrong, and set it ("timedatectl set-ntp true"): people see the server\'s time on messages.',
  );
}

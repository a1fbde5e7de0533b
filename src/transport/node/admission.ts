/**
 * Admission control: limits on connections in total, from one address, and in TLS handshakes. Checked before any other
 * work.
 */
import { isIPv6 } from 'node:net';
import type { Clock, Logger } from '../../base/index.ts';

export interface ConnectionLimits {
  /** Maximum connections over all ports. */
  readonly total: number;
  /** Of these, maximum from one address; for IPv6 from one /64 network, the size of one household's. 0: no limit. */
  readonly perAddress: number;
  /** Maximum connections in TLS handshakes. */
  readonly handshakes: number;
}

export type Refusal = keyof ConnectionLimits;

/** An admitted connection. Only the first call of each method counts. */
export interface Admitted {
  handshakeDone(): void;
  closed(): void;
}

/** Counters of all listeners since the start; `open` and `handshaking` are current values. */
export interface ConnectionCounts {
  readonly accepted: number;
  readonly open: number;
  readonly handshaking: number;
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** Interval between log entries about refusals. */
const REPORT_INTERVAL_MS = 60_000;

const reasons: Record<Refusal, string> = {
  total: 'the limit of connections is reached',
  perAddress: 'their address has reached its limit',
  handshakes: 'too many TLS handshakes at once',
};

/** The part of an address that identifies one party: the whole IPv4 address, the first half of an IPv6 address. */
export function partyOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const head = before === '' ? [] : before.split(':');
  // A trailing IPv4 part stands for two groups; it is never in the first half unless the address is IPv4-mapped.
  const tail = after === undefined || after === '' ? [] : after.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split(':');
  const zeros = after === undefined ? [] : Array<string>(Math.max(8 - head.length - tail.length, 0)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

interface Party {
  connections: number;
  handshakes: number;
}

/** The share of all TLS handshakes that one address may have, so that it cannot block the others. */
const HANDSHAKE_SHARE = 0.1;
/** The minimum for one address. */
const LEAST_HANDSHAKES = 10;

/** Counts the connections of any number of listeners. */
export class Admission {
  #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #parties = new Map<string, Party>();
  readonly #refused = new Map<Refusal, number>();
  readonly #everRefused: Record<Refusal, number> = { total: 0, perAddress: 0, handshakes: 0 };
  #accepted = 0;
  #total = 0;
  #handshakes = 0;
  #reporting = false;

  constructor(limits: ConnectionLimits, clock: Clock, logger: Logger) {
    this.#limits = limits;
    this.#clock = clock;
    this.#logger = logger;
  }

  get counts(): ConnectionCounts {
    return {
      accepted: this.#accepted,
      open: this.#total,
      handshaking: this.#handshakes,
      refused: { ...this.#everRefused },
    };
  }

  /** Sets new limits; admitted connections stay. */
  limit(limits: ConnectionLimits): void {
    this.#limits = limits;
  }

  /** Admits a connection from `address`; undefined when it must be closed. */
  admit(address: string): Admitted | undefined {
    const name = partyOf(address);
    const party = this.#parties.get(name) ?? { connections: 0, handshakes: 0 };
    const refusal = this.#refusal(party);
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return undefined;
    }
    this.#accepted++;
    this.#total++;
    this.#handshakes++;
    party.connections++;
    party.handshakes++;
    this.#parties.set(name, party);
    let state: 'handshaking' | 'open' | 'closed' = 'handshaking';
    const handshakeDone = () => {
      if (state !== 'handshaking') return;
      state = 'open';
      this.#handshakes--;
      party.handshakes--;
    };
    return {
      handshakeDone,
      closed: () => {
        handshakeDone();
        if (state === 'closed') return;
        state = 'closed';
        this.#total--;
        if (--party.connections === 0) this.#parties.delete(name);
      },
    };
  }

  #refusal(party: Party): Refusal | undefined {
    const { total, perAddress, handshakes } = this.#limits;
    if (this.#total >= total) return 'total';
    if (perAddress > 0) {
      if (party.connections >= perAddress) return 'perAddress';
      if (party.handshakes >= Math.max(LEAST_HANDSHAKES, handshakes * HANDSHAKE_SHARE)) return 'handshakes';
    }
    return this.#handshakes >= handshakes ? 'handshakes' : undefined;
  }

  #refuse(refusal: Refusal): void {
    this.#everRefused[refusal]++;
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    if (this.#reporting) return;
    this.#reporting = true;
    this.#report();
    this.#clock.schedule(
      REPORT_INTERVAL_MS,
      () => {
        this.#reporting = false;
        this.#report();
      },
      { background: true },
    );
  }

  #report(): void {
    for (const [refusal, count] of this.#refused) {
      this.#logger.warn(`refused ${count} connection${count === 1 ? '' : 's'}: ${reasons[refusal]}`);
    }
    this.#refused.clear();
  }
}

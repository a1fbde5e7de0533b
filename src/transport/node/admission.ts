/** Who may connect: how many at once, from one address, and before TLS is agreed. Asked before anything is spent. */
import { isIPv6 } from 'node:net';
import type { Clock, Logger } from '../../base/index.ts';

export interface ConnectionLimits {
  /** Connections at once, of all ports together. */
  readonly total: number;
  /** Of these, from one address; for IPv6 from one network of 64 bits, as one household has. 0 for any number. */
  readonly perAddress: number;
  /** Connections on which TLS is not agreed yet. */
  readonly handshakes: number;
}

export type Refusal = keyof ConnectionLimits;

/** A connection that was let in. Every call counts once. */
export interface Admitted {
  handshakeDone(): void;
  closed(): void;
}

/** Of all listeners, since the start; `open` and `handshaking` are now. */
export interface ConnectionCounts {
  readonly accepted: number;
  readonly open: number;
  readonly handshaking: number;
  readonly refused: Readonly<Record<Refusal, number>>;
}

/** Refusals are told at most this often. */
const REPORT_INTERVAL_MS = 60_000;

const reasons: Record<Refusal, string> = {
  total: 'there are as many as the server takes',
  perAddress: 'their address has as many as one may have',
  handshakes: 'too many connect at the same time',
};

/** The part of an address that is one party: all of IPv4, the first half of IPv6. */
export function partyOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const head = before === '' ? [] : before.split(':');
  // An IPv4 part at the end stands for two groups; it is never in the first half of what is not mapped.
  const tail = after === undefined || after === '' ? [] : after.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split(':');
  const zeros = after === undefined ? [] : Array<string>(Math.max(8 - head.length - tail.length, 0)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

interface Party {
  connections: number;
  handshakes: number;
}

/** One address may have this part of all connections on which TLS is not agreed yet: it must not keep the others out. */
const HANDSHAKE_SHARE = 0.1;
/** And at least so many. */
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

  /** Other limits from now on; whoever is in stays. */
  limit(limits: ConnectionLimits): void {
    this.#limits = limits;
  }

  /** Lets a connection from `address` in; undefined when it must be closed. */
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

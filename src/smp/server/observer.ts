/** Events of the server for statistics; nothing in them identifies a queue or a peer. Calls return at once. */
import type { Command, Response } from '../protocol/index.ts';

/** How a proxy request ended: `connect`: the relay is unreachable; `version`: no common version. */
export type ProxyOutcome = 'done' | 'connect' | 'version' | 'other';

export interface ServerObserver {
  /** A command was answered after `ms` milliseconds; undefined: it could not be decoded. */
  executed(command: Command | undefined, response: Response, ms: number): void;
  /** A response, a message or an event was sent. */
  sent(kind: Response['kind']): void;
  /** The recipient deleted a queue; `secured`: it had a sender key. */
  deleted(secured: boolean): void;
  /** Undelivered notifications expired. */
  notificationsExpired(notifications: number): void;
  /** Undelivered messages expired. */
  expired(messages: number): void;
  /** A proxy forwarded a command to this server. */
  forwardReceived(): void;
  /** A client asked for a session with a relay; `own`: a relay of the same operator. */
  relayRequested(own: boolean, outcome: ProxyOutcome): void;
  /** A client sent a command to forward. */
  commandForwarded(own: boolean, outcome: ProxyOutcome): void;
}

export const silentObserver: ServerObserver = {
  executed: () => {},
  sent: () => {},
  deleted: () => {},
  expired: () => {},
  notificationsExpired: () => {},
  forwardReceived: () => {},
  relayRequested: () => {},
  commandForwarded: () => {},
};

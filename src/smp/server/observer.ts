/** What the server tells of what it does, for statistics: how often, never for whom. Calls return at once. */
import type { Command, Response } from '../protocol/index.ts';

/** How a request to a proxy ended: `connect` could not reach the relay, `version` cannot speak with it. */
export type ProxyOutcome = 'done' | 'connect' | 'version' | 'other';

export interface ServerObserver {
  /** A command was answered, after so many milliseconds; undefined for what could not be read as one. */
  executed(command: Command | undefined, response: Response, ms: number): void;
  /** An answer, a message or an event goes out. */
  sent(kind: Response['kind']): void;
  /** A queue was deleted by its recipient; `secured`: a sender had its key. */
  deleted(secured: boolean): void;
  /** Notifications were removed that nobody was told. */
  notificationsExpired(notifications: number): void;
  /** Messages were removed because nobody fetched them. */
  expired(messages: number): void;
  /** A proxy asked this server to execute a command. */
  forwardReceived(): void;
  /** A client asked for a way to a relay; `own` is one of the same operator. */
  relayRequested(own: boolean, outcome: ProxyOutcome): void;
  /** A client gave a command to forward. */
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

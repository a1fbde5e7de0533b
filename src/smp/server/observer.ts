/** What the server tells of what it does, for statistics: how often, never for whom. Calls return at once. */

/** How a request to a proxy ended: `connect` could not reach the relay, `version` cannot speak with it. */
export type ProxyOutcome = 'done' | 'connect' | 'version' | 'other';

export interface ServerObserver {
  /** A proxy asked this server to execute a command. */
  forwardReceived(): void;
  /** A client asked for a way to a relay; `own` is one of the same operator. */
  relayRequested(own: boolean, outcome: ProxyOutcome): void;
  /** A client gave a command to forward. */
  commandForwarded(own: boolean, outcome: ProxyOutcome): void;
}

export const silentObserver: ServerObserver = {
  forwardReceived: () => {},
  relayRequested: () => {},
  commandForwarded: () => {},
};

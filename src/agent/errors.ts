/** Errors of the agent; messages are sentences for users. */
export type AgentErrorKind =
  | 'passphrase' // wrong passphrase, or not a Sotto database
  | 'database-locked' // open in another program
  | 'database-damaged'
  | 'database-newer' // used by a newer version
  | 'disk' // full, read-only, unreachable
  | 'link' // not a link, or of an unsupported kind
  | 'own-link'
  | 'link-used'
  | 'version' // no common protocol version
  | 'server'
  | 'no-connection'
  | 'state' // not possible in the connection's current state
  | 'too-large'
  | 'session-lost' // the peer could not decrypt further messages
  | 'message'; // an unreadable message from the peer

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly kind: AgentErrorKind;
  readonly retryable: boolean;
  constructor(kind: AgentErrorKind, message: string, options?: ErrorOptions & { readonly retryable?: boolean }) {
    super(message, options);
    this.kind = kind;
    this.retryable = options?.retryable ?? false;
  }
}

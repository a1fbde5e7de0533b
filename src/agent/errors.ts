/** What the agent refuses or cannot do; messages are sentences for a person. */
export type AgentErrorKind =
  | 'passphrase' // wrong passphrase, or not a database of ours
  | 'database-locked' // another program has it open
  | 'database-damaged'
  | 'database-newer' // made by a newer version
  | 'disk' // full, read-only, unreachable
  | 'link' // not a link, or of a kind that cannot be used
  | 'own-link'
  | 'link-used'
  | 'version' // no protocol version in common
  | 'server'
  | 'no-connection'
  | 'state' // not possible in the connection's state
  | 'too-large'
  | 'session-lost' // the peer could not decrypt what is sent
  | 'message'; // a message from the peer that cannot be read

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

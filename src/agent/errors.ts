/** Errors of the agent: a code, and values for the words of a face. */
import { codeWithValues } from '../base/index.ts';

/** The part before a dot is the {@link AgentErrorKind}; the part after it says which of a kind. */
export type AgentErrorCode =
  | 'passphrase' // wrong passphrase, or not a Sotto database; values: path
  | 'database-locked' // open in another program; values: path
  | 'database-damaged' // values: path
  | 'database-damaged.empty' // values: path
  | 'database-newer' // used by a newer version
  | 'disk.full'
  | 'disk.not-writable' // values: path
  | 'link.several'
  | 'link.short'
  | 'link.unreadable'
  | 'link.cut-off' // unreadable, and looks like the beginning of one
  | 'link.address'
  | 'link.old-server'
  | 'own-link'
  | 'link-used'
  | 'version.old-app' // made the link
  | 'version.newer-app' // made the link
  | 'version.old-contact' // the contact's app
  | 'version.newer-contact' // the contact's app
  | 'version.old-contact-server'
  | 'version.sender-key' // the contact's app or server cannot secure the queue
  | 'server.none' // no server is set
  | 'server.old'
  | 'server.refused' // does not deliver; values: detail
  | 'server.own-queue-gone'
  | 'server.peer-queue-gone'
  | 'no-connection'
  | 'state.closing'
  | 'state.not-connected'
  | 'state.no-request' // to accept
  | 'state.not-joining'
  | 'state.no-session'
  | 'state.confirmation' // unexpected
  | 'too-large.message' // values: bytes too many
  | 'too-large.profile'
  | 'session-lost' // the peer could not decrypt further messages
  | 'message.unconfirmed' // before the confirmation
  | 'message.unexpected-key'
  | 'message.unexpected-confirmation'
  | 'message.no-parameters' // in a confirmation
  | 'message.no-queue' // in a confirmation
  | 'message.no-information' // in a confirmation
  | 'message.renewal'; // of the encryption session, which is not supported

type KindOf<C extends string> = C extends `${infer K}.${string}` ? K : C;

export type AgentErrorKind = KindOf<AgentErrorCode>;

/** Plain data that belongs to a code: paths, sizes. Never keys or messages. */
export type AgentErrorValues = Readonly<Record<string, string | number>>;

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  readonly values: AgentErrorValues;
  readonly kind: AgentErrorKind;
  readonly retryable: boolean;

  constructor(
    code: AgentErrorCode,
    values: AgentErrorValues = {},
    options?: ErrorOptions & { readonly retryable?: boolean },
  ) {
    super(codeWithValues(code, values), options);
    this.code = code;
    this.values = values;
    this.kind = code.split('.')[0] as AgentErrorKind;
    this.retryable = options?.retryable ?? false;
  }
}

/**
 * The one API of chat: typed commands in, typed events out. The terminal, bots and the browser are faces of it, and no
 * feature lives in a face. All ids are of this device; nothing here identifies a person on the network.
 */
import type { MessageIntegrity } from '../agent/index.ts';
import type { Brand } from '../base/index.ts';
import type { ChatPreferences, MsgContent } from './protocol/index.ts';

export type ContactId = Brand<number, 'ContactId'>;
export type ItemId = Brand<number, 'ItemId'>;

/** What a person shows to contacts. `displayName` is the short name that commands use. */
export interface Profile {
  readonly displayName: string;
  readonly fullName: string;
  readonly shortDescr: string | undefined;
  /** `data:` URI of a small picture. */
  readonly image: string | undefined;
  readonly preferences: ChatPreferences;
}

export type ContactState =
  | 'invited' // our invitation waits for somebody
  | 'connecting'
  | 'connected'
  | 'deleted-by-peer';

export interface Contact {
  readonly contactId: ContactId;
  /** Unique on this device: the contact's display name, with `_1` and so on where two have the same. */
  readonly localName: string;
  /** Undefined until the contact's profile has arrived. */
  readonly profile: Profile | undefined;
  readonly state: ContactState;
  /** Whether messages in both directions are encrypted with the post-quantum KEM. */
  readonly pqEncryption: boolean;
  readonly createdAt: number;
}

/** `sent`: on the server (✓). `delivered`: in the recipient's database (✓✓). */
export type SendStatus =
  | { readonly kind: 'pending' }
  | { readonly kind: 'sent' }
  | { readonly kind: 'delivered'; readonly intact: boolean }
  | { readonly kind: 'failed'; readonly reason: string };

/** Whether the sequence of messages is whole up to this one; anything but `ok` is shown with the message. */
export type Integrity = MessageIntegrity;

/** One line of a conversation. */
export interface ChatItem {
  readonly itemId: ItemId;
  readonly contactId: ContactId;
  /** Milliseconds since the epoch: when it was sent, for received ones as the server saw it. */
  readonly timestamp: number;
  /** What to show; for content of an unknown kind the text that came with it. */
  readonly text: string;
  readonly content: MsgContent | undefined;
  readonly direction:
    | { readonly kind: 'sent'; readonly status: SendStatus }
    | { readonly kind: 'received'; readonly integrity: Integrity };
}

export interface ContactDetails {
  readonly contact: Contact;
  /** `smp://…` of the queues that we receive from and send to. */
  readonly receivingServers: readonly string[];
  readonly sendingServers: readonly string[];
  /** What both sides allow. */
  readonly chatVersion: number | undefined;
  readonly agentVersion: number | undefined;
}

export type ChatEvent =
  | { readonly kind: 'contactConnecting'; readonly contact: Contact }
  | { readonly kind: 'contactConnected'; readonly contact: Contact }
  | { readonly kind: 'contactUpdated'; readonly contact: Contact; readonly previousName: string }
  | { readonly kind: 'contactDeletedByPeer'; readonly contact: Contact }
  | { readonly kind: 'pqEncryption'; readonly contact: Contact; readonly enabled: boolean }
  | { readonly kind: 'messageReceived'; readonly contact: Contact; readonly item: ChatItem }
  /** The sender changed what it said. */
  | { readonly kind: 'messageUpdated'; readonly contact: Contact; readonly item: ChatItem }
  | { readonly kind: 'messageStatus'; readonly contact: Contact; readonly item: ChatItem }
  | { readonly kind: 'serverConnected'; readonly server: string }
  | { readonly kind: 'serverDisconnected'; readonly server: string }
  | { readonly kind: 'connectionFailed'; readonly contact: Contact; readonly reason: string }
  /** Another device or program with the same database copy took over the queue. */
  | { readonly kind: 'subscriptionEnded'; readonly contact: Contact }
  | { readonly kind: 'error'; readonly contact: Contact | undefined; readonly message: string };

export type ChatErrorKind = 'no-profile' | 'no-contact' | 'not-connected' | 'name' | 'text' | 'state';

export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly retryable = false;
  readonly kind: ChatErrorKind;
  constructor(kind: ChatErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * A running chat. Commands throw `ChatError` or `AgentError` whose messages are sentences for a person, and then have
 * changed nothing.
 */
export interface Chat {
  /** Undefined before the first run's profile was made. */
  profile(): Profile | undefined;
  /** Names are up to 50 characters, without `@`, `#` or leading and trailing spaces. */
  createProfile(displayName: string): Profile;
  /** Changes the name and tells all contacts. */
  renameProfile(displayName: string): Profile;
  /** Subscribes to all queues and resumes what was under way; returns at once. */
  start(): void;
  /** The link is for one person, to be passed on outside of Sotto. */
  createInvitation(signal: AbortSignal): Promise<{ readonly contact: Contact; readonly link: string }>;
  /** Joins by a full invitation link. */
  connect(link: string, signal: AbortSignal): Promise<Contact>;
  contacts(): readonly Contact[];
  /** By the name that commands use; throws `ChatError` `no-contact`. */
  contactByName(localName: string): Contact;
  contactDetails(contactId: ContactId): ContactDetails;
  /** Digits in groups of five, equal on both sides; undefined until connected. */
  securityCode(contactId: ContactId): string | undefined;
  /** Last items, oldest first: of one contact, or of all. */
  items(contactId: ContactId | undefined, count: number): readonly ChatItem[];
  sendText(contactId: ContactId, text: string): ChatItem;
  /** Tells the contact, deletes the conversation here, and its queue on the server when that can be reached. */
  deleteContact(contactId: ContactId): Promise<void>;
  /** Servers that new connections use. */
  servers(): readonly string[];
  /** True when nothing waits to be sent or acknowledged. */
  idle(): boolean;
  stop(): Promise<void>;
}

export type ChatEventHandler = (event: ChatEvent) => void;

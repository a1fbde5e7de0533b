/**
 * The one API of chat: typed commands in, typed events out. The terminal, bots and the browser are faces of it, and no
 * feature lives in a face. All ids are of this device; nothing here identifies a person on the network.
 */
import type { MessageIntegrity } from '../agent/index.ts';
import type { Brand } from '../base/index.ts';
import type { ChatFeature, ChatPreferences, FeatureAllowed, MsgContent } from './protocol/index.ts';

/** A conversation of any kind; the id of a contact is that of its chat. */
export type ChatId = Brand<number, 'ChatId'>;
export type ProfileId = Brand<number, 'ProfileId'>;
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
  readonly chatId: ChatId;
  /** Unique on this device: the contact's display name, with `_1` and so on where two have the same. */
  readonly localName: string;
  /** Undefined until the contact's profile has arrived. */
  readonly profile: Profile | undefined;
  readonly state: ContactState;
  /** Whether messages in both directions are encrypted with the post-quantum KEM. */
  readonly pqEncryption: boolean;
  /** Its security code was compared, and is still the same. */
  readonly verified: boolean;
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

/** The message that another one answers, as the answer tells it. */
export interface Quote {
  readonly text: string;
  readonly author: 'us' | 'contact';
}

/** How many of the two people have reacted to a message with `reaction`, an emoji, or `?` for what we do not know. */
export interface ItemReaction {
  readonly reaction: string;
  readonly count: number;
  readonly ours: boolean;
}

/** What stands in place of a text that cannot be shown; a face words it. */
export type ItemNotice =
  | 'unreadable' // a message that this version cannot read
  | 'call' // a call, which cannot be taken
  | 'group-invitation'
  | 'voice-refused' // a voice message, which is not allowed to the contact
  | 'session-lost'; // nothing can be read or sent any more, as an older copy of a database was restored

/** Where a list goes on: before an item, or after it. */
export interface ItemsNextTo {
  readonly before?: ItemId;
  readonly after?: ItemId;
}

/** Where a value of a face belongs: the lists of a face are its own. */
export interface FaceList {
  readonly face: string;
  readonly list: string;
}

/** A value that a face keeps, and what it is about: it goes with that. */
export interface FaceValue {
  readonly value: string;
  readonly chatId: ChatId | undefined;
  readonly itemId: ItemId | undefined;
}

/** One line of a conversation. */
export interface ChatItem {
  readonly itemId: ItemId;
  readonly chatId: ChatId;
  /** Milliseconds since the epoch: when it was sent, for received ones as the server saw it. */
  readonly timestamp: number;
  /** What to show; for content of an unknown kind the text that came with it. */
  readonly text: string;
  /** In place of a text, which is empty then. */
  readonly notice: ItemNotice | undefined;
  readonly content: MsgContent | undefined;
  /** What it answers. */
  readonly quote: Quote | undefined;
  /** It was written by somebody else, to somebody else. */
  readonly forwarded: boolean;
  /** Its sender is still typing it. */
  readonly live: boolean;
  /** Its sender has changed it. */
  readonly edited: boolean;
  /** When its sender deleted it, where it may still be shown. */
  readonly deletedAt: number | undefined;
  readonly reactions: readonly ItemReaction[];
  readonly direction:
    | { readonly kind: 'sent'; readonly status: SendStatus }
    | { readonly kind: 'received'; readonly integrity: Integrity };
}

/** Who may use a feature of a conversation, and what each side allows. */
export interface FeatureState {
  readonly feature: ChatFeature;
  readonly ours: FeatureAllowed;
  readonly theirs: FeatureAllowed;
  readonly forUs: boolean;
  readonly forContact: boolean;
}

export interface ContactDetails {
  readonly contact: Contact;
  /** `smp://…` of the queues that we receive from and send to. */
  readonly receivingServers: readonly string[];
  readonly sendingServers: readonly string[];
  /** What both sides allow. */
  readonly chatVersion: number | undefined;
  readonly agentVersion: number | undefined;
  readonly features: readonly FeatureState[];
}

/** How things stand with servers. */
export interface ChatStatus {
  /** Servers of conversations that we are connected to, and those that we are not, as `smp://…`. */
  readonly connected: readonly string[];
  readonly disconnected: readonly string[];
  /** How many messages wait to be on a server. */
  readonly sending: number;
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
  /** `removed`: it is gone from this device; otherwise it is marked. */
  | { readonly kind: 'messageDeleted'; readonly contact: Contact; readonly item: ChatItem; readonly removed: boolean }
  | {
      readonly kind: 'messageReaction';
      readonly contact: Contact;
      readonly item: ChatItem;
      readonly reaction: string;
      readonly added: boolean;
    }
  | { readonly kind: 'messageStatus'; readonly contact: Contact; readonly item: ChatItem }
  /** The contact has changed what it allows. */
  | { readonly kind: 'featureChanged'; readonly contact: Contact; readonly feature: FeatureState }
  /** The security code is not the one that was compared. */
  | { readonly kind: 'verificationReset'; readonly contact: Contact }
  | { readonly kind: 'serverConnected'; readonly server: string }
  | { readonly kind: 'serverDisconnected'; readonly server: string }
  | { readonly kind: 'connectionFailed'; readonly contact: Contact; readonly reason: string }
  /** Another device or program with the same database copy took over the queue. */
  | { readonly kind: 'subscriptionEnded'; readonly contact: Contact }
  | { readonly kind: 'error'; readonly contact: Contact | undefined; readonly message: string };

export type ChatErrorKind =
  | 'no-profile'
  | 'no-contact'
  | 'no-item'
  | 'not-connected'
  | 'not-allowed'
  | 'name'
  | 'text'
  | 'state';

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
  contactDetails(chatId: ChatId): ContactDetails;
  /** Digits in groups of five, equal on both sides; undefined until connected. */
  securityCode(chatId: ChatId): string | undefined;
  /** Items of one chat or of all, oldest first: the last `count`, or those next to an item. */
  items(chatId: ChatId | undefined, count: number, next?: ItemsNextTo): readonly ChatItem[];
  /** The last `count` messages with all words of `text`, also as beginnings of words, oldest first. */
  search(chatId: ChatId | undefined, text: string, count: number): readonly ChatItem[];
  /** `quoted`: the item that it answers. */
  sendText(chatId: ChatId, text: string, quoted?: ItemId): ChatItem;
  /** Changes a message that we sent, within a day. */
  editMessage(itemId: ItemId, text: string): ChatItem;
  /**
   * For `everyone`: a message that we sent, within a day; it is gone on both sides where both allow that, and marked as
   * deleted where they do not. `here`: any message is gone from this device, and nobody is told.
   */
  deleteMessage(itemId: ItemId, scope: 'everyone' | 'here'): { readonly item: ChatItem; readonly removed: boolean };
  /** With one of `reactionEmojis`, up to three on a message. */
  react(itemId: ItemId, emoji: string, add: boolean): ChatItem;
  /** Empties the conversation on this device. */
  clear(chatId: ChatId): void;
  /** Contacts with received messages that were not marked as read, how many, and how many of the last messages have them all. */
  unread(): readonly { readonly contact: Contact; readonly count: number; readonly within: number }[];
  /** These were seen by a person. */
  markRead(itemIds: readonly ItemId[]): void;
  /**
   * Compares the code that the contact tells with ours, whatever the spaces, and remembers when they are the same. Without
   * a code it forgets that they were.
   */
  verify(chatId: ChatId, code: string | undefined): { readonly verified: boolean; readonly code: string };
  /** Allows a feature to one contact, or to all that have no setting of their own, and tells them. */
  setFeature(feature: ChatFeature, allow: FeatureAllowed, chatId: ChatId | undefined): void;
  /** What our profile allows. */
  ownFeatures(): readonly { readonly feature: ChatFeature; readonly allow: FeatureAllowed }[];
  features(chatId: ChatId): readonly FeatureState[];
  status(): ChatStatus;
  /** What a face keeps in a list of its own, oldest first. */
  faceValues(list: FaceList): readonly FaceValue[];
  /** Adds a value behind the others, of which the last `keep` stay. */
  addFaceValue(list: FaceList, value: FaceValue, keep: number): void;
  /** Removes these values from a list of a face, or all. */
  removeFaceValues(list: FaceList, values?: readonly string[]): void;
  /** Tells the contact, deletes the conversation here, and its queue on the server when that can be reached. */
  deleteContact(chatId: ChatId): Promise<void>;
  /** Servers that new connections use. */
  servers(): readonly string[];
  /** True when nothing waits to be sent or acknowledged. */
  idle(): boolean;
  stop(): Promise<void>;
}

export type ChatEventHandler = (event: ChatEvent) => void;

/**
 * What people did, as it should come out: kept apart from what the programs believe. Conversations are known by their
 * security code, which both sides have and nobody else.
 */
import type { ChatId, ItemId } from '../../src/chat/index.ts';
import type { SimulatedPerson } from './person.ts';

/** A text somebody gave to the chat. */
export interface Sent {
  /** What it may be now: more than one when the program ended while it was changed. */
  texts: readonly string[];
  /** `maybe`: the program ended while it was stored, so that nobody was told whether it was. */
  readonly stored: 'yes' | 'maybe';
  readonly itemId: ItemId | undefined;
}

/** One person's side of a conversation. */
export interface Side {
  readonly person: SimulatedPerson;
  readonly chatId: ChatId;
  readonly sent: Sent[];
  /** Known once connected. */
  code: string | undefined;
  /** The other side, as far as the one who brought both together knows. */
  other: Side | undefined;
  /** Deleted by this person; `connected` when it was connected then, so that the other side was told. */
  deleted: { readonly connected: boolean } | undefined;
  /** A deletion that may or may not have been stored when the program ended; marks it as done. */
  deleting: (() => void) | undefined;
}

/** A link that was made for somebody. */
export interface Invitation {
  readonly side: Side;
  readonly joiner: SimulatedPerson;
}

export class Model {
  readonly invitations: Invitation[] = [];
  readonly sides: Side[] = [];
  /** How many were sent: each is another. */
  texts = 0;

  side(person: SimulatedPerson, chatId: ChatId): Side {
    let side = this.sides.find((s) => s.person === person && s.chatId === chatId && s.deleted === undefined);
    if (side === undefined) {
      side = {
        person,
        chatId,
        sent: [],
        code: undefined,
        other: undefined,
        deleted: undefined,
        deleting: undefined,
      };
      this.sides.push(side);
    }
    return side;
  }

  /** Takes in the contacts that a running program has, and their codes. */
  observe(person: SimulatedPerson): void {
    const { chat } = person;
    const contacts = chat?.contacts() ?? [];
    for (const side of this.sides) {
      const isGone = side.person === person && !contacts.some(({ chatId }) => chatId === side.chatId);
      if (chat !== undefined && isGone && side.deleted === undefined) side.deleting?.();
    }
    for (const { chatId, state } of contacts) {
      const side = this.side(person, chatId);
      if (state === 'connected') side.code ??= chat?.securityCode(chatId);
    }
  }

  /**
   * Whether the other side of a conversation has, or may have, deleted it before it was connected: then it told nobody.
   * Where the other side is not known, it is one of those that this person invited or was invited by.
   */
  mayHaveLeft(side: Side): boolean {
    const left = ({ deleted }: Side) => deleted !== undefined && !deleted.connected;
    const peer = this.peer(side);
    if (peer !== undefined) return left(peer);
    return this.invitations.some((invitation) => {
      if (invitation.joiner === side.person) return left(invitation.side);
      const joined = this.sides.filter(({ person }) => person === invitation.joiner);
      return invitation.side === side && joined.some(left);
    });
  }

  /** The other side of a conversation, if it is known. */
  peer(side: Side): Side | undefined {
    if (side.code === undefined) return side.other;
    return this.sides.find((s) => s !== side && s.code === side.code) ?? side.other;
  }
}

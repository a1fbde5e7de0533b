/** What a contact sends though it is not allowed to: shown as such, in place of what it is. */
import { featureState } from '../contacts/features.ts';
import type { ChatContext } from '../context.ts';
import type { MsgContent, SharedMsgId } from '../protocol/index.ts';
import type * as store from '../store/index.ts';

/** Whether content of a contact, new or in place of other, is of a kind that is not allowed to it. */
export function isRefused(ctx: ChatContext, contact: store.StoredContact, content: MsgContent): boolean {
  return content.kind === 'voice' && !featureState(ctx, contact, 'voice').forContact;
}

/** The item in its place. It keeps its id, so that what its sender calls a change of it does not bring it back. */
export function refusedItem(sharedMsgId: SharedMsgId | undefined) {
  return { text: '', notice: 'voice-refused', event: undefined, sharedMsgId, edited: false } as const;
}

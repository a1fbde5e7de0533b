/** Reactions to messages (chat protocol, `x.msg.react`). */
import type { MsgReaction } from './events.ts';
import { canonicalJson } from './json.ts';

/** What the official apps can send. All but these may be shown by peers as `?`. */
export const reactionEmojis: readonly string[] = ['👍', '👎', '😀', '😂', '😢', '❤', '🚀', '✅'];

/** How many reactions one side may have on one message at a time. */
export const MAX_REACTIONS = 3;

const UNKNOWN = '?';
/** Longest emoji, in UTF-16 units: families with skin tones and flags of regions are below it. */
const MAX_EMOJI_LENGTH = 32;

/** By which equal reactions are recognised. */
export function reactionKey(reaction: MsgReaction): string {
  return reaction.kind === 'emoji' ? reaction.emoji : canonicalJson(reaction.json);
}

/** What to show for the key of a reaction: the emoji, or `?` for what is none. */
export function reactionText(key: string): string {
  return key.length <= MAX_EMOJI_LENGTH && /^[\p{Emoji}\p{Emoji_Component}]+$/u.test(key) ? key : UNKNOWN;
}

/** What a command refuses: a code, and values for the words of a face. */
import { codeWithValues } from '../../base/index.ts';

export type ChatErrorCode =
  | 'input' // the command does not take this
  | 'right' // the face is not allowed to
  | 'client-id' // the id was used for another command
  | 'no-profile'
  | 'profile-exists'
  | 'name' // not a name that can be used
  | 'no-contact'
  | 'no-item'
  | 'not-connected' // values: name, and whether the contact has ended it
  | 'blank'
  | 'too-long'
  | 'unchanged'
  | 'not-quotable'
  | 'not-ours'
  | 'forwarded'
  | 'deleted'
  | 'too-late'
  | 'unknown-reaction'
  | 'reactions-off'
  | 'not-reactable'
  | 'reaction-there'
  | 'reaction-absent'
  | 'too-many-reactions'
  | 'pin-there'
  | 'pin-absent'
  | 'too-many-pins'; // values: how many there may be

/** Plain data that belongs to a code: names, limits. Never keys or messages. */
export type ErrorValues = Readonly<Record<string, string | number | boolean>>;

export class ChatError extends Error {
  override readonly name = 'ChatError';
  /** Trying again without a change of something else gives the same. */
  readonly retryable = false;
  readonly code: ChatErrorCode;
  readonly values: ErrorValues;

  constructor(code: ChatErrorCode, values: ErrorValues = {}, options?: ErrorOptions) {
    super(codeWithValues(code, values), options);
    this.code = code;
    this.values = values;
  }
}

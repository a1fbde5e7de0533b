/** The fields of an event that say what went wrong: code and values of the agent's errors, the message of all others. */
import { AgentError } from '../../agent/index.ts';
import type { ChatEvent } from '../api/index.ts';

type Failure = Pick<Extract<ChatEvent, { readonly kind: 'error' }>, 'code' | 'values' | 'detail'>;

/** Where the kind of the event says it all. */
export const undescribed: Failure = { code: 'other', values: {}, detail: '' };

export function described(error: unknown): Failure {
  if (error instanceof AgentError) return { code: error.code, values: error.values, detail: '' };
  return { ...undescribed, detail: error instanceof Error ? error.message : String(error) };
}

/** What the parts of the chat share. */
import type { Agent, Database } from '../agent/index.ts';
import type { Clock, Logger, Random } from '../base/index.ts';
import type { ChatEvent } from './api.ts';

export interface ChatContext {
  readonly sql: Database;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Tells the face, once the open transaction is committed. */
  readonly emit: (event: ChatEvent) => void;
}

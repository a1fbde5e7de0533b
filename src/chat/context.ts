/** What the parts of the chat share. */
import type { Agent, Database } from '../agent/index.ts';
import type { Clock, Logger, Random } from '../base/index.ts';
import type { NewEvent } from './events/log.ts';

export interface ChatContext {
  readonly sql: Database;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Numbers the event in the open transaction, and tells faces once that is committed. */
  readonly emit: (event: NewEvent) => void;
}

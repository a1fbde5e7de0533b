/**
 * Events on their way to a face: one after the other, outside the stack of whatever caused them. What a face throws, or
 * rejects with, is logged and changes nothing: the event is stored already.
 */
import type { Logger } from '../../base/index.ts';
import type { ChatEvent, ChatEventHandler } from '../api/index.ts';

export class EventQueue {
  readonly #handler: ChatEventHandler;
  readonly #logger: Logger;
  readonly #waiting: ChatEvent[] = [];
  #scheduled = false;

  constructor(handler: ChatEventHandler, logger: Logger) {
    this.#handler = handler;
    this.#logger = logger;
  }

  push(event: ChatEvent): void {
    this.#waiting.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    for (const event of this.#waiting.splice(0)) {
      try {
        const handled: unknown = this.#handler(event);
        // A handler may be an async function, which the type lets pass.
        if (handled instanceof Promise) handled.catch((error: unknown) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report(event: ChatEvent, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger.error(`the handler of events failed at ${event.kind}: ${reason}`);
  }
}

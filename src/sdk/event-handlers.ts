/** Handlers of events by kind, which come and go while a chat runs. */
import type { Logger } from '../base/index.ts';
import type { ChatEvent } from '../chat/index.ts';

export type EventKind = ChatEvent['kind'];
export type EventOf<K extends EventKind> = Extract<ChatEvent, { readonly kind: K }>;
/** May be asynchronous: nothing waits for it, and what it throws or rejects with is logged. */
export type EventHandler<K extends EventKind> = (event: EventOf<K>) => unknown;

export class EventHandlers {
  readonly #logger: Logger;
  readonly #handlers = new Map<EventKind, Set<(event: never) => unknown>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add<K extends EventKind>(kind: K, handler: EventHandler<K>): () => void {
    const handlers = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** Every handler has its turn, whatever another one throws. */
  tell(event: ChatEvent): void {
    for (const handler of this.#handlers.get(event.kind) ?? []) {
      const report = (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.error(`a handler of ${event.kind} failed: ${reason}`);
      };
      try {
        const handled: unknown = handler(event as never);
        if (handled instanceof Promise) handled.catch(report);
      } catch (error) {
        report(error);
      }
    }
  }
}

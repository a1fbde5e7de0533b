/** Servers of conversations, and whether they are connected. */
import type { Agent } from '../agent/index.ts';

export class Reachability {
  readonly #agent: Agent;
  readonly #reached = new Map<string, boolean>();

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** A server that nothing is received from is connected to when there is something to send, and then let go. */
  set(server: string, reached: boolean): void {
    if (reached || this.#agent.receivesFrom(server)) this.#reached.set(server, reached);
    else this.#reached.delete(server);
  }

  /** After a contact was deleted. */
  forgetUnused(): void {
    for (const [server, reached] of this.#reached) this.set(server, reached);
  }

  servers(): { readonly connected: readonly string[]; readonly disconnected: readonly string[] } {
    const serversIn = (wanted: boolean) =>
      [...this.#reached].flatMap(([server, reached]) => (reached === wanted ? [server] : []));
    return { connected: serversIn(true), disconnected: serversIn(false) };
  }
}

/** The proxy of the main process as workers see it, so that all clients share the connections to relays. */
import type { Response } from '../../protocol/index.ts';
import type { ProxyClient, ProxyService } from '../proxy-service.ts';
import type { Calls, Targets } from './calls.ts';

const TARGET = 'proxy';

export function remoteProxy(calls: Calls): ProxyService {
  let last = 0;
  return {
    client() {
      const client = ++last;
      const call = (method: string, ...parameters: readonly unknown[]) =>
        calls.call(TARGET, method, [client, ...parameters]) as Promise<Response>;
      return {
        connect: (relay) => call('connect', relay),
        forward: (sessionId, command) => call('forward', sessionId, command),
        close: () => void call('close'),
      };
    },
    // The main process closes its own connections.
    close: () => {},
  };
}

/** The proxy clients of one worker, in the main process. */
export class WorkerProxyClients {
  readonly #service: ProxyService;
  readonly #clients = new Map<number, ProxyClient>();
  readonly targets: Targets;

  constructor(service: ProxyService) {
    this.#service = service;
    this.targets = {
      [TARGET]: {
        connect: (client: number, ...[relay]: Parameters<ProxyClient['connect']>) =>
          this.#client(client).connect(relay),
        forward: (client: number, ...parameters: Parameters<ProxyClient['forward']>) =>
          this.#client(client).forward(...parameters),
        close: (client: number) => {
          this.#clients.get(client)?.close();
          this.#clients.delete(client);
        },
      },
    };
  }

  /** Closes all clients: the worker has ended. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(number: number): ProxyClient {
    const client = this.#clients.get(number) ?? this.#service.client();
    this.#clients.set(number, client);
    return client;
  }
}

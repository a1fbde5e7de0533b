/** The two ends of the connection between a worker and the main process. */

import type { ProxyService } from '../proxy-service.ts';
import type { SessionStore } from '../store/index.ts';
import type { SubscriptionBus } from '../subscriptions/bus.ts';
import { answerCall, Calls } from './calls.ts';
import type { FromWorker, Post, ToWorker } from './messages.ts';
import { RemoteBus, WorkerSubscriptions } from './remote-bus.ts';
import { remoteProxy, WorkerProxyClients } from './remote-proxy.ts';
import { giveBackResult, remoteStore, storeTargets } from './remote-store.ts';

/** The services that a worker's sessions use. */
export interface WorkerSide {
  readonly store: SessionStore;
  readonly bus: SubscriptionBus;
  readonly proxyService: ProxyService;
  /** Handles a message from the main process. */
  receive(message: ToWorker): void;
}

export function workerSide(post: Post<FromWorker>): WorkerSide {
  const calls = new Calls(post);
  const bus = new RemoteBus(post);
  return {
    store: remoteStore(calls),
    bus,
    proxyService: remoteProxy(calls),
    receive(message) {
      if (message.kind === 'event') bus.onEvent(message);
      else calls.answered(message);
    },
  };
}

/** The main process's end for one worker. */
export interface MainSide {
  /** Handles a message from the worker. */
  receive(message: FromWorker): void;
  /** Ends the worker's subscriptions and relay requests: the worker has ended. */
  close(): void;
}

export interface MainServices {
  readonly store: SessionStore;
  readonly bus: SubscriptionBus;
  readonly proxyService: ProxyService | undefined;
}

export function mainSide({ store, bus, proxyService }: MainServices, post: Post<ToWorker>): MainSide {
  const subscriptions = new WorkerSubscriptions(bus, post);
  const clients = proxyService && new WorkerProxyClients(proxyService);
  const targets = { ...storeTargets(store), ...clients?.targets };
  return {
    receive(message) {
      if (message.kind === 'call') void answerCall(message, targets, post, giveBackResult);
      else subscriptions.handle(message);
    },
    close() {
      subscriptions.close();
      clients?.close();
    },
  };
}

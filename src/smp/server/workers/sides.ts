/** The two ends between a worker and the main process. */

import type { ProxyService } from '../proxy-service.ts';
import type { SessionStore } from '../store/index.ts';
import type { SubscriptionBus } from '../subscriptions/bus.ts';
import { answerCall, Calls } from './calls.ts';
import type { FromWorker, Post, ToWorker } from './messages.ts';
import { RemoteBus, WorkerSubscriptions } from './remote-bus.ts';
import { remoteProxy, WorkerProxyClients } from './remote-proxy.ts';
import { giveBackResult, remoteStore, storeTargets } from './remote-store.ts';

/** What the sessions of a worker work with. */
export interface WorkerSide {
  readonly store: SessionStore;
  readonly bus: SubscriptionBus;
  readonly proxyService: ProxyService;
  /** Takes what the main process posts. */
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
      if (message.kind === 'event') bus.happened(message);
      else calls.answered(message);
    },
  };
}

/** What the main process does for one worker. */
export interface MainSide {
  /** Takes what the worker posts. */
  receive(message: FromWorker): void;
  /** The worker is gone: its subscriptions and what it asks of relays end. */
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

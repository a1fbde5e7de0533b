/** Clients for measuring servers. */
import { silentLogger, systemClock } from '#sotto/base';
import { systemRandom } from '#sotto/crypto';
import { SmpClients } from '#sotto/smp';
import { tlsConnect } from '#sotto/transport/node';

const nothing = () => {};

/** A client that sends commands and ignores events. */
export function askingClient(): SmpClients {
  return new SmpClients({
    connect: tlsConnect(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onMessage: nothing,
    onEnd: nothing,
    onConnected: nothing,
    onDisconnected: nothing,
    onSubscriptionError: nothing,
  });
}

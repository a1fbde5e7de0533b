/** The clients that measure servers. */
import { silentLogger, systemClock } from '#sotto/base';
import { systemRandom } from '#sotto/crypto';
import { SmpClients } from '#sotto/smp';
import { tlsConnect } from '#sotto/transport/node';

const nothing = () => {};

/** A client that asks and is answered; what a server sends unasked, it ignores. */
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

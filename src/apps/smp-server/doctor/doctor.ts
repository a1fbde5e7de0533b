/** `sotto smp-server doctor`: examines a server as a client does, from its host name to a message sent through it. */
import { type Clock, systemClock } from '../../../base/index.ts';
import { systemRandom } from '../../../crypto/index.ts';
import { DecodeError } from '../../../encoding/index.ts';
import { examine, type Folders, HostingError } from '../../../hosting/index.ts';
import { parseSmpServer, type SmpServerWithAuth, smpServerPort } from '../../../protocol/index.ts';
import { tlsConnect } from '../../../transport/node/index.ts';
import { configuredAddress } from '../address.ts';
import { shiftedClock } from './clocks.ts';
import { handshakeExaminations } from './handshake.ts';
import { passMessage, queueExamination } from './queue.ts';
import { nameExamination, portExamination, type Resolve } from './reaching.ts';

function parse(text: string, advice: string): SmpServerWithAuth {
  try {
    return parseSmpServer(text);
  } catch (cause) {
    const why = cause instanceof DecodeError ? cause.message : 'it cannot be read';
    throw new HostingError(`This is not the address of a server: ${why}.${advice}`, { cause });
  }
}

/** `text`: an address; undefined: that of the server configured here. Resolves with whether everything works. */
export async function doctor(
  text: string | undefined,
  folders: Folders,
  resolve: Resolve,
  print: (line: string) => void,
  clock: Clock = systemClock,
): Promise<boolean> {
  const address =
    text === undefined ? parse(configuredAddress(folders), ' Is "host" in [TRANSPORT] set?') : parse(text, '');
  // Onion services need Tor.
  const hosts = address.server.hosts.filter((host) => !host.endsWith('.onion'));
  const onions = address.server.hosts.filter((host) => host.endsWith('.onion'));
  for (const onion of onions) print(`- ${onion}: skipped, because it needs Tor`);
  if (hosts.length === 0) throw new HostingError('There is nothing to examine: the address has onion hosts only.');
  const server = { ...address.server, hosts };
  const port = smpServerPort(server);
  const surroundings = { connect: tlsConnect(clock), clock, random: systemRandom };
  const passed = { server, password: address.password };
  const serverTime = async (nowMs: number) =>
    (await passMessage(passed, { ...surroundings, clock: shiftedClock(clock, nowMs) })).serverMs;
  const well = await examine(
    [
      nameExamination(hosts, resolve),
      portExamination(hosts, port, resolve, clock),
      ...handshakeExaminations(server, port, surroundings.connect, clock, serverTime),
      queueExamination(passed, surroundings),
    ],
    print,
  );
  print(well ? 'The server works.' : 'The server has problems: see above.');
  return well;
}

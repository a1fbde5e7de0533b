/** The server's pages for browsers: information about the server, and pages for links through it. */
import type { Socket } from 'node:net';
import type { Clock } from '../../base/index.ts';
import {
  informationPage,
  linkPage,
  linkScript,
  qrScript,
  readCertificatePair,
  type Site,
  stylePage,
  type WebCertificate,
  WebServer,
} from '../../hosting/index.ts';
import { type Admission, type TcpListener, type TcpListenOptions, tcpListen } from '../../transport/node/index.ts';
import { serverAddress } from './address.ts';
import { isNamed, LOOPBACK } from './configuration/configuration.ts';
import type { Setup } from './configuration/reload.ts';

/** Paths of links: full ones, and short ones for addresses, channels, groups, relays and invitations. */
const LINK_PATHS = ['contact', 'invitation', 'a', 'c', 'g', 'r', 'i'];

const yesNo = (value: boolean) => (value ? 'yes' : 'no');

function siteOf({ configuration: c, identity }: Setup, port: number): Site {
  const information = informationPage({
    kind: 'SMP server',
    address: isNamed(c.host) ? serverAddress(identity.fingerprint, c.host, port, undefined) : undefined,
    needsPassword: c.password !== undefined,
    information: c.information,
    settings: [
      ['Kept on disk', c.persistent ? 'queues and messages' : 'nothing'],
      ['Undelivered messages are deleted after', c.messageDays === 1 ? '1 day' : `${c.messageDays} days`],
      ['Daily statistics', yesNo(c.dailyStatistics)],
      ['New queues', yesNo(c.newQueues)],
      ['Password for new queues', yesNo(c.password !== undefined)],
    ],
  });
  return new Map([
    ['/', information],
    ['/style.css', stylePage],
    ['/link.js', linkScript],
    ['/qr.js', qrScript()],
    ...LINK_PATHS.map((path) => [`/${path}`, linkPage] as const),
  ]);
}

export interface WebOptions {
  /** Addresses to bind; undefined: all. */
  readonly hosts: readonly (string | undefined)[];
  /** The listeners of the protocol. */
  readonly listeners: readonly { readonly port: number }[];
  readonly admission: Admission;
  readonly clock: Clock;
}

/** Serves the pages on the ports of the protocol or on separate ports. */
export class Web {
  /** Serves nothing until started. */
  readonly #server = new WebServer(new Map(), undefined);
  readonly #own: TcpListener[] = [];
  #port = 0;

  /**
   * Starts serving; resolves with the ports that serve only pages. Rejects with `HostingError` when the certificate is
   * invalid, and with `TransportError` when a port cannot be opened.
   */
  async start(setup: Setup, { hosts, listeners, admission, clock }: WebOptions): Promise<readonly number[]> {
    const ports = listeners.map(({ port }) => port);
    this.begin(setup, ports[0] ?? 0);
    const { httpPort, https } = setup.configuration.web;
    const where = { admission, clock };
    if (https !== undefined && !ports.includes(https.port)) {
      const onSocket: TcpListenOptions['onSocket'] = (socket, agreed) => {
        if (!this.accept(socket, agreed)) socket.destroy();
      };
      for (const host of hosts) this.#own.push(await tcpListen({ ...where, host, port: https.port, onSocket }));
    }
    if (httpPort !== undefined) {
      const onSocket: TcpListenOptions['onSocket'] = (socket, agreed) => this.#server.acceptPlain(socket, agreed);
      // Without TLS: reachable only from this machine, for example by Tor.
      this.#own.push(await tcpListen({ ...where, host: LOOPBACK, port: httpPort, onSocket }));
    }
    return [...new Set(this.#own.map(({ port }) => port))];
  }

  /** Starts serving sockets passed to it; `port`: the port of the protocol. Throws as {@link renew} does. */
  begin(setup: Setup, port: number): void {
    this.#port = port;
    this.renew(setup);
  }

  /** Serves a browser; returns false when there is no certificate for it. */
  accept(socket: Socket, agreed: () => void): boolean {
    return this.#server.acceptSecure(socket, agreed);
  }

  /** Throws {@link HostingError}, and changes nothing, when the certificate is invalid. */
  renew(setup: Setup): void {
    const { https, httpPort } = setup.configuration.web;
    const isWanted = https !== undefined || httpPort !== undefined;
    this.#server.renew(isWanted ? siteOf(setup, this.#port) : new Map(), webCertificate(setup));
  }

  close(): void {
    for (const listener of this.#own) listener.close();
    this.#server.close();
  }
}

/**
 * The certificate for browsers; undefined when none is configured. Throws {@link HostingError} when it cannot be read.
 */
function webCertificate({ configuration: { web } }: Setup): WebCertificate | undefined {
  if (web.https === undefined) return undefined;
  const { certificatePath, keyPath } = web.https;
  return readCertificatePair(certificatePath, keyPath);
}

/**
 * Serves `GET /health` and `GET /metrics` over HTTP on a separate port, for loopback or a private network: no TLS, no
 * password.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostingError } from '../errors.ts';
import { type Metric, prometheusText } from './metrics.ts';

/** Maximum connections; further ones are refused. */
const MAX_CONNECTIONS = 32;
/** For a whole request. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface Health {
  readonly healthy: boolean;
  /** Included in the response: counters and versions, nothing about users. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface MonitorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  metrics(): Promise<readonly Metric[]>;
  health(): Health;
}

export interface Monitor {
  readonly port: number;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plain = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });

async function answerTo(request: IncomingMessage, options: MonitorOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET\n');
  const path = request.url?.split('?')[0];
  if (path === '/metrics') {
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    return { status: 200, type, body: prometheusText(await options.metrics()) };
  }
  if (path === '/health') {
    const { healthy, details } = options.health();
    const body = `${JSON.stringify({ status: healthy ? 'ok' : 'failing', ...details })}\n`;
    return { status: healthy ? 200 : 503, type: 'application/json', body };
  }
  return plain(404, 'there are /health and /metrics\n');
}

async function respond(request: IncomingMessage, response: ServerResponse, options: MonitorOptions): Promise<void> {
  const answer = await answerTo(request, options).catch(() => plain(500, 'the metrics are not available now\n'));
  response.writeHead(answer.status, { 'content-type': answer.type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? '' : answer.body);
}

/** Starts listening; rejects with {@link HostingError} when the port cannot be opened. */
export function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void respond(request, response, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  // Does not keep the process alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new HostingError(`Metrics cannot be served on ${options.host}:${options.port}: ${cause.message}.`, { cause }),
      ),
    );
    server.listen(options.port, options.host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close() {
          server.close();
          server.closeAllConnections();
        },
      }),
    );
  });
}

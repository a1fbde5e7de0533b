/**
 * The control socket of a running server: a Unix socket in its data folder that only its owner can open. Requests and
 * answers are lines of JSON:
 *
 * ```
 * request = {"command": name, …}
 * answer  = {"ok": true, …} / {"ok": false, "error": sentence}
 * ```
 */
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { deferred } from '../base/index.ts';
import { HostingError } from './errors.ts';
import { PRIVATE_FILE_MODE, reasonOf, removeLeftFile } from './folders.ts';

const SOCKET_FILE = 'control.sock';

/** In the data folder. */
export const CONTROL_FILES: readonly string[] = [SOCKET_FILE];

/** Maximum size of a request; the connection is closed above it. */
const MAX_REQUEST_BYTES = 16_384;
const MAX_CONNECTIONS = 16;

/** Operating systems limit the length of socket paths. */
const MAX_PATH_BYTES = 103;

export type ControlValues = Readonly<Record<string, unknown>>;

/** Executes a command. The message of a {@link HostingError} is sent to the client; other errors are not described. */
export type ControlCommand = (parameters: ControlValues) => Promise<ControlValues>;

export interface ControlServer {
  close(): void;
}

const socketPath = (folder: string) => join(folder, SOCKET_FILE);

async function answerTo(line: string, commands: Readonly<Record<string, ControlCommand>>): Promise<ControlValues> {
  const refused = (error: string) => ({ ok: false, error });
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return refused('A request is a line of JSON.');
  }
  if (typeof request !== 'object' || request === null) return refused('A request is an object with "command".');
  const { command: name, ...parameters } = request as ControlValues;
  const command = typeof name === 'string' && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return refused(`The commands are ${Object.keys(commands).join(', ')}.`);
  try {
    return { ok: true, ...(await command(parameters)) };
  } catch (error) {
    return refused(error instanceof HostingError ? error.message : 'The command failed.');
  }
}

/** Calls `onLine` with each line; errors of the socket are handled by its creator. */
function eachLine(socket: Socket, onLine: (line: string) => void): void {
  createInterface({ input: socket })
    .on('line', onLine)
    .on('error', () => {});
}

function serve(socket: Socket, commands: Readonly<Record<string, ControlCommand>>): void {
  socket.on('error', () => {});
  let waiting = 0;
  socket.on('data', (chunk) => {
    waiting = chunk.includes(0x0a) ? 0 : waiting + chunk.length;
    if (waiting > MAX_REQUEST_BYTES) socket.destroy();
  });
  // One at a time, so that answers are in the order of the requests.
  let last = Promise.resolve();
  eachLine(socket, (line) => {
    last = last.then(async () => {
      const answer = await answerTo(line, commands);
      if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
    });
  });
}

/** Opens the socket in `folder`, whose lock the caller must hold; rejects with {@link HostingError}. */
export async function startControl(
  folder: string,
  commands: Readonly<Record<string, ControlCommand>>,
): Promise<ControlServer> {
  const path = socketPath(folder);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new HostingError(`The control socket cannot be opened: ${path} is longer than ${MAX_PATH_BYTES} bytes.`);
  }
  // Left by a server that crashed.
  removeLeftFile(path);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, commands);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const listening = deferred<void>();
  server.once('error', (cause) =>
    listening.reject(new HostingError(`The control socket ${path} cannot be opened: ${reasonOf(cause)}.`, { cause })),
  );
  // The umask makes the socket private from the start: with a later chmod others could connect before it.
  const before = process.umask(~PRIVATE_FILE_MODE & 0o777);
  try {
    server.listen(path, () => listening.resolve());
  } finally {
    process.umask(before);
  }
  await listening.promise;
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends a command to the server running in `folder`; rejects with {@link HostingError} when the server refuses it. */
export async function askControl(
  folder: string,
  command: string,
  parameters: ControlValues = {},
): Promise<ControlValues> {
  const socket = connect(socketPath(folder));
  const answered = deferred<string>();
  socket.once('error', (cause: Error & { readonly code?: string }) => {
    const absent = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED';
    const why = absent
      ? `No server runs with the data folder ${folder}`
      : `The server cannot be reached: ${reasonOf(cause)}`;
    answered.reject(new HostingError(`${why}.`, { cause }));
  });
  socket.once('close', () => answered.reject(new HostingError('The server ended before it answered.')));
  eachLine(socket, (line) => answered.resolve(line));
  socket.write(`${JSON.stringify({ ...parameters, command })}\n`);
  try {
    const { ok, error, ...values } = JSON.parse(await answered.promise) as ControlValues;
    if (ok !== true) throw new HostingError(String(error));
    return values;
  } finally {
    socket.destroy();
  }
}

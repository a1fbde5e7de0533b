/** Services without which messages are still delivered: when one fails to start, that is logged and the server goes on. */
import type { Logger } from '../../base/index.ts';
import { type ControlCommand, type ControlServer, HostingError, startControl } from '../../hosting/index.ts';
import { TransportError } from '../../transport/index.ts';
import type { Setup } from './configuration/reload.ts';
import type { Web, WebOptions } from './web.ts';

export async function openControl(
  folder: string,
  commands: Readonly<Record<string, ControlCommand>>,
  logger: Logger,
): Promise<ControlServer | undefined> {
  try {
    return await startControl(folder, commands);
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(error.message);
    return undefined;
  }
}

/** Serves pages where they are configured; returns what stops it. */
export async function startWeb(
  web: Web,
  setup: Setup,
  options: WebOptions,
  print: (line: string) => void,
  logger: Logger,
): Promise<() => void> {
  const { https, httpPort } = setup.configuration.web;
  if (https === undefined && httpPort === undefined) return () => {};
  try {
    const own = await web.start(setup, options);
    const shared = options.listeners.some(({ port }) => port === https?.port) ? [https?.port] : [];
    print(`Pages for browsers: port ${[...shared, ...own].join(', ')}.`);
  } catch (error) {
    if (!(error instanceof HostingError) && !(error instanceof TransportError)) throw error;
    logger.warn(`no pages are served: ${error.message}`);
  }
  return () => web.close();
}

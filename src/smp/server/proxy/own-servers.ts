/** Which relays are the operator's own: they are counted apart. */
import type { SmpServer } from '../../../protocol/index.ts';

/** Whether the first host of `relay` is one of `domains`, or in one. */
export function isOwnServer(relay: SmpServer, domains: readonly string[]): boolean {
  const host = relay.hosts[0]!.toLowerCase();
  return domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`));
}

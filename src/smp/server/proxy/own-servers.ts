/** Recognises relays of the same operator, which statistics count apart. */
import type { SmpServer } from '../../../protocol/index.ts';

/** Whether the first host of `relay` is one of `domains` or a subdomain of one. */
export function isOwnServer(relay: SmpServer, domains: readonly string[]): boolean {
  const host = relay.hosts[0]!.toLowerCase();
  return domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`));
}

/** Limits connections of this program to one address, whatever host names resolve to it. */
import { partyOf } from './admission.ts';
import type { ConnectPolicy } from './connect.ts';

/** At most `max` to one address (IPv6: to one /64, the network of one server): see {@link ConnectPolicy.hold}. */
export function limitedPerAddress(max: number): NonNullable<ConnectPolicy['hold']> {
  const held = new Map<string, number>();
  return (address) => {
    const party = partyOf(address);
    const count = held.get(party) ?? 0;
    if (count >= max) return undefined;
    held.set(party, count + 1);
    return () => {
      const left = held.get(party)! - 1;
      if (left === 0) held.delete(party);
      else held.set(party, left);
    };
  };
}

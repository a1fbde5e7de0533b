/** Cache of sender secrets of one session, limited by a shared budget and discarded with the session. */
import { type BoxKey, wipe } from '../../../crypto/index.ts';
import type { KnownSecrets } from '../../../protocol/index.ts';
import type { Room } from '../room.ts';

const keyOf = (publicKey: Uint8Array) =>
  Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('latin1');

export class SessionSecrets implements KnownSecrets {
  readonly #room: Room;
  readonly #secrets = new Map<string, BoxKey>();

  /** `room` counts entries. */
  constructor(room: Room) {
    this.#room = room;
  }

  get(publicKey: Uint8Array): BoxKey | undefined {
    return this.#secrets.get(keyOf(publicKey));
  }

  add(publicKey: Uint8Array, secret: BoxKey): void {
    // Prefers current senders: when there is no room, all earlier entries are evicted.
    if (!this.#room.tryTake(1)) {
      this.clear();
      if (!this.#room.tryTake(1)) return;
    }
    this.#secrets.set(keyOf(publicKey), secret);
  }

  clear(): void {
    for (const secret of this.#secrets.values()) wipe(secret.boxKey);
    this.#room.release(this.#secrets.size);
    this.#secrets.clear();
  }
}

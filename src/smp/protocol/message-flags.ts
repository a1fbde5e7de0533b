/** Message flags (simplex-messaging.md, "Send message"): one today, up to 7 bytes in later versions. */
import { bool, type Codec } from '../../encoding/index.ts';

export interface MessageFlags {
  /** Whether the recipient's device should be notified. */
  readonly notification: boolean;
}

const SPACE = 0x20;

/** Skips unknown flags up to the space that ends them; the space is not consumed. */
export const messageFlagsCodec: Codec<MessageFlags> = {
  write: (writer, flags) => bool.write(writer, flags.notification),
  read(reader) {
    const notification = bool.read(reader);
    while (reader.peek() !== undefined && reader.peek() !== SPACE) reader.byte();
    return { notification };
  },
};

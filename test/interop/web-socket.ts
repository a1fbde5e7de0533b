/** As much of a WebSocket client (RFC 6455) as a test on loopback needs: text messages both ways. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;
const PONG = 10;

export interface TextSocket {
  send(text: string): void;
  close(): void;
}

/** Connects to `ws://127.0.0.1:<port>`; rejects when nobody answers. */
export function connectWebSocket(port: number, onText: (text: string) => void): Promise<TextSocket> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    };
    const upgrade = request({ host: '127.0.0.1', port, headers });
    upgrade.once('error', reject);
    upgrade.once('upgrade', (_, socket, head) => {
      const read = frameReader(socket as Socket, onText);
      read(head);
      socket.on('data', read).on('error', () => {});
      resolve({
        send: (text) => socket.write(frame(TEXT, Buffer.from(text))),
        close: () => socket.destroy(),
      });
    });
    upgrade.end();
  });
}

/** A whole message in one frame, masked as clients do. */
function frame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff]);
  return Buffer.concat([header, mask, payload.map((byte, i) => byte ^ mask[i & 3]!)]);
}

function frameReader(socket: Socket, onText: (text: string) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  let message: Buffer[] = [];
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending.length < 2) return;
      const short = pending[1]! & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (pending.length < start) return;
      const length =
        short === 126 ? pending.readUInt16BE(2) : short === 127 ? Number(pending.readBigUInt64BE(2)) : short;
      if (pending.length < start + length) return;
      const opcode = pending[0]! & 0x0f;
      const last = (pending[0]! & 0x80) !== 0;
      const payload = pending.subarray(start, start + length);
      pending = pending.subarray(start + length);
      if (opcode === PING) socket.write(frame(PONG, payload));
      if (opcode !== TEXT && opcode !== CONTINUATION) continue;
      message.push(payload);
      if (!last) continue;
      onText(Buffer.concat(message).toString('utf8'));
      message = [];
    }
  };
}

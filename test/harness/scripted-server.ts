/** Loopback servers with scripted responses. */
import { systemClock } from '../../src/base/index.ts';
import { certificateFingerprint, generateX25519, systemRandom } from '../../src/crypto/index.ts';
import { decode, encode } from '../../src/encoding/index.ts';
import { authorizedCodec, encodeTransmission, type SmpServer, transmissionCodec } from '../../src/protocol/index.ts';
import { type Response, responseCodec, SMP_VERSIONS } from '../../src/smp/protocol/index.ts';
import {
  parseBatch,
  plainBlocks,
  readBlock,
  runServerHandshake,
  type Transport,
  takeBatch,
  writeBlock,
} from '../../src/transport/index.ts';
import { tlsListen } from '../../src/transport/node/index.ts';
import { pemChain, pemKey, testAdmission, testIdentity } from './smp-server.ts';

/** A loopback server that completes the handshake and then runs the test's script. */
export async function scriptedServer(
  onSession: (transport: Transport) => void,
  versions = SMP_VERSIONS,
  identity = testIdentity(),
) {
  const { chain, signer } = identity;
  const listener = await tlsListen({
    host: '127.0.0.1',
    port: 0,
    certificates: pemChain(identity),
    key: pemKey(identity),
    alpn: ['smp/1'],
    admission: testAdmission(),
    clock: systemClock,
    onConnection(transport) {
      const own = { versions, chain, signer, keys: generateX25519(systemRandom) };
      runServerHandshake(transport, { ...own, nowMs: Date.now(), registry: async () => undefined }).then(
        () => onSession(transport),
        () => transport.destroy(),
      );
    },
  });
  const address: SmpServer = {
    hosts: ['127.0.0.1'],
    port: String(listener.port),
    keyHash: certificateFingerprint(chain[1]!),
  };
  return { address, close: () => listener.close() };
}

/** A server that answers every command with `response`, with the entity id that `answerFor` returns. */
export function answeringServer(response: Response, answerFor: (entityId: Uint8Array) => Uint8Array) {
  const version = 9;
  const answer = async (transport: Transport) => {
    for (let block = await readBlock(transport, plainBlocks); block !== undefined; ) {
      for (const raw of parseBatch(block)) {
        const { corrId, entityId } = decode(authorizedCodec, decode(transmissionCodec(false), raw).authorized);
        const command = encode(responseCodec(version), response);
        const sent = encodeTransmission({ corrId, entityId: answerFor(entityId), command }, undefined, undefined);
        await writeBlock(transport, plainBlocks, takeBatch([sent]));
      }
      block = await readBlock(transport, plainBlocks);
    }
  };
  return scriptedServer((transport) => void answer(transport).catch(() => transport.destroy()), {
    min: version,
    max: version,
  });
}

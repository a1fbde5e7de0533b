export { Admission, type Admitted, type ConnectionCounts, type ConnectionLimits } from './admission.ts';
export * from './connect.ts';
export * from './listen.ts';
export { limitedPerAddress } from './per-address.ts';
export type { Routing } from './routes.ts';
export { parseSocksProxy, type SocksProxy } from './socks.ts';
export { startHandshakeTimeout, type TcpListener, type TcpListenOptions, tcpListen } from './tcp-listen.ts';

export { Admission, type Admitted, type ConnectionCounts, type ConnectionLimits, partyOf } from './admission.ts';
export * from './connect.ts';
export * from './listen.ts';
export type { Routing } from './routes.ts';
export { parseSocksProxy, type SocksProxy } from './socks.ts';
export { hasToAgree, type TcpListener, type TcpListenOptions, tcpListen } from './tcp-listen.ts';

/** `sotto/testing`: chats and a server in one process on virtual time, for the tests of bots. Nothing here protects anything. */
export { TestNetwork, type TestNetworkOptions } from './network.ts';

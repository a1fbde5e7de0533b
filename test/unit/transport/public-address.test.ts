/** Which addresses and names are of the public internet, in every notation. */
import { describe, expect, it } from 'vitest';
import { isPublicAddress, isPublicHost } from '../../../src/transport/node/public-address.ts';

const special = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.0.1.1'],
  ...['127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1'],
  ...['192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.255'],
  ...['240.0.0.1', '255.255.255.255'],
];
const open = ['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1'];

const hex = (address: string) => {
  const [a, b, c, d] = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `${a}${b}:${c}${d}`;
};
/** The IPv6 addresses that lead to an IPv4 address. */
const embeddings = (address: string) => [
  `::ffff:${address}`,
  `::FFFF:${hex(address)}`,
  `0:0:0:0:0:ffff:${hex(address)}`,
  `64:ff9b::${address}`,
  `64:ff9b::${hex(address)}`,
  `2002:${hex(address)}::1`,
];

describe('addresses', () => {
  for (const address of special) {
    it(`${address} is not public, nor is what leads to it`, () => {
      for (const form of [address, ...embeddings(address)])
        expect([form, isPublicAddress(form)]).toEqual([form, false]);
    });
  }

  it('of the public internet are public, and so is what leads to them', () => {
    for (const address of open) {
      for (const form of [address, ...embeddings(address)]) expect([form, isPublicAddress(form)]).toEqual([form, true]);
    }
    for (const form of ['2606:4700:4700::1111', '2a01:4f8::1', '2001:4860:4860::8888', '2001:200::1', '2400::']) {
      expect([form, isPublicAddress(form)]).toEqual([form, true]);
    }
  });

  it('of IPv6 that are not globally reachable are not public', () => {
    for (const form of [
      ...['::', '::1', '::127.0.0.1', '::1.1.1.1', '::ffff:0:1.1.1.1', '64:ff9b:1::1.1.1.1', '100::1', 'fc00::1'],
      ...['fd12:3456::1', 'fe80::1', 'fe80::1%lo', 'febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', '2001::1', '2001:10::1'],
      ...['2001:20::1', '2001:db8::1', '3fff::1', '3fff:fff::1', '5f00::1', '4000::1', '2606:4700::1%eth0'],
    ]) {
      expect([form, isPublicAddress(form)]).toEqual([form, false]);
    }
  });

  it('are not what has only their form', () => {
    for (const form of ['', 'localhost', '1.1.1', '1.1.1.1.1', '256.1.1.1', 'smp.example.com', '[2a01::1]']) {
      expect([form, isPublicAddress(form)]).toEqual([form, false]);
    }
  });
});

describe('hosts for a proxy that looks names up', () => {
  it('are names of the public internet, onion names, and public addresses', () => {
    for (const host of ['smp.example.com', 'SMP.Example.COM.', 'abc.onion', '1.1.1.1', '[2a01::1]', '2a01::1']) {
      expect([host, isPublicHost(host)]).toEqual([host, true]);
    }
  });

  it('are no names of this machine or network, and no address in another notation', () => {
    for (const host of [
      ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'router', 'printer.local', 'nas.lan', 'x.internal'],
      ...[
        'metadata.google.internal',
        'a.home.arpa',
        'a.exit',
        '127.0.0.1',
        '127.1',
        '0x7f.1',
        '0x7f000001',
        '0177.0.0.1',
      ],
      ...['2130706433', '0', '10.1', '127.0.0.1.', '[::1]', '::1', '[::ffff:10.0.0.1]', '1.2.3.400', ''],
    ]) {
      expect([host, isPublicHost(host)]).toEqual([host, false]);
    }
  });
});

/** The pages, what is in them, and who gets them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeQR } from 'qr';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { emptyBytes } from '../../../src/encoding/index.ts';
import {
  HostingError,
  htmlPage,
  informationPage,
  linkPage,
  linkScript,
  noInformation,
  qrScript,
  type Site,
  siteResponse,
  WebServer,
} from '../../../src/hosting/index.ts';
import { SMP_ALPN } from '../../../src/transport/index.ts';
import { type Listener, tlsListen } from '../../../src/transport/node/index.ts';
import { RawClient } from '../../harness/smp-client.ts';
import {
  pemChain,
  pemKey,
  startTestServer,
  type TestServer,
  testAdmission,
  testIdentity,
} from '../../harness/smp-server.ts';

const site: Site = new Map([
  ['/', htmlPage('Title', '<p>Hello</p>')],
  ['/a', linkPage],
]);

describe('the site', () => {
  it('answers for its pages alone, and lets nothing in from elsewhere', () => {
    const { status, headers, body } = siteResponse(site, 'GET', '/');
    expect(status).toBe(200);
    expect(body).toContain('<p>Hello</p>');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
    expect(siteResponse(site, 'HEAD', '/')).toEqual({ status, headers, body: '' });
    for (const path of ['/a', '/a/', '/a?x=1']) expect(siteResponse(site, 'GET', path).status).toBe(200);
    for (const path of ['/b', '/../etc/passwd', '/toString']) {
      const missing = siteResponse(site, 'GET', path);
      expect([missing.status, missing.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
      expect(missing.body).toContain('<h1>There is no such page</h1>');
      expect(missing.body).toContain('<a href="/">About this server</a>');
    }
    expect(siteResponse(new Map(), 'GET', '/').body).not.toContain('href="/"');
    expect(siteResponse(site, 'POST', '/')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('has pages that load nothing but what is in the site', () => {
    const information = informationPage({
      kind: 'K',
      address: 'smp://x@y',
      needsPassword: false,
      information: noInformation,
      settings: [],
    });
    for (const { body } of [linkPage, information]) {
      expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(body).not.toMatch(/<script>|<style|\son\w+=|\sstyle=/);
    }
  });
});

describe('the information page', () => {
  it('shows what a host says, as text', () => {
    const { body } = informationPage({
      kind: 'SMP server',
      address: 'smp://identity@smp.example.com',
      needsPassword: true,
      information: {
        ...noInformation,
        operator: { name: '<script>alert(1)</script>', country: 'GB' },
        website: 'https://example.com/?a=1&b="2"',
        sourceCode: 'javascript:alert(1)',
        conditions: { uri: 'https://example.com/conditions', amendments: undefined },
        admin: {
          simplex: undefined,
          email: 'ada@example.com',
          pgp: { uri: 'https://example.com/key', fingerprint: '12 34' },
        },
      },
      settings: [['New queues', 'yes']],
    });
    expect(body).toContain('<code>smp://identity@smp.example.com</code>');
    expect(body).toContain('It needs a password, which its operator gives you');
    const code = /src="data:image\/svg\+xml,([^"]+)"/.exec(body)![1]!;
    expect(decodeURIComponent(code)).toBe(encodeQR('smp://identity@smp.example.com', 'svg', { ecc: 'low', border: 4 }));
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt; (GB)');
    expect(body).not.toContain('<script>alert');
    expect(body).not.toContain('href="javascript');
    expect(body).toContain('<dt>New queues</dt>\n<dd>yes</dd>');
    expect(body).toContain('ada@example.com<br>PGP: <a href="https://example.com/key"');
    expect(body).toContain('AGPL');
    expect(body).not.toContain('Hosted by');
  });
});

describe('the link page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'link-page-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllGlobals());
  writeFileSync(join(folder, 'qr.js'), qrScript().body);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  let count = 0;

  /** Runs the script as a browser does at `address`, and gives the elements of the page. */
  async function open(address: string) {
    const elements = new Map<string, Record<string, unknown>>();
    const copied: string[] = [];
    let click = async () => {};
    vi.stubGlobal('location', new URL(address));
    vi.stubGlobal('navigator', { clipboard: { writeText: async (text: string) => void copied.push(text) } });
    vi.stubGlobal('document', {
      getElementById(id: string) {
        // What the script looks for is in the page.
        if (!linkPage.body.includes(`id="${id}"`)) throw new Error(`there is no ${id}`);
        const element = elements.get(id) ?? {
          hidden: true,
          addEventListener: (_: string, listener: () => Promise<void>) => {
            click = listener;
          },
        };
        elements.set(id, element);
        return element;
      },
    });
    const path = join(folder, `link${count++}.js`);
    writeFileSync(path, linkScript.body);
    await import(/* @vite-ignore */ pathToFileURL(path).href);
    return { of: (id: string) => elements.get(id) ?? {}, copied, click: () => click() };
  }

  it('shows a short link as text and QR code, and opens it with the name of the server', async () => {
    const page = await open('https://smp.example.com/a/#abc');
    expect(page.of('text').textContent).toBe('https://smp.example.com/a#abc');
    expect(page.of('command').textContent).toBe('/c https://smp.example.com/a#abc');
    expect(page.of('open').href).toBe('simplex:/a#abc?h=smp.example.com');
    expect(String(page.of('qr').src)).toMatch(/^data:image\/svg\+xml,.*svg/);
    expect(page.of('link').hidden).toBe(false);
    await page.click();
    expect(page.copied).toEqual(['https://smp.example.com/a#abc']);
  });

  it('tells people without an app what the link is, which apps open it, and how to check it', async () => {
    const page = await open('https://smp.example.com/i#abc/def');
    expect(page.of('kind').textContent).toBe('The link works once, for the first person who connects with it.');
    expect(page.of('get').href).toBe('https://simplex.chat/downloads/');
    expect((await open('https://smp.example.com/a#abc')).of('kind').textContent).toContain('an address');
    const shown = linkPage.body.replace(/<details>.*<\/details>/s, '');
    for (const words of ['SimpleX Chat', 'Sotto', 'no phone', 'security code', 'How to connect', 'How to check it']) {
      expect(shown).toContain(words);
    }
    // The link stands there once; the command for terminals is folded away.
    expect(shown.match(/id="(?:text|command)"/g)).toEqual(['id="text"']);
  });

  it('puts the name in front of those that a link has', async () => {
    expect((await open('https://s.example/i#id/key?p=1')).of('open').href).toBe('simplex:/i#id/key?p=1&h=s.example');
    const both = 'https://s.example/c#key?p=1&h=abc.onion&c=x';
    expect((await open(both)).of('open').href).toBe('simplex:/c#key?p=1&h=s.example,abc.onion&c=x');
  });

  it('shows whole links as they are', async () => {
    const page = await open('https://s.example/invitation#/?v=2-7&smp=x');
    expect(page.of('open').href).toBe('simplex:/invitation#/?v=2-7&smp=x');
  });

  it('shows links that no code can hold without one', async () => {
    const link = `https://s.example/contact#/?v=2-7&smp=${'x'.repeat(4_000)}`;
    const page = await open(link);
    expect(page.of('qr').hidden).toBe(true);
    expect([page.of('text').textContent, page.of('link').hidden]).toEqual([link, false]);
  });

  it('says when a link is not whole', async () => {
    const page = await open('https://s.example/a');
    expect(page.of('missing').hidden).toBe(false);
    expect(page.of('link').hidden).toBeUndefined();
  });
});

describe('the web server', () => {
  const web = testIdentity();
  const certificate = { certificates: pemChain(web), key: pemKey(web) };
  let server: TestServer;
  let pages: WebServer;
  let listener: Listener;
  const admission = testAdmission();

  beforeEach(async () => {
    server = await startTestServer();
    pages = new WebServer(site, certificate);
    listener = await tlsListen({
      host: '127.0.0.1',
      port: 0,
      certificates: pemChain(server.identity),
      key: pemKey(server.identity),
      alpn: [SMP_ALPN],
      admission,
      clock: systemClock,
      onConnection: (transport) => server.runner.accept(transport),
      onNamed: (socket, agreed) => pages.acceptSecure(socket, agreed),
    });
  });
  afterEach(async () => {
    pages.close();
    listener.close();
    await server.stop();
  });

  const tls = { rejectUnauthorized: false, servername: 'smp.example.com' };

  function http1(path: string): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      httpsRequest({ ...tls, host: '127.0.0.1', port: listener.port, path, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      })
        .on('error', reject)
        .end();
    });
  }

  function http2(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const session = http2Connect(`https://127.0.0.1:${listener.port}`, tls);
      session.on('error', reject);
      const stream = session.request({ ':path': path });
      let body = '';
      stream.on('data', (chunk) => {
        body += chunk;
      });
      stream.on('end', () => {
        session.close();
        resolve(body);
      });
      stream.end();
    });
  }

  it('serves browsers on the port that serves messages to others', async () => {
    expect(await http1('/')).toMatchObject({ status: 200, body: expect.stringContaining('<p>Hello</p>') });
    expect(await http1('/none')).toMatchObject({ status: 404 });
    expect(await http2('/')).toContain('<p>Hello</p>');
    const client = await RawClient.connect({ ...server.address, port: String(listener.port) }, { min: 12, max: 12 });
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    client.transport.destroy();
    expect(admission.counts.handshaking).toBe(0);
  });

  it('shows a renewed site to those who come later, and refuses a certificate that cannot be', async () => {
    const other = { ...certificate, key: pemKey(server.identity) };
    const changed: Site = new Map([['/', htmlPage('Title', '<p>Changed</p>')]]);
    expect(() => pages.renew(changed, other)).toThrow(HostingError);
    expect((await http1('/')).body).toContain('Hello');
    pages.renew(changed, certificate);
    expect((await http1('/')).body).toContain('Changed');
    pages.renew(changed, undefined);
    await expect(http1('/')).rejects.toThrow();
  });

  it('serves without TLS where it is told to', async () => {
    const plain = createServer({ pauseOnConnect: true }, (socket) => pages.acceptPlain(socket, () => {}));
    const port = await new Promise<number>((resolve) => {
      plain.listen(0, '127.0.0.1', () => resolve((plain.address() as { port: number }).port));
    });
    const status = await new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: '/a', agent: false }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    plain.close();
  });
});

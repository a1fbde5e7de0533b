/** Configuration files, identities on disk, and the lock on a data folder. */

import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { certificateFingerprint, systemRandom } from '../../../src/crypto/index.ts';
import { toBase64url } from '../../../src/encoding/index.ts';
import {
  adoptIdentityFiles,
  createIdentityFiles,
  defaultFolders,
  existingIdentityFile,
  HostingError,
  hostFault,
  hostsFault,
  type KeyTerminal,
  loadIdentityFiles,
  lockFolder,
  makePrivateFolder,
  parseIni,
  renewServerCertificate,
  watchQuit,
  writeNewFile,
} from '../../../src/hosting/index.ts';

const root = mkdtempSync(join(tmpdir(), 'hosting-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const folder = () => join(root, String(count++));
const mode = (path: string) => statSync(path).mode & 0o777;

describe('INI files', () => {
  it('take both separators, comments, and unknown settings', () => {
    const ini = parseIni(
      '; first\r\n[TRANSPORT]\r\n# second\nhost = a, b\nport: 5223,443\nempty =\n\n[ OTHER ]\nx=y = z : # w\nmore = 1',
      'test.ini',
    );
    expect(ini.text('TRANSPORT', 'host')).toBe('a, b');
    expect(ini.numbers('TRANSPORT', 'port', 0, 65_535)).toEqual([5223, 443]);
    expect(ini.text('TRANSPORT', 'empty')).toBeUndefined();
    expect(ini.text('TRANSPORT', 'absent')).toBeUndefined();
    expect(ini.text('OTHER', 'x')).toBe('y = z : # w');
    expect(ini.number('OTHER', 'more', 0, 9)).toBe(1);
    expect(ini.numbers('TRANSPORT', 'absent', 0, 9)).toEqual([]);
  });

  it('have the meaning of the reference: the first of a key, the last of a section', () => {
    const twice = parseIni('[A]\nx =\nx = 2\ny = 1\ny = 2', 'test.ini');
    expect([twice.text('A', 'x'), twice.text('A', 'y')]).toEqual([undefined, '1']);
    const again = parseIni('[A]\nx = 1\ny = 1\n[B]\nz = 1\n[ A ]\nx = 2\nx = 3', 'test.ini');
    expect([again.text('A', 'x'), again.text('A', 'y'), again.text('B', 'z')]).toEqual(['2', undefined, '1']);
    expect(parseIni('[A]\nx = 1\n[A]', 'test.ini').text('A', 'x')).toBeUndefined();
    const cases = parseIni('[a]\nX = 1\n[A]\nx = 2', 'test.ini');
    expect([cases.text('A', 'x'), cases.text('a', 'X'), cases.text('a', 'x')]).toEqual(['2', '1', undefined]);
  });

  it('may have comments and a setting behind a header, and comments that are indented', () => {
    const text = '\uFEFF\t; c\n[AUTH] # c\n  # d = e\nnew_queues = off\n[B]; c\nx: 1\r[C] y = 2 # z\n two words = 3';
    const ini = parseIni(text, 'test.ini');
    expect(ini.flag('AUTH', 'new_queues', true)).toBe(false);
    expect([ini.text('B', 'x'), ini.text('C', 'y'), ini.text('C', 'two words')]).toEqual(['1', '2 # z', '3']);
    expect(ini.entries.map(({ line }) => line)).toEqual([4, 6, 7, 8]);
  });

  it('are refused where the reference would read something else', () => {
    for (const line of ['port:5223', 'a[1] = x', '[B', '[B]]', '[A] junk', '= x']) {
      expect(() => parseIni(`[A]\n${line}`, 'test.ini'), line).toThrow(/^Line 2 of test.ini/);
    }
    expect(() => parseIni('[A]\ncreate_password:secret', 'test.ini')).toThrow(
      'needs a space after the colon ("create_password: …")',
    );
    const commented = parseIni('[A]\nflag = off # closed', 'test.ini');
    commented.flag('A', 'flag', true);
    expect(() => commented.expectValid()).toThrow('a comment must be on its own line');
  });

  it('say what is wrong, and where', () => {
    const ini = parseIni('[A]\nflag = maybe\non = on\noff = off\nnumber = 12x\nlist = 1,,2', 'test.ini');
    expect([ini.flag('A', 'on', false), ini.flag('A', 'off', true), ini.flag('A', 'none', true)]).toEqual([
      true,
      false,
      true,
    ]);
    ini.expectValid();
    expect(ini.flag('A', 'flag', true)).toBe(true);
    expect(() => ini.expectValid()).toThrow(
      new HostingError('In test.ini, line 2: "flag" of [A] is neither on nor off.'),
    );
    expect(ini.number('A', 'number', 0, 99)).toBeUndefined();
    expect(ini.numbers('A', 'list', 0, 99)).toEqual([1, 2]);
    const faults = [
      '  line 2: "flag" of [A] is neither on nor off',
      '  line 5: "number" of [A] is not a number from 0 to 99',
      '  line 6: "list" of [A] is not a number from 0 to 99',
    ];
    expect(() => ini.expectValid()).toThrow(new HostingError(`In test.ini:\n${faults.join('\n')}`));
    expect(() => parseIni('[A]\nwhat is this', 'test.ini')).toThrow('Line 2 of test.ini is not a setting');
    expect(() => parseIni('a = b', 'test.ini')).toThrow('Line 1 of test.ini is before the first [section]');
  });
});

describe('folders', () => {
  it('are those of the system for root, and of the user for others', () => {
    expect(defaultFolders({}, 0, 'smp-server')).toEqual({ config: '/etc/opt/sotto', data: '/var/opt/sotto' });
    const env = { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' };
    expect(defaultFolders(env, 1000, 'smp-server')).toEqual({
      config: '/c/sotto/smp-server',
      data: '/d/sotto/smp-server',
    });
    expect(defaultFolders({}, 1000, 'smp-server').config).toMatch(/\.config\/sotto\/smp-server$/);
  });

  it('are private, and their failures are sentences', () => {
    const path = folder();
    makePrivateFolder(join(path, 'a'));
    expect([mode(path), mode(join(path, 'a'))]).toEqual([0o700, 0o700]);
    writeFileSync(join(path, 'file'), '');
    expect(() => makePrivateFolder(join(path, 'file', 'b'))).toThrow(/cannot be made: .+\.$/);
  });
});

describe('identity files', () => {
  const create = (path: string, algorithm: 'ed25519' | 'ed448' = 'ed25519') =>
    createIdentityFiles(
      path,
      {
        name: 'Test CA',
        algorithm,
        host: 'localhost',
        nowMs: Date.now(),
        random: systemRandom,
      },
      writeNewFile,
    );

  for (const algorithm of ['ed25519', 'ed448'] as const) {
    it(`are written privately and read back, ${algorithm}`, () => {
      const path = folder();
      expect(existingIdentityFile(path)).toBeUndefined();
      const created = create(path, algorithm);
      expect(loadIdentityFiles(path)).toEqual(created);
      expect(created.fingerprint).toEqual(certificateFingerprint(created.chain[1]!));
      expect(readFileSync(join(path, 'fingerprint'), 'utf8').trim()).toBe(toBase64url(created.fingerprint));
      for (const file of ['ca.key', 'ca.crt', 'server.key', 'server.crt', 'fingerprint']) {
        expect(mode(join(path, file))).toBe(0o600);
      }
      expect(existingIdentityFile(path)).toBe(join(path, 'ca.crt'));
    });
  }

  it('are never overwritten', () => {
    const path = folder();
    const created = create(path);
    expect(() => create(path)).toThrow(HostingError);
    expect(loadIdentityFiles(path)).toEqual(created);
  });

  it('are made again for a server that is lost, with what was kept', () => {
    const [lost, kept, again] = [folder(), folder(), folder()];
    const before = create(lost, 'ed448');
    mkdirSync(kept);
    for (const file of ['ca.key', 'ca.crt']) renameSync(join(lost, file), join(kept, file));
    const request = { algorithm: 'ed25519' as const, host: 'smp.example.com', nowMs: Date.now(), random: systemRandom };
    const after = adoptIdentityFiles(again, kept, request, writeNewFile);
    expect(after.fingerprint).toEqual(before.fingerprint);
    expect(after.signer.certificate).not.toEqual(before.signer.certificate);
    expect(() => statSync(join(again, 'ca.key'))).toThrow();
    expect(() => adoptIdentityFiles(again, kept, request, writeNewFile)).toThrow(HostingError);
    expect(() => adoptIdentityFiles(folder(), lost, request, writeNewFile)).toThrow(/ca\.crt cannot be read/);
  });

  it('are read without the key of the identity, which belongs elsewhere', () => {
    const path = folder();
    const created = create(path);
    rmSync(join(path, 'ca.key'));
    expect(loadIdentityFiles(path)).toEqual(created);
  });

  it('get a new certificate from the key of the identity, wherever it is, and from no other', () => {
    const [path, other] = [folder(), folder()];
    const created = create(path);
    create(other);
    const renewal = {
      caKey: undefined,
      algorithm: undefined,
      host: undefined,
      nowMs: Date.now(),
      random: systemRandom,
    };
    const renewed = renewServerCertificate(path, renewal);
    expect(renewed.fingerprint).toEqual(created.fingerprint);
    expect(renewed.chain[0]).not.toEqual(created.chain[0]);
    expect(loadIdentityFiles(path)).toEqual(renewed);
    expect(mode(join(path, 'server.key'))).toBe(0o600);
    const subject = (pem: string) => new X509Certificate(pem).subject;
    expect(subject(renewed.certificatesPem)).toBe('CN=localhost');
    const elsewhere = join(other, 'kept.key');
    renameSync(join(path, 'ca.key'), elsewhere);
    // Of an attempt that was cut off.
    writeFileSync(join(path, 'server.key.new'), 'half');
    const third = renewServerCertificate(path, { ...renewal, caKey: elsewhere, algorithm: 'ed448', host: 'new' });
    expect([third.signer.algorithm, subject(third.certificatesPem)]).toEqual(['ed448', 'CN=new']);
    const wrongKey = { ...renewal, caKey: join(other, 'ca.key') };
    expect(() => renewServerCertificate(path, wrongKey)).toThrow(/is not that of .*ca\.crt/);
    expect(() => renewServerCertificate(path, renewal)).toThrow(/ca\.key cannot be read: there is none/);
    expect(loadIdentityFiles(path)).toEqual(third);
  });

  it('are refused with the file that is wrong', () => {
    const path = folder();
    const other = folder();
    create(path);
    create(other);
    const swapped = (file: string, content: string, message: RegExp) => {
      const original = readFileSync(join(path, file), 'utf8');
      writeFileSync(join(path, file), content);
      expect(() => loadIdentityFiles(path)).toThrow(message);
      writeFileSync(join(path, file), original);
    };
    const of = (file: string) => readFileSync(join(other, file), 'utf8');
    swapped('ca.crt', 'nonsense', /ca\.crt is not a certificate/);
    swapped('ca.crt', of('ca.crt'), /is not signed by/);
    swapped('server.key', 'nonsense', /server\.key is not an Ed25519 or Ed448 key/);
    swapped('server.key', of('server.key'), /server\.key is not that of .*server\.crt/);
    swapped('server.crt', of('server.crt'), /is not that of/);
    swapped('fingerprint', of('fingerprint'), /is not the fingerprint of/);
    swapped('fingerprint', 'nonsense!', /is not a fingerprint/);
    rmSync(join(path, 'server.key'));
    expect(() => loadIdentityFiles(path)).toThrow(/server\.key cannot be read: there is none/);
  });
});

describe('folder lock', () => {
  it('says what to do about a folder in its place, and replaces what is neither', () => {
    const path = folder();
    mkdirSync(join(path, 'lock'), { recursive: true });
    const lock = join(path, 'lock');
    const sentence = `${lock} is a folder, and the server keeps a file of this name. Move it away (mv ${lock} ${lock}.old), and start again.`;
    expect(() => lockFolder(path)).toThrow(new HostingError(sentence));
    rmdirSync(lock);
    execFileSync('mkfifo', [lock]);
    lockFolder(path).release();
  });

  it('lets one process in at a time', () => {
    const path = folder();
    const lock = lockFolder(path);
    expect(() => lockFolder(path)).toThrow(`Another server uses ${path} already (process ${process.pid}).`);
    lock.release();
    lockFolder(path).release();
  });

  it('is of one folder, not of its copies', () => {
    const [path, copy] = [folder(), folder()];
    const lock = lockFolder(path);
    cpSync(path, copy, { recursive: true });
    lockFolder(copy).release();
    expect(() => lockFolder(path)).toThrow('Another server uses');
    lock.release();
  });

  it('is taken from a process that is gone, or is another with the same number', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid } = child;
    await new Promise((resolve) => child.once('exit', resolve));
    for (const content of [`${pid} 123\n`, `${process.pid} 1\n`, 'nonsense\n', '']) {
      const path = folder();
      mkdirSync(path);
      writeFileSync(join(path, 'lock'), content);
      lockFolder(path).release();
    }
  });

  it.skipIf(process.platform !== 'linux')('is taken from a process that has ended and is still listed', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60']);
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const status = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    while (status()[0] !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
    const path = folder();
    mkdirSync(path);
    const lock = join(path, 'lock');
    writeFileSync(lock, '');
    writeFileSync(lock, `${pid} ${statSync(lock).ino} ${status()[19]}\n`);
    lockFolder(path).release();
    parent.kill();
  });

  it.skipIf(process.getuid?.() === 0)('says when the folder cannot be written', () => {
    const path = folder();
    mkdirSync(path);
    chmodSync(path, 0o500);
    expect(() => lockFolder(path)).toThrow(/cannot be used: this user may not/);
  });
});

describe('q', () => {
  /** A terminal that keys are pressed on. */
  class Keys extends EventEmitter {
    isTTY = true;
    readonly done: string[] = [];
    setRawMode(raw: boolean) {
      this.done.push(raw ? 'raw' : 'cooked');
      return this as never;
    }
    resume() {
      this.done.push('resumed');
      return this as never;
    }
    pause() {
      this.done.push('paused');
      return this as never;
    }
    press(keys: string) {
      this.emit('data', Buffer.from(keys));
    }
  }

  it('ends what is drawn, as Ctrl+C does, and the terminal is as it was', () => {
    const keys = new Keys();
    let ended = 0;
    const unwatch = watchQuit(keys as unknown as KeyTerminal, () => ended++);
    keys.press('x\x1b[A');
    expect(ended).toBe(0);
    keys.press('xq');
    keys.press('\x03');
    expect(ended).toBe(2);
    unwatch();
    keys.press('q');
    expect(ended).toBe(2);
    expect(keys.done).toEqual(['raw', 'resumed', 'cooked', 'paused']);
  });

  it('is not waited for where there is no terminal', () => {
    const keys = new Keys();
    keys.isTTY = false;
    watchQuit(keys as unknown as KeyTerminal, () => expect.unreachable())();
    keys.press('q');
    expect(keys.done).toEqual([]);
  });
});

describe('hosts', () => {
  it('are names and addresses', () => {
    for (const host of [
      'smp.example.com',
      'localhost',
      'my_host',
      'a.onion',
      '10.0.0.1',
      '::1',
      '[2001:db8::1]',
      'a.',
    ]) {
      expect(hostFault(host), host).toBeUndefined();
    }
    expect(hostsFault('smp.example.com, abc.onion,[::1]')).toBeUndefined();
  });

  it('are refused with what is wrong', () => {
    for (const host of [
      '300.1.1.1',
      '1.2.3',
      'a b',
      'a..b',
      '12345::1::2',
      'fe80::1%eth0',
      'ada@example.com',
      'https://a',
      '[a]',
    ]) {
      expect(hostFault(host), host).toBe('is not a host name or address');
    }
    for (const host of ['a.com:5223', 'abc:5223', '10.0.0.1:5223', '[::1]:5223']) {
      expect(hostFault(host), host).toBe('has a port, which is a setting of its own');
    }
    expect(hostsFault('a.com,,b.com')).toBe('is empty');
    expect(hostsFault('a.com,b c')).toBe('is not a host name or address');
  });
});

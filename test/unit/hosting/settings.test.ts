/** What is told about settings that are ignored, and what a host may say about a server. */
import { describe, expect, it } from 'vitest';
import {
  commentsInValues,
  ignoredSettings,
  parseIni,
  readInformation,
  shadowedSettings,
  unused,
  used,
} from '../../../src/hosting/index.ts';

const known = {
  A: {
    ...used('one', 'password'),
    ...unused('there is none', 'other'),
    mode: { because: 'it is so', unless: ['off'] },
  },
};
const ignored = (text: string) => ignoredSettings(parseIni(text, 'test.ini'), known);

describe('ignored settings', () => {
  it('are told by name and line', () => {
    expect(ignored('[A]\none = 1\n\nfoobar = 2\n[B]\none = 1')).toEqual([
      'line 4 of test.ini: [A] has no setting "foobar"',
      'line 6 of test.ini: there is no section [B]; did you mean "A"?',
    ]);
  });

  it('are told with what was meant, and never with their value', () => {
    expect(ignored('[A]\npasword: secret')).toEqual([
      'line 2 of test.ini: [A] has no setting "pasword"; did you mean "password"?',
    ]);
  });

  it('are told with a reason when they are known and do nothing, unless they ask for what is done', () => {
    expect(ignored('[A]\nother = x\nmode = on\nmode = off\nother =')).toEqual([
      'line 2 of test.ini: "other" has no effect here: there is none',
      'line 3 of test.ini: "mode" has no effect here: it is so',
    ]);
  });

  it('are told with the section they belong to', () => {
    const sections = { ...known, B: used('two', 'one') };
    const told = (text: string) => ignoredSettings(parseIni(text, 'test.ini'), sections);
    expect(told('[A]\ntwo = 1\n[B]\nother = x\n[AUTH]\none = 2\n[b]\none = 1\nOne = 1')).toEqual([
      'line 2 of test.ini: [A] has no setting "two": it belongs to [B]',
      'line 4 of test.ini: [B] has no setting "other": it belongs to [A]',
      'line 6 of test.ini: there is no section [AUTH]: "one" belongs to [A] or [B]',
      'line 8 of test.ini: there is no section [b]; did you mean "B"?',
      'line 9 of test.ini: there is no section [b]; did you mean "B"?',
    ]);
    expect(told('[A]\nONE = 1')).toEqual(['line 2 of test.ini: [A] has no setting "ONE"; did you mean "one"?']);
  });

  it('have names of their own', () => {
    expect(ignored('[A]\nconstructor = x')).toEqual(['line 2 of test.ini: [A] has no setting "constructor"']);
  });
});

describe('shadowed settings', () => {
  it('are told with the line that counts', () => {
    const ini = parseIni('[A]\none = 1\none = 2\n[B]\nx = 1\n[A]\ntwo = 1\ntwo = 1', 'test.ini');
    expect(shadowedSettings(ini)).toEqual([
      'line 2 of test.ini: "one" is ignored: [A] begins again on line 6, and only the last one is used',
      'line 3 of test.ini: "one" is ignored: [A] begins again on line 6, and only the last one is used',
      'line 8 of test.ini: "two" is ignored: the first one in [A] is used, on line 7',
    ]);
    expect(shadowedSettings(parseIni('[A]\none = 1\ntwo = 2', 'test.ini'))).toEqual([]);
  });
});

describe('comments in values', () => {
  it('are told, without the value', () => {
    const ini = parseIni('[A]\none = 1 # x\ntwo = a;b#c\nthree = x ; y', 'test.ini');
    expect(commentsInValues(ini).map((line) => line.slice(0, 60))).toEqual([
      'line 2 of test.ini: the text after the value of "one" is par',
      'line 4 of test.ini: the text after the value of "three" is p',
    ]);
  });
});

describe('information', () => {
  const read = (text: string) => {
    const ini = parseIni(`[INFORMATION]\n${text}`, 'test.ini');
    const information = readInformation(ini);
    ini.expectValid();
    return information;
  };

  it('is read whole', () => {
    const text = `source_code: https://example.com/source
usage_conditions = https://example.com/conditions
condition_amendments = https://example.com/amendments
server_country = se
operator = Friends of Ada
operator_country = GB
website = example.com
admin_email = ada@example.com
admin_pgp = https://example.com/key
admin_pgp_fingerprint = 1234
complaints_simplex = simplex:/contact#abc
hosting = Host & Sons
hosting_type = owned`;
    expect(read(text)).toEqual({
      sourceCode: 'https://example.com/source',
      conditions: { uri: 'https://example.com/conditions', amendments: 'https://example.com/amendments' },
      serverCountry: 'SE',
      operator: { name: 'Friends of Ada', country: 'GB' },
      website: 'example.com',
      admin: {
        simplex: undefined,
        email: 'ada@example.com',
        pgp: { uri: 'https://example.com/key', fingerprint: '1234' },
      },
      complaints: { simplex: 'simplex:/contact#abc', email: undefined, pgp: undefined },
      hosting: { name: 'Host & Sons', country: undefined },
      hostingType: 'owned',
    });
  });

  it('is optional, and wrong codes are refused', () => {
    expect(Object.values(read('')).every((value) => value === undefined)).toBe(true);
    expect(() => read('server_country = Sweden')).toThrow(
      'In test.ini, line 2: "server_country" of [INFORMATION] is not a country code of two letters.',
    );
    expect(() => read('hosting_type = cloud')).toThrow('is none of virtual, dedicated, colocation, owned');
  });
});

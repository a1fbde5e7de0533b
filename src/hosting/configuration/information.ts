/** [INFORMATION]: optional public information about a server. */
import type { Ini } from './ini.ts';
import { type KnownSetting, used } from './settings.ts';

const SECTION = 'INFORMATION';

export const hostingTypes = ['virtual', 'dedicated', 'colocation', 'owned'] as const;
export type HostingType = (typeof hostingTypes)[number];

/** A person or an organisation, and its country (ISO 3166, two letters). */
export interface Entity {
  readonly name: string;
  readonly country: string | undefined;
}

export interface ServerContact {
  readonly simplex: string | undefined;
  readonly email: string | undefined;
  /** The address of the key, and its fingerprint. */
  readonly pgp: { readonly uri: string; readonly fingerprint: string | undefined } | undefined;
}

export interface Information {
  /** The address of the running server's source code, as required by the AGPL. */
  readonly sourceCode: string | undefined;
  readonly conditions: { readonly uri: string; readonly amendments: string | undefined } | undefined;
  readonly serverCountry: string | undefined;
  readonly operator: Entity | undefined;
  readonly website: string | undefined;
  readonly admin: ServerContact | undefined;
  readonly complaints: ServerContact | undefined;
  readonly hosting: Entity | undefined;
  readonly hostingType: HostingType | undefined;
}

export const noInformation: Information = {
  sourceCode: undefined,
  conditions: undefined,
  serverCountry: undefined,
  operator: undefined,
  website: undefined,
  admin: undefined,
  complaints: undefined,
  hosting: undefined,
  hostingType: undefined,
};

export const informationSettings: Record<string, KnownSetting> = used(
  'source_code',
  'usage_conditions',
  'condition_amendments',
  'server_country',
  'operator',
  'operator_country',
  'website',
  'admin_simplex',
  'admin_email',
  'admin_pgp',
  'admin_pgp_fingerprint',
  'complaints_simplex',
  'complaints_email',
  'complaints_pgp',
  'complaints_pgp_fingerprint',
  'hosting',
  'hosting_country',
  'hosting_type',
);

export const isCountry = (text: string): boolean => /^[A-Za-z]{2}$/.test(text);
export const isWebAddress = (text: string): boolean => /^https?:\/\/[^\s"<>]+$/.test(text);

/** Parses the section. Addresses may be any text: invalid ones are shown without a link. */
export function readInformation(ini: Ini): Information {
  const text = (key: string) => ini.text(SECTION, key);
  const country = (key: string) => {
    const value = text(key);
    if (value !== undefined && !isCountry(value)) ini.refuse(SECTION, key, 'is not a country code of two letters');
    return value?.toUpperCase();
  };
  const entity = (key: string): Entity | undefined => {
    const name = text(key);
    const where = country(`${key}_country`);
    return name === undefined ? undefined : { name, country: where };
  };
  const contact = (who: string): ServerContact | undefined => {
    const [simplex, email, uri] = [text(`${who}_simplex`), text(`${who}_email`), text(`${who}_pgp`)];
    if (simplex === undefined && email === undefined && uri === undefined) return undefined;
    return {
      simplex,
      email,
      pgp: uri === undefined ? undefined : { uri, fingerprint: text(`${who}_pgp_fingerprint`) },
    };
  };
  const conditions = text('usage_conditions');
  return {
    sourceCode: text('source_code'),
    conditions: conditions === undefined ? undefined : { uri: conditions, amendments: text('condition_amendments') },
    serverCountry: country('server_country'),
    operator: entity('operator'),
    website: text('website'),
    admin: contact('admin'),
    complaints: contact('complaints'),
    hosting: entity('hosting'),
    hostingType: ini.choice(SECTION, 'hosting_type', hostingTypes),
  };
}

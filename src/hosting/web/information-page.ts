/** The page about a server: its address as text and QR code, its operator, source code and policies. */
import { encodeQR } from 'qr';
import type { Entity, Information, ServerContact } from '../configuration/information.ts';
import { isWebAddress } from '../configuration/information.ts';
import { escapeHtml, htmlPage } from './html.ts';
import type { Page } from './page.ts';

export interface ServerFacts {
  /** For example `SMP server`. */
  readonly kind: string;
  /** Without a password; undefined when the server has no host name. */
  readonly address: string | undefined;
  /** Whether new queues need a password. */
  readonly needsPassword: boolean;
  readonly information: Information;
  /** The policies of the configuration: label and value. */
  readonly settings: readonly (readonly [string, string])[];
}

/** A link if `text` is an address, text otherwise. */
function linked(text: string, label = text): string {
  return isWebAddress(text)
    ? `<a href="${escapeHtml(text)}" rel="noopener noreferrer">${escapeHtml(label)}</a>`
    : escapeHtml(text);
}

const entityText = ({ name, country }: Entity) => escapeHtml(country === undefined ? name : `${name} (${country})`);

function contactText({ simplex, email, pgp }: ServerContact): string {
  const parts = [
    simplex === undefined ? undefined : linked(simplex),
    email === undefined ? undefined : escapeHtml(email),
    pgp === undefined
      ? undefined
      : `PGP: ${linked(pgp.uri)}${pgp.fingerprint === undefined ? '' : ` (${escapeHtml(pgp.fingerprint)})`}`,
  ];
  return parts.filter((part) => part !== undefined).join('<br>');
}

/** Rows of HTML, without those that have no value. */
function list(rows: readonly (readonly [string, string | undefined])[]): string {
  const shown = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`<dt>${escapeHtml(label)}</dt>\n<dd>${value}</dd>`],
  );
  return shown.length === 0 ? '' : `<dl>\n${shown.join('\n')}\n</dl>`;
}

/** An inline image. */
export const svgImage = (svg: string, alt: string): string =>
  `<img class="qr" alt="${escapeHtml(alt)}" src="data:image/svg+xml,${encodeURIComponent(svg)}">`;

function conditionsText({ conditions }: Information): string | undefined {
  if (conditions === undefined) return undefined;
  const { uri, amendments } = conditions;
  return amendments === undefined ? linked(uri) : `${linked(uri)}<br>with ${linked(amendments)}`;
}

export function informationPage({ kind, address, needsPassword, information: i, settings }: ServerFacts): Page {
  const use = needsPassword
    ? `<p>It needs a password, which its operator gives you as part of the address. The code above has no password:
it identifies this server, but an app cannot create conversations with it alone.</p>`
    : '<p>Add it to the servers of your app: scan the code there (in SimpleX Chat: Settings, Network &amp; servers, SMP servers, Add server), or copy the address.</p>';
  const addressText =
    address === undefined
      ? '<p>Ask its operator for its address.</p>'
      : `<p class="code">${svgImage(encodeQR(address, 'svg', { ecc: 'low', border: 4 }), 'QR code of the address')}</p>
<p><code>${escapeHtml(address)}</code></p>
${use}`;
  const about = list([
    ['Run by', i.operator && entityText(i.operator)],
    ['Website', i.website && linked(i.website)],
    ['Hosted by', i.hosting && entityText(i.hosting)],
    ['Kind of hosting', i.hostingType],
    ['Country of the server', i.serverCountry],
    ['Conditions of use', conditionsText(i)],
    ['Administration', i.admin && contactText(i.admin)],
    ['Complaints', i.complaints && contactText(i.complaints)],
  ]);
  const rules = list(settings.map(([label, value]) => [label, escapeHtml(value)]));
  const source = i.sourceCode === undefined ? '' : ` Source code of this server: ${linked(i.sourceCode)}.`;
  return htmlPage(
    kind,
    `<h1>${escapeHtml(kind)}</h1>
<p>It delivers encrypted messages of the SimpleX network and cannot read them. People use it with an app: SimpleX Chat, or Sotto.</p>
${addressText}
${about}
${rules}
<p>The program is free software under the AGPL, version 3 or later.${source}</p>`,
  );
}

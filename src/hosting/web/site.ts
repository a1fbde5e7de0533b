/** A small set of pages in memory: maps requests to responses, without I/O. */
import { htmlPage } from './html.ts';
import type { Page } from './page.ts';

export interface SiteResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Pages by path, such as `/a`. */
export type Site = ReadonlyMap<string, Page>;

const MAX_AGE_SECONDS = 3_600;

/** No external resources, no outgoing requests, no embedding in other pages. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

function response(status: number, page: Page, more: Readonly<Record<string, string>>): SiteResponse {
  const length = String(Buffer.byteLength(page.body));
  return {
    status,
    headers: { ...SECURITY_HEADERS, 'content-type': page.type, 'content-length': length, ...more },
    body: page.body,
  };
}

/** For links that lead nowhere. */
const missingPage = (hasInformation: boolean): Page =>
  htmlPage(
    'Not found',
    `<h1>There is no such page</h1>
<p>This is a message server: it delivers encrypted messages. If you followed an invitation, its link is incomplete, or
was changed in transit: ask for it again.</p>${hasInformation ? '\n<p><a href="/">About this server</a></p>' : ''}`,
  );

const plain = (body: string): Page => ({ type: 'text/plain; charset=utf-8', body });

/** `path`: as requested; the part behind `?` is ignored. */
export function siteResponse(site: Site, method: string | undefined, path: string | undefined): SiteResponse {
  if (method !== 'GET' && method !== 'HEAD') {
    return response(405, plain('Only GET.\n'), { allow: 'GET, HEAD' });
  }
  const name = (path ?? '/').split('?')[0]!.replace(/(?<=.)\/$/, '');
  const page = site.get(name);
  const found =
    page === undefined
      ? response(404, missingPage(site.has('/')), { 'cache-control': 'no-store' })
      : response(200, page, { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` });
  return method === 'HEAD' ? { ...found, body: '' } : found;
}

/**
 * The page that opens when somebody follows a link of the network in a browser. What the link means stands behind `#`,
 * which browsers never send: the page shows it, as text and QR code, from a script of its own.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { htmlPage } from './html.ts';
import { type Page, SCRIPT } from './site.ts';

export const linkPage: Page = htmlPage(
  'Connect',
  `<h1>Somebody invites you to connect</h1>
<div id="link" hidden>
<p>Scan the code with your app, open it on this device, or copy the link and paste it there.</p>
<img id="qr" class="qr" alt="QR code of the link">
<p><a id="open" class="button">Open in the app</a><button id="copy" type="button">Copy the link</button></p>
<p><code id="text"></code></p>
<p>In a terminal: <code id="command"></code></p>
</div>
<p id="missing" hidden>The link is not whole: what stands behind # is missing. Ask for it again.</p>
<noscript><p>This page needs its script to show the link. You can also copy the link from the address bar into your app.</p></noscript>
<script type="module" src="/link.js"></script>`,
);

/**
 * Links of the page itself, as others have to get them: without a folder in front. For apps the server's name goes into
 * the part behind `#` of short links (paths of one letter), as `h`.
 */
export const linkScript: Page = {
  type: SCRIPT,
  body: `import encodeQR from './qr.js';

const { origin, hostname, pathname, hash } = location;
const action = pathname.split('/').filter((part) => part !== '').at(-1) ?? '';

function appHash() {
  if (action.length > 1) return hash;
  if (!hash.includes('?')) return hash + '?h=' + hostname;
  if (!/[?&]h=/.test(hash)) return hash + '&h=' + hostname;
  return hash.replace(/([?&]h=)/, (start) => start + hostname + ',');
}

const element = (id) => document.getElementById(id);

if (hash.length < 2) {
  element('missing').hidden = false;
} else {
  const link = origin + '/' + action + hash;
  element('text').textContent = link;
  element('command').textContent = '/c ' + link;
  element('open').href = 'simplex:/' + action + appHash();
  element('qr').src = 'data:image/svg+xml,' + encodeURIComponent(encodeQR(link, 'svg'));
  element('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText(link);
    element('copy').textContent = 'Copied';
  });
  element('link').hidden = false;
}
`,
};

/** The package that makes QR codes here makes them in browsers too: it is one module without imports. */
export const qrScript = (): Page => ({
  type: SCRIPT,
  body: readFileSync(createRequire(import.meta.url).resolve('qr'), 'utf8'),
});

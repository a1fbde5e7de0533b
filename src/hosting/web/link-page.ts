/**
 * The page for links of the network that are opened in a browser. The content of a link is behind `#`, which browsers
 * never send: a script on the page shows it as text and QR code.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { htmlPage } from './html.ts';
import { type Page, SCRIPT } from './page.ts';

export const linkPage: Page = htmlPage(
  'Connect',
  `<h1>Somebody invites you to a private conversation</h1>
<div id="link" hidden>
<p>The link opens a conversation with the person who sent it, in an app of the SimpleX network: end-to-end encrypted,
so that only the two of you can read it. <span id="kind"></span></p>
<p class="code"><img id="qr" class="qr" alt="QR code of the link"></p>
<p><a id="open" class="button">Open in the app</a><button id="copy" type="button">Copy the link</button></p>
<p><code id="text"></code></p>
<h2>How to connect</h2>
<ol>
<li>Install an app for the SimpleX network, if you have none: SimpleX Chat, for phones and computers, from
<a id="get" rel="noopener noreferrer">simplex.chat</a> or the store of your phone; or Sotto, in a terminal. You need no phone
number, no e-mail address and no account.</li>
<li>On this device, open the link in the app, or copy it and paste it there. From another screen, scan the code with
the app: the camera alone opens this page again.</li>
</ol>
<h2>How to check it</h2>
<p>Make sure that this is the link the person sent you: somebody who can change it in transit can connect you
to somebody else. Once you are connected, compare the security code with the other person, in a call or when you
meet: it is the same on both sides unless the connection is intercepted.</p>
<p>The server of this page does not see what you or the other person write, nor the part of the link behind #, which
browsers do not send.</p>
<details><summary>In a terminal, with Sotto</summary><p><code id="command"></code></p></details>
</div>
<div id="missing" hidden>
<p>The link is incomplete: the part after # is missing. Ask for the link again, and open all of it.</p>
</div>
<noscript><p>This page needs its script to show the link. You can also copy the link from the address bar into an app for the
SimpleX network: SimpleX Chat, from simplex.chat or the store of your phone, or Sotto.</p></noscript>
<script type="module" src="/link.js"></script>`,
);

/**
 * The links as apps expect them: without a path prefix. In short links (paths of one letter) the server's name is added
 * to the part behind `#`, as `h`.
 */
export const linkScript: Page = {
  type: SCRIPT,
  body: `import encodeQR from './qr.js';

const { origin, hostname, pathname, hash } = location;
const action = pathname.split('/').filter((part) => part !== '').at(-1) ?? '';

const once = 'The link works once, for the first person who connects with it.';
const address = 'The link is an address: it works for everyone who has it.';
const kinds = {
  i: once,
  invitation: once,
  a: address,
  contact: address,
  c: 'The link leads to a channel.',
  g: 'The link leads to a group.',
  r: 'The link leads to a relay of chats.',
};

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
  element('kind').textContent = kinds[action] ?? '';
  element('get').href = 'https://simplex.chat/downloads/';
  element('text').textContent = link;
  element('command').textContent = '/c ' + link;
  element('open').href = 'simplex:/' + action + appHash();
  try {
    element('qr').src = 'data:image/svg+xml,' + encodeURIComponent(encodeQR(link, 'svg', { ecc: 'low', border: 4 }));
  } catch {
    // Too long for a QR code.
    element('qr').hidden = true;
  }
  element('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText(link);
    element('copy').textContent = 'Copied';
  });
  element('link').hidden = false;
}
`,
};

/** The package that generates QR codes here is a single module without imports, so browsers can load it too. */
export const qrScript = (): Page => ({
  type: SCRIPT,
  body: readFileSync(createRequire(import.meta.url).resolve('qr'), 'utf8'),
});

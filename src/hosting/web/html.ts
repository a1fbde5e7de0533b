/** The frame of all pages, and the escaping of text in them. */
import { HTML, type Page, STYLE } from './page.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML content and attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!);

/** `body` is HTML. */
export function htmlPage(title: string, body: string): Page {
  return {
    type: HTML,
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`,
  };
}

export const stylePage: Page = {
  type: STYLE,
  body: `:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 1.75rem; }
li { margin-bottom: 0.5rem; }
.code { text-align: center; }
.qr { display: inline-block; width: min(100%, 26rem); height: auto; background: #fff; box-sizing: border-box; image-rendering: pixelated; }
code { overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; overflow-wrap: anywhere; }
button, .button { font: inherit; display: inline-block; padding: 0.4rem 1rem; margin: 0.5rem 0.5rem 0.5rem 0; border: 1px solid; border-radius: 0.4rem; background: none; color: inherit; text-decoration: none; cursor: pointer; }
[hidden] { display: none; }
`,
};

export * from './html.ts';
export * from './information-page.ts';
export * from './link-page.ts';
export * from './page.ts';
export * from './site.ts';
export * from './web-server.ts';

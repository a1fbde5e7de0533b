/** A page as it is sent, and the types that pages have. */

export interface Page {
  readonly type: string;
  readonly body: string;
}

export const HTML = 'text/html; charset=utf-8';
export const SCRIPT = 'text/javascript; charset=utf-8';
export const STYLE = 'text/css; charset=utf-8';

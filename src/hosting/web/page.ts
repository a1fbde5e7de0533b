/** A page with its content type. */

export interface Page {
  readonly type: string;
  readonly body: string;
}

export const HTML = 'text/html; charset=utf-8';
export const SCRIPT = 'text/javascript; charset=utf-8';
export const STYLE = 'text/css; charset=utf-8';

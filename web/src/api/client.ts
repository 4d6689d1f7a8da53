/** Asks the hub. Failures are values, with what the page tells of them. */
import { isObject, parseJson, printable } from '../model/read';

export type Failure =
  | { kind: 'network' }
  | { kind: 'timeout' }
  | { kind: 'no_json' }
  | { kind: 'status'; status: number; message: string | null };

export type Answer =
  | { kind: 'ok'; data: unknown; etag: string | null }
  | { kind: 'unchanged' }
  | { kind: 'unauthorized' }
  | { kind: 'failed'; failure: Failure };

/** Given by the hub at the login, sent with whatever changes something: pages of others do not know it. */
let csrfToken: string | null = null;

export function setCsrfToken(token: unknown): void {
  csrfToken = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? token : null;
}

export interface Ask {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  etag?: string | null;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The folder that paths like "api/gpu-stats" go by. Without an address it is the page's own. */
export function apiBase(address: string, page: string): string {
  const trimmed = address.trim();
  if (trimmed === '') {
    return new URL('.', page.replace(/[?#].*$/, '')).href;
  }
  const url = new URL(/^https?:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  // Chromium takes blanks in a host's name for %20.
  if (!/^[\w.\-[\]:]+$/.test(url.hostname)) {
    throw new TypeError('no host name');
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return `${url.origin}${path}/`;
}

export function isAddress(address: string): boolean {
  try {
    return apiBase(address, 'http://localhost/').startsWith('http');
  } catch {
    return false;
  }
}

export function liveUrl(base: string): string {
  return `${base.replace(/^http/i, 'ws')}api/live`;
}

function messageOf(data: unknown): string | null {
  const message = isObject(data) ? data['message'] : undefined;
  return typeof message === 'string' && message !== '' ? printable(message).slice(0, 500) : null;
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return parseJson(await response.text());
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

async function answerOf(response: Response): Promise<Answer> {
  if (response.status === 304) {
    return { kind: 'unchanged' };
  }
  if (response.status === 401) {
    return { kind: 'unauthorized' };
  }
  const data = await readBody(response);
  if (!response.ok) {
    return { kind: 'failed', failure: { kind: 'status', status: response.status, message: messageOf(data) } };
  }
  if (data === undefined) {
    return { kind: 'failed', failure: { kind: 'no_json' } };
  }
  return { kind: 'ok', data, etag: response.headers.get('etag') };
}

export async function ask(base: string, path: string, how: Ask = {}): Promise<Answer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), how.timeoutMs ?? 15_000);
  const abort = (): void => late.abort();
  how.signal?.addEventListener('abort', abort);
  try {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (how.body !== undefined) {
      headers['content-type'] = 'application/json';
    }
    if (how.method !== undefined && how.method !== 'GET' && csrfToken !== null) {
      headers['x-csrf-token'] = csrfToken;
    }
    if (how.etag) {
      headers['if-none-match'] = how.etag;
    }
    const init: RequestInit = { method: how.method ?? 'GET', headers, cache: 'no-store', credentials: 'same-origin', signal: late.signal };
    if (how.body !== undefined) {
      init.body = JSON.stringify(how.body);
    }
    return await answerOf(await fetch(`${base}${path}`, init));
  } catch {
    return { kind: 'failed', failure: { kind: late.signal.aborted && !how.signal?.aborted ? 'timeout' : 'network' } };
  } finally {
    clearTimeout(timer);
    how.signal?.removeEventListener('abort', abort);
  }
}

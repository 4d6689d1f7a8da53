import type { IncomingHttpHeaders } from 'node:http';

interface Options {
  hosts?: number;
  gpus?: number;
  processes?: number;
  port?: number;
  base?: string;
  interval?: number;
  dist?: string;
  password?: string | null;
  live?: boolean;
  /** With a password everybody may look, as by --read-only-public. */
  open?: boolean;
  /** Pages of other origins may ask. */
  foreign?: boolean;
}

interface Answer {
  status?: number;
  body?: unknown;
  hang?: boolean;
}

export class FakeHub {
  constructor(options?: Options);
  readonly url: string;
  readonly port: number;
  readonly machines: Map<string, Record<string, unknown>>;
  readonly answers: Map<string, Answer | ((body: unknown, url: URL) => Answer)>;
  readonly requests: { method: string; path: string; query: URLSearchParams; body: string; headers: IncomingHttpHeaders; at: number }[];
  readonly sessions: Map<string, string>;
  readonly seen: Map<string, number>;
  frozen: boolean;
  names(): string[];
  move(now?: number): void;
  set(name: string, report: unknown): void;
  remove(name: string): void;
  goOffline(name: string): void;
  send(message: unknown): void;
  start(): Promise<this>;
  stop(): Promise<void>;
}

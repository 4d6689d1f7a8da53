/** Keeps the store up to date: by the hub's WebSocket while that speaks, by polling else. */
import { ask, liveUrl, type Answer } from '../api/client';
import { isObject, parseJson } from '../model/read';
import { machinesOf } from '../model/report';
import type { Host } from '../model/types';
import { dropHost, putHosts, takeReport, useStore } from './store';

export interface FeedSettings {
  base: string;
  intervalMs: number;
  live: boolean;
}

/** A WebSocket that is silent for so long is asked behind its back, by a poll. */
const silenceMs = 15_000;
const longestPauseMs = 60_000;
/** Reading reports gives way to the browser after so long. */
const sliceMs = 12;

/** Gives way to the browser: input and drawing first. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

export class Feed {
  private etag: string | null = null;
  /** When the hub took the last report of each host, by the page's clock. */
  private readonly seenAt = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private socket: WebSocket | undefined;
  private socketTimer: ReturnType<typeof setTimeout> | undefined;
  private socketFailures = 0;
  private heardAt = 0;
  /** The WebSocket has told of all hosts, and since then of each change. */
  private complete = false;
  private polling = false;
  private running = false;
  /** Changes of hosts that wait for the next frame. */
  private readonly waiting = new Map<string, unknown>();
  private flushing = false;
  private stopper = new AbortController();

  constructor(private readonly settings: FeedSettings) {}

  start(): void {
    this.running = true;
    document.addEventListener('visibilitychange', this.onVisible);
    void this.poll();
    if (this.settings.live) {
      this.connect();
    }
  }

  stop(): void {
    this.running = false;
    document.removeEventListener('visibilitychange', this.onVisible);
    clearTimeout(this.timer);
    clearTimeout(this.socketTimer);
    this.stopper.abort();
    this.closeSocket();
    useStore.setState({ live: 'off' });
  }

  /** At once, when the viewer asks for it. */
  refresh(): void {
    void this.poll();
  }

  private readonly onVisible = (): void => {
    if (!document.hidden) {
      void this.poll();
    }
  };

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.running) {
      this.timer = setTimeout(() => this.tick(), this.settings.intervalMs);
    }
  }

  private tick(): void {
    const spoken = this.socket?.readyState === WebSocket.OPEN && Date.now() - this.heardAt < silenceMs;
    if (document.hidden || spoken) {
      this.schedule();
    } else {
      void this.poll();
    }
  }

  private async poll(): Promise<void> {
    if (this.polling || !this.running) {
      return;
    }
    this.polling = true;
    clearTimeout(this.timer);
    const first = useStore.getState().freshAt === null;
    const askedAt = Date.now();
    const [answer] = await Promise.all([
      ask(this.settings.base, 'api/gpu-stats', { etag: this.etag, signal: this.stopper.signal }),
      first ? this.askAges() : null,
    ]);
    // It may have been stopped meanwhile.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    if (this.running) {
      await this.take(answer, askedAt);
    }
    this.polling = false;
    this.schedule();
  }

  /** How old the reports are that the page has not seen come. An old server does not say. */
  private async askAges(): Promise<void> {
    const answer = await ask(this.settings.base, 'api/hosts', { signal: this.stopper.signal, timeoutMs: 3000 });
    const hosts = answer.kind === 'ok' && isObject(answer.data) ? answer.data['hosts'] : null;
    for (const host of Array.isArray(hosts) ? (hosts as unknown[]) : []) {
      if (isObject(host) && typeof host['hostname'] === 'string' && typeof host['seconds_since'] === 'number') {
        this.seenAt.set(host['hostname'], Date.now() - host['seconds_since'] * 1000);
      }
    }
  }

  private async take(answer: Answer, askedAt: number): Promise<void> {
    if (answer.kind === 'unauthorized') {
      useStore.setState({ loginNeeded: true });
      this.stop();
      return;
    }
    if (answer.kind === 'failed') {
      useStore.setState({ failure: answer.failure });
      return;
    }
    if (answer.kind === 'unchanged') {
      useStore.setState({ freshAt: Date.now(), failure: null });
      return;
    }
    const machines = machinesOf(answer.data);
    if (machines === null) {
      useStore.setState({ failure: { kind: 'no_json' } });
      return;
    }
    // What the WebSocket has said meanwhile is newer than this answer, and tells how fresh it is once it is put.
    if (this.complete && this.heardAt >= askedAt) {
      useStore.setState({ failure: null });
      return;
    }
    this.etag = answer.etag;
    await this.put(machines, true);
  }

  private async put(machines: Map<string, unknown>, all: boolean): Promise<void> {
    const fresh: Host[] = [];
    const known = useStore.getState().hosts;
    let begin = performance.now();
    for (const [name, report] of machines) {
      fresh.push(takeReport(name, report, known.get(name), Date.now(), this.seenAt.get(name) ?? null));
      if (performance.now() - begin > sliceMs) {
        await pause();
        begin = performance.now();
      }
    }
    if (this.running) {
      putHosts(fresh, all, Date.now());
    }
  }

  private connect(): void {
    useStore.setState({ live: 'connecting' });
    let socket: WebSocket;
    try {
      socket = new WebSocket(liveUrl(this.settings.base));
    } catch {
      this.reconnectLater();
      return;
    }
    this.socket = socket;
    socket.onmessage = (event) => this.onMessage(event.data);
    socket.onclose = () => {
      if (this.socket === socket) {
        this.socket = undefined;
        this.complete = false;
        this.reconnectLater();
      }
    };
  }

  private closeSocket(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.complete = false;
    socket?.close();
  }

  private reconnectLater(): void {
    if (!this.running) {
      return;
    }
    useStore.setState({ live: 'off' });
    this.socketFailures += 1;
    const wait = Math.min(longestPauseMs, 1000 * 2 ** Math.min(this.socketFailures, 6));
    // Not all pages of a hub that was restarted at the same moment.
    this.socketTimer = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
  }

  private onMessage(data: unknown): void {
    let message: unknown;
    try {
      message = typeof data === 'string' ? parseJson(data) : null;
    } catch {
      message = null;
    }
    if (!isObject(message) || !this.running) {
      return;
    }
    this.heardAt = Date.now();
    if (useStore.getState().live !== 'on') {
      this.socketFailures = 0;
      useStore.setState({ live: 'on' });
    }
    if (message['type'] !== 'hosts') {
      return;
    }
    const machines = machinesOf(message) ?? new Map<string, unknown>();
    // The next poll asks for everything: its tag is older than what has come since.
    this.etag = null;
    this.complete ||= message['everything'] === true;
    const removed = message['everything'] === true ? useStore.getState().names.filter((name) => !machines.has(name)) : message['removed'];
    for (const name of Array.isArray(removed) ? (removed as unknown[]) : []) {
      if (typeof name === 'string') {
        this.waiting.delete(name);
        dropHost(name);
      }
    }
    for (const [name, report] of machines) {
      this.waiting.set(name, report);
    }
    this.flushSoon();
  }

  /** Once per quarter of a second: twenty hosts that report apart are drawn together. The first ones at once. */
  private flushSoon(): void {
    if (!this.flushing) {
      this.flushing = true;
      const wait = useStore.getState().freshAt === null ? 0 : 250;
      setTimeout(() => {
        const machines = new Map(this.waiting);
        this.waiting.clear();
        void this.put(machines, false).finally(() => {
          this.flushing = false;
          if (this.waiting.size > 0 && this.running) {
            this.flushSoon();
          }
        });
      }, wait);
    }
  }
}

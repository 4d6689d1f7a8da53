// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiBase, ask, isAddress, liveUrl } from '../../src/api/client';
import { parseRoute, routeHash } from '../../src/app/routes';
import { ageText, chosenLanguage } from '../../src/i18n';
import { en } from '../../src/i18n/en';
import { zh } from '../../src/i18n/zh';
import { sortRows } from '../../src/parts/DataTable';
import { Feed } from '../../src/state/feed';
import { defaults, load, readSettings, save } from '../../src/state/settings';
import { forgetHosts, putHosts, takeReport, useStore } from '../../src/state/store';
import { moved, scaled } from '../../src/model/history';
import { chooseHost } from '../../src/model/hosts';

describe('the address of the API', () => {
  it.each([
    ['', 'http://hub:7864/', 'http://hub:7864/'],
    ['', 'https://x/wemol/#/hosts?q=/a', 'https://x/wemol/'],
    ['', 'https://x/wemol/index.html', 'https://x/wemol/'],
    ['http://other:1', 'http://hub/', 'http://other:1/'],
    ['other:7864', 'http://hub/', 'http://other:7864/'],
    ['http://other/base/', 'http://hub/', 'http://other/base/'],
    ['http://other/base/api', 'http://hub/', 'http://other/base/'],
  ])('%j on %s is %s', (address, page, base) => {
    expect(apiBase(address, page)).toBe(base);
  });
  it('is checked', () => {
    expect([isAddress(''), isAddress('http://a'), isAddress('a:80'), isAddress('http://'), isAddress('http://a b')]).toEqual([true, true, true, false, false]);
  });
  it('of the WebSocket has the same security', () => {
    expect([liveUrl('http://a/'), liveUrl('https://a/b/')]).toEqual(['ws://a/api/live', 'wss://a/b/api/live']);
  });
});

describe('settings', () => {
  beforeEach(() => localStorage.clear());
  it('that were kept wrongly are the defaults', () => {
    for (const kept of [null, 3, 'x', [], { intervalMs: 999 }, { intervalMs: '5' }, { theme: 'pink', language: 4, defaultView: {}, apiAddress: 'http://' }]) {
      expect(readSettings(kept)).toEqual(defaults);
    }
  });
  it('keep each value that is right', () => {
    expect(readSettings({ intervalMs: 1000, theme: 'dark', language: 'zh', other: 1 })).toEqual({ ...defaults, intervalMs: 1000, theme: 'dark', language: 'zh' });
  });
  it('default to 5000 ms, and to the list', () => {
    expect(defaults).toMatchObject({ intervalMs: 5000, defaultView: 'list' });
  });
  it('do without localStorage', () => {
    const spy = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new Error('full');
    });
    expect(() => save('a', 1)).not.toThrow();
    spy.mockRestore();
    localStorage.setItem('a', '{');
    expect(load('a')).toBeNull();
  });
});

describe('languages', () => {
  it('have the same texts', () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) {
      const other = (zh as unknown as Record<string, unknown>)[key];
      expect(typeof other, key).toBe(typeof text);
      expect(other, key).not.toBe('');
    }
    expect(Object.keys(zh.metricNames)).toEqual(Object.keys(en.metricNames));
  });
  it('go by the browser unless one is chosen', () => {
    expect([chosenLanguage('auto', ['zh-CN', 'en']), chosenLanguage('auto', ['de', 'en-US', 'zh']), chosenLanguage('auto', []), chosenLanguage('zh', ['en'])]).toEqual(['zh', 'en', 'en', 'zh']);
  });
  it('tell ages', () => {
    const ages = [0, 2000, 3000, 59_000, 60_000, 7_200_000, 400_000_000].map((ms) => ageText(zh, 1e12 - ms, 1e12));
    expect(ages).toEqual(['刚刚', '刚刚', '3秒前', '59秒前', '1分钟前', '2小时前', '4天前']);
    expect([ageText(zh, null, 0), ageText(zh, 9000, 0)]).toEqual(['从未', '刚刚']);
  });
});

describe('routes', () => {
  it('come back as they were', () => {
    for (const name of ['gpu-01', 'a/b', '100%', '../x', '"><script>', '__proto__']) {
      expect(parseRoute(routeHash('window', name))).toMatchObject({ view: 'window', host: name });
    }
    expect(parseRoute(routeHash('search', null, { q: 'a & b' })).query.get('q')).toBe('a & b');
  });
  it('that are broken lead to the default view', () => {
    for (const hash of ['', '#', '#/', '#/nothing', '#javascript:alert(1)']) {
      expect(parseRoute(hash).view).toBeNull();
    }
    expect(parseRoute('#/window/%E0%A4%A').host).toBeNull();
  });
});

describe('the window view', () => {
  it('shows the first host that is online', () => {
    const hosts = new Map(['a', 'b', 'c'].map((name) => [name, takeReport(name, { is_online: name !== 'a' }, undefined, 0)]));
    const names = [...hosts.keys()];
    expect(chooseHost(hosts, names, null)?.name).toBe('b');
    expect(chooseHost(hosts, names, 'a')?.name).toBe('a');
    expect(chooseHost(hosts, names, 'gone')?.name).toBe('b');
    expect(chooseHost(new Map(), [], 'a')).toBeUndefined();
  });
});

describe('spans of history', () => {
  it('zoom around their middle and end now at the latest', () => {
    expect(scaled({ from: 0, to: 1000 }, 0.5, 5000)).toEqual({ from: 250, to: 750 });
    expect(scaled({ from: 4000, to: 5000 }, 2, 5000)).toEqual({ from: 3000, to: 5000 });
    expect(scaled({ from: 0, to: 120 }, 0.5, 5000)).toEqual({ from: 0, to: 120 });
    expect(moved({ from: 4000, to: 5000 }, 0.5, 5000)).toEqual({ from: 4000, to: 5000 });
    expect(moved({ from: 4000, to: 5000 }, -0.5, 5000)).toEqual({ from: 3500, to: 4500 });
  });
});

describe('sorting', () => {
  it('puts unknown last either way', () => {
    const rows = [3, null, 10, 2];
    expect(sortRows(rows, (row) => row, false)).toEqual([2, 3, 10, null]);
    expect(sortRows(rows, (row) => row, true)).toEqual([10, 3, 2, null]);
    expect(sortRows(['b10', 'b9', null], (row) => row, false)).toEqual(['b9', 'b10', null]);
  });
});

describe('asking', () => {
  const respond = (body: string, init: ResponseInit = {}) => vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(init.status === 304 ? null : body, init))));
  afterEach(() => vi.unstubAllGlobals());

  it('tells what came', async () => {
    respond('{"a":NaN}', { headers: { etag: '"x"' } });
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'ok', data: { a: null }, etag: '"x"' });
    respond('', { status: 304 });
    expect(await ask('http://h/', 'api/x', { etag: '"x"' })).toEqual({ kind: 'unchanged' });
    expect(vi.mocked(fetch).mock.calls[0]?.[1]?.headers).toMatchObject({ 'if-none-match': '"x"' });
  });
  it('tells what went wrong', async () => {
    respond('{"status":"error","message":"no\\u0000 way"}', { status: 403 });
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'failed', failure: { kind: 'status', status: 403, message: 'no\ufffd way' } });
    respond('<html>', { status: 502 });
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'failed', failure: { kind: 'status', status: 502, message: null } });
    respond('<html>');
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'failed', failure: { kind: 'no_json' } });
    respond('', { status: 401 });
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'unauthorized' });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
    expect(await ask('http://h/', 'api/x')).toEqual({ kind: 'failed', failure: { kind: 'network' } });
  });
  it('does not wait for ever', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', (_url: string, init: RequestInit) => new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted')))));
    const answer = ask('http://h/', 'api/x', { timeoutMs: 1000 });
    await vi.advanceTimersByTimeAsync(1001);
    expect(await answer).toEqual({ kind: 'failed', failure: { kind: 'timeout' } });
    vi.useRealTimers();
  });
});

describe('the store', () => {
  beforeEach(forgetHosts);
  it('keeps a host that has not changed, so that it is not drawn anew', () => {
    const report = { timestamp: '2026-11-28T05:00:00Z', is_online: true };
    const first = takeReport('a', report, undefined, 0);
    expect(takeReport('a', { ...report }, first, 0)).toBe(first);
    expect(takeReport('a', { ...report, is_online: false }, first, 0)).not.toBe(first);
    const bare = takeReport('b', {}, undefined, 0);
    expect(takeReport('b', {}, bare, 0)).not.toBe(bare);
  });
  it('dates a report by the hub when it is the first, by its coming when it is a new one', () => {
    const at = (timestamp: string, online = true) => ({ timestamp, is_online: online });
    const first = takeReport('a', at('2001-01-01T00:00:00Z'), undefined, 50_000, 20_000);
    expect(first.updatedAt).toBe(20_000);
    const away = takeReport('a', at('2001-01-01T00:00:00Z', false), first, 60_000);
    expect(away).toMatchObject({ updatedAt: 20_000, online: false });
    expect(takeReport('a', at('2001-01-01T00:00:09Z'), away, 70_000).updatedAt).toBe(70_000);
    expect(takeReport('b', at('2001-01-01T00:00:00Z'), undefined, 50_000).updatedAt).toBe(Date.parse('2001-01-01T00:00:00Z'));
  });
  it('drops hosts that a whole answer lacks, and keeps them else', () => {
    const host = (name: string) => takeReport(name, {}, undefined, 0);
    putHosts([host('b'), host('a')], true, 1);
    expect(useStore.getState().names).toEqual(['a', 'b']);
    putHosts([host('c')], false, 2);
    expect(useStore.getState().names).toEqual(['a', 'b', 'c']);
    putHosts([host('c')], true, 3);
    expect(useStore.getState()).toMatchObject({ names: ['c'], freshAt: 3, failure: null });
  });
});

/** A WebSocket that a test speaks through. */
class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 1;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  close(): void {
    this.readyState = 3;
  }
  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

describe('the feed', () => {
  let answers: (() => Promise<Response>)[] = [];
  const json = (body: unknown, init: ResponseInit = {}) => () => Promise.resolve(new Response(JSON.stringify(body), init));
  const machines = (names: string[]) => ({ machines: Object.fromEntries(names.map((name) => [name, { is_online: true }])) });
  const names = () => useStore.getState().names;
  const polls = () => vi.mocked(fetch).mock.calls.filter(([url]) => url === 'http://h/api/gpu-stats');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    forgetHosts();
    FakeSocket.made = [];
    answers = [];
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal(
      'fetch',
      vi.fn((url: string) => {
        if (url.endsWith('api/hosts')) {
          return Promise.resolve(new Response('{"hosts":[{"hostname":"a","seconds_since":7},null,{"hostname":3}]}'));
        }
        return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? Promise.reject(new Error('down'));
      }),
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const run = async (live: boolean, body: (feed: Feed) => Promise<void>) => {
    const feed = new Feed({ base: 'http://h/', intervalMs: 5000, live });
    feed.start();
    await vi.advanceTimersByTimeAsync(0);
    await body(feed);
    feed.stop();
  };

  it('polls at the interval, and asks only for changes', async () => {
    answers = [json(machines(['a']), { headers: { etag: '"1"' } }), () => Promise.resolve(new Response(null, { status: 304 }))];
    await run(false, async () => {
      expect(names()).toEqual(['a']);
      expect(useStore.getState().hosts.get('a')?.updatedAt).toBe(Date.now() - 7000);
      await vi.advanceTimersByTimeAsync(5000);
      expect(polls().length).toBe(2);
      expect(polls()[1]?.[1]?.headers).toMatchObject({ 'if-none-match': '"1"' });
      expect(useStore.getState().failure).toBeNull();
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(polls().length).toBe(2);
  });

  it('keeps what it has when a refresh fails, says so, and recovers', async () => {
    answers = [json(machines(['a'])), () => Promise.reject(new TypeError('refused')), json(machines(['a', 'b']))];
    await run(false, async () => {
      await vi.advanceTimersByTimeAsync(5000);
      expect(useStore.getState()).toMatchObject({ names: ['a'], failure: { kind: 'network' } });
      await vi.advanceTimersByTimeAsync(5000);
      expect(useStore.getState()).toMatchObject({ names: ['a', 'b'], failure: null });
    });
  });

  it('takes an answer without machines for a failure', async () => {
    answers = [json({ hello: 1 })];
    await run(false, async () => {
      expect(useStore.getState()).toMatchObject({ failure: { kind: 'no_json' }, freshAt: null });
      await Promise.resolve();
    });
  });

  it('asks for a login at 401, and is quiet then', async () => {
    answers = [json({}, { status: 401 })];
    await run(false, async () => {
      expect(useStore.getState().loginNeeded).toBe(true);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(polls().length).toBe(1);
    });
  });

  it('does not poll while the WebSocket speaks, and does when it is silent', async () => {
    answers = [json(machines(['a']))];
    await run(true, async () => {
      const [socket] = FakeSocket.made;
      for (let second = 0; second < 30; second += 2) {
        socket?.say({ type: 'hosts', machines: { b: { is_online: true } } });
        await vi.advanceTimersByTimeAsync(2000);
      }
      expect(polls().length).toBe(1);
      expect(useStore.getState()).toMatchObject({ names: ['a', 'b'], live: 'on' });
      await vi.advanceTimersByTimeAsync(25_000);
      expect(polls().length).toBeGreaterThan(1);
    });
  });

  it('keeps what the WebSocket has said since a poll was asked', async () => {
    let answer: (response: Response) => void = () => undefined;
    answers = [() => new Promise((resolve) => (answer = resolve))];
    await run(true, async () => {
      const [socket] = FakeSocket.made;
      socket?.say({ type: 'hosts', everything: true, machines: { a: { is_online: true }, new: { is_online: true } } });
      await vi.advanceTimersByTimeAsync(300);
      answer(new Response(JSON.stringify(machines(['a']))));
      await vi.advanceTimersByTimeAsync(300);
      expect(names()).toEqual(['a', 'new']);
      // Once it has hung up, polls count again.
      socket?.drop();
      answers = [json(machines(['a']))];
      await vi.advanceTimersByTimeAsync(25_000);
      expect(names()).toEqual(['a']);
    });
  });

  it('never says that there are no hosts while those of the WebSocket wait to be put', async () => {
    let answer: (response: Response) => void = () => undefined;
    answers = [() => new Promise((resolve) => (answer = resolve))];
    const emptyAndFresh: number[] = [];
    const stop = useStore.subscribe((store) => {
      if (store.freshAt !== null && store.names.length === 0) {
        emptyAndFresh.push(store.freshAt);
      }
    });
    await run(true, async () => {
      FakeSocket.made[0]?.say({ type: 'hosts', everything: true, machines: { a: { is_online: true } } });
      answer(new Response(JSON.stringify(machines(['a']))));
      await Promise.resolve();
      await vi.advanceTimersByTimeAsync(300);
      expect(names()).toEqual(['a']);
      expect(useStore.getState().freshAt).not.toBeNull();
    });
    stop();
    expect(emptyAndFresh).toEqual([]);
  });

  it('removes hosts, and bears any message', async () => {
    answers = [json(machines(['a', 'b']))];
    await run(true, async () => {
      const [socket] = FakeSocket.made;
      for (const odd of ['', '{', '3', '[]', 'null', '{"type":"hosts"}', '{"type":"hosts","machines":[]}', '{"type":"hosts","removed":{}}', '{"type":"later"}']) {
        socket?.say(odd);
      }
      await vi.advanceTimersByTimeAsync(300);
      expect(names()).toEqual(['a', 'b']);
      socket?.say({ type: 'hosts', machines: {}, removed: ['a', 7] });
      await vi.advanceTimersByTimeAsync(300);
      expect(names()).toEqual(['b']);
      socket?.say({ type: 'hosts', everything: true, machines: { c: {} } });
      await vi.advanceTimersByTimeAsync(300);
      expect(names()).toEqual(['c']);
    });
  });

  it('reconnects with growing pauses, and polls meanwhile', async () => {
    answers = [json(machines(['a']))];
    await run(true, async () => {
      FakeSocket.made.at(-1)?.drop();
      expect(useStore.getState().live).toBe('off');
      await vi.advanceTimersByTimeAsync(1000);
      expect(FakeSocket.made.length).toBe(1);
      await vi.advanceTimersByTimeAsync(2000);
      expect(FakeSocket.made.length).toBe(2);
      FakeSocket.made.at(-1)?.drop();
      await vi.advanceTimersByTimeAsync(2500);
      expect(FakeSocket.made.length).toBe(2);
      await vi.advanceTimersByTimeAsync(3000);
      expect(FakeSocket.made.length).toBe(3);
      expect(polls().length).toBeGreaterThan(1);
    });
  });
});

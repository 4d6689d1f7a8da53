/** A hub for development and the browser tests: real HTTP and WebSockets, hosts that do not exist.
 *
 *    node tests/fake-hub.mjs [--hosts N] [--gpus N] [--port P] [--base /path/] [--interval MS] [--dist DIR]
 *
 *  It serves the built page as wemol-hub does, with the same policy; `npm run dev` asks it through Vite. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { contentSecurityPolicy, contentTypes } from '../tools/page-headers.mjs';
import { alertsDocument, historyDocument, hostName, modulesDocument, reportOf, tasksOf } from './fake-data.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

export class FakeHub {
  constructor(options = {}) {
    this.options = { hosts: 3, gpus: 8, processes: 12, port: 0, base: '/', interval: 2000, dist: join(here, '..', 'dist'), password: null, live: true, foreign: false, open: false, ...options };
    /** Reports by host name; tests change them as they like. */
    this.machines = new Map();
    /** What the API answers instead, by path: {status, body}, or a function of the request. */
    this.answers = new Map();
    this.requests = [];
    this.sessions = new Map();
    this.frozen = false;
    this.revision = 1;
    /** When the last report of a host came; now where there is no other time. */
    this.seen = new Map();
    this.move();
  }

  get url() {
    return `http://127.0.0.1:${this.port}${this.options.base}`;
  }

  names() {
    return [...this.machines.keys()];
  }

  /** New figures for all hosts that the fake made itself. */
  move(now = Date.now()) {
    for (let index = 0; index < this.options.hosts; index += 1) {
      const old = this.machines.get(hostName(index));
      if (old === undefined || old.is_online === true) {
        this.machines.set(hostName(index), reportOf(index, now, this.options));
      }
    }
  }

  set(name, report) {
    this.machines.set(name, report);
    this.seen.set(name, Date.now());
    this.tell({ [name]: report });
  }

  remove(name) {
    this.machines.delete(name);
    this.tell({}, [name]);
  }

  /** As when its agent stops: the last report stays. */
  goOffline(name) {
    this.set(name, { ...this.machines.get(name), is_online: false });
  }

  /** What has changed, to all pages. */
  tell(machines, removed = []) {
    this.revision += 1;
    this.send({ type: 'hosts', revision: this.revision, everything: false, machines, removed });
  }

  send(message) {
    const text = JSON.stringify(message);
    for (const client of this.sockets?.clients ?? []) {
      client.send(text);
    }
  }

  async start() {
    this.server = createServer((request, response) => this.answer(request, response));
    this.sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    await new Promise((resolve) => this.server.listen(this.options.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    // Hosts report apart from each other.
    let turn = 0;
    this.timer = setInterval(() => {
      if (this.frozen || this.options.hosts === 0) {
        return;
      }
      const parts = Math.max(1, Math.round(this.options.interval / 100));
      const machines = {};
      for (let index = 0; index < this.options.hosts; index += 1) {
        const name = hostName(index);
        if (index % parts === turn % parts && this.machines.get(name)?.is_online === true) {
          machines[name] = reportOf(index, Date.now(), this.options);
          this.machines.set(name, machines[name]);
        }
      }
      turn += 1;
      if (Object.keys(machines).length > 0) {
        this.tell(machines);
      }
    }, 100);
    return this;
  }

  async stop() {
    clearInterval(this.timer);
    for (const client of this.sockets.clients) {
      client.terminate();
    }
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  allowed(request) {
    return this.options.password === null || this.options.open || this.userOf(request) !== null;
  }

  userOf(request) {
    const cookie = /wemol_hub_session=([0-9a-f]+)/.exec(request.headers.cookie ?? '');
    return (cookie === null ? null : this.sessions.get(cookie[1])) ?? null;
  }

  upgrade(request, socket, head) {
    if (!this.options.live || request.url !== `${this.options.base}api/live` || !this.allowed(request)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify({ type: 'hosts', revision: this.revision, everything: true, machines: Object.fromEntries(this.machines), removed: [] }));
    });
  }

  json(request, response, status, body, headers = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"`;
    const all = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache', etag, ...headers };
    if (status === 200 && request.headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && text.length > 1000) {
      response.writeHead(status, { ...all, 'content-encoding': 'gzip' }).end(gzipSync(text, { level: 1 }));
      return;
    }
    response.writeHead(status, all).end(text);
  }

  fail(request, response, status, message) {
    this.json(request, response, status, { status: 'error', message });
  }

  async answer(request, response) {
    const url = new URL(request.url, 'http://fake');
    const { base } = this.options;
    if (!url.pathname.startsWith(base)) {
      this.fail(request, response, 404, 'there is nothing here');
      return;
    }
    if (this.options.foreign) {
      // As with --allow-origin: other pages may ask.
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
      response.setHeader('access-control-expose-headers', 'ETag');
      if (request.method === 'OPTIONS') {
        response.writeHead(204, { 'access-control-allow-headers': 'content-type, if-none-match, x-csrf-token', 'access-control-allow-methods': 'GET, POST, DELETE' }).end();
        return;
      }
    }
    const path = url.pathname.slice(base.length);
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    if (!path.startsWith('api/')) {
      this.page(path, response);
      return;
    }
    this.requests.push({ method: request.method, path, query: url.searchParams, body, headers: request.headers, at: Date.now() });
    const special = this.answers.get(path);
    if (special !== undefined) {
      const { status = 200, body: text = {}, hang = false } = typeof special === 'function' ? special(JSON.parse(body || '{}'), url) : special;
      if (!hang) {
        this.json(request, response, status, text);
      }
      return;
    }
    this.api(path, url, request, response, body);
  }

  api(path, url, request, response, body) {
    if (path === 'api/login') {
      this.login(request, response, JSON.parse(body));
      return;
    }
    if (!this.allowed(request)) {
      this.fail(request, response, 401, 'sign in first');
      return;
    }
    if (request.method !== 'GET' && this.options.password !== null && this.userOf(request) === null) {
      this.fail(request, response, 401, 'sign in first');
      return;
    }
    if (request.method !== 'GET' && this.options.password !== null && request.headers['x-csrf-token'] !== 'token-of-the-session') {
      this.fail(request, response, 403, 'the token of the session is missing');
      return;
    }
    const query = (name) => url.searchParams.get(name);
    switch (path) {
      case 'api/gpu-stats':
        this.json(request, response, 200, { machines: Object.fromEntries(this.machines) });
        return;
      case 'api/hosts':
        this.json(request, response, 200, { hosts: this.names().map((hostname) => ({ hostname, is_online: this.machines.get(hostname)?.is_online === true, seconds_since: (Date.now() - (this.seen.get(hostname) ?? Date.now())) / 1000 })) });
        return;
      case 'api/session':
        this.json(request, response, 200, { user: this.userOf(request), csrf: this.userOf(request) === null ? null : 'token-of-the-session', sign_in: this.options.password !== null });
        return;
      case 'api/tasks':
        this.json(request, response, 200, tasksOf(this.names()));
        return;
      case 'api/modules':
        this.json(request, response, 200, modulesDocument());
        return;
      case 'api/alerts':
        this.json(request, response, 200, alertsDocument(this.names(), Date.now()));
        return;
      case 'api/history':
        this.json(request, response, 200, historyDocument(query('host'), query('metric'), Number(query('from')), Number(query('to')), Number(query('step')), this.options.gpus));
        return;
      case 'api/logout':
        this.sessions.clear();
        this.json(request, response, 200, { status: 'success' });
        return;
      case 'api/kill-processes':
        this.kill(request, response, JSON.parse(body));
        return;
      default:
        if (request.method === 'DELETE' && path.startsWith('api/hosts/')) {
          this.remove(decodeURIComponent(path.slice('api/hosts/'.length)));
          this.json(request, response, 200, { status: 'success' });
          return;
        }
        this.fail(request, response, 404, 'there is nothing here');
    }
  }

  login(request, response, { user, password }) {
    if (password !== this.options.password) {
      this.fail(request, response, 401, 'user or password is wrong');
      return;
    }
    const session = createHash('sha256').update(`${user} ${Math.random()}`).digest('hex');
    this.sessions.set(session, user);
    this.json(request, response, 200, { status: 'success', user, csrf: 'token-of-the-session' }, { 'set-cookie': `wemol_hub_session=${session}; Path=${this.options.base}; HttpOnly; SameSite=Strict` });
  }

  /** The even ones end, the odd ones belong to somebody else. */
  kill(request, response, { hostname, pids }) {
    if (this.machines.get(hostname)?.is_online !== true) {
      this.fail(request, response, 404, '目标主机不在线');
      return;
    }
    const results = pids.map((pid) => (pid % 2 === 0 ? { pid, status: 'success', message: `进程 ${pid} 已终止` } : { pid, status: 'error', message: `没有权限终止进程 ${pid}` }));
    this.json(request, response, 200, { status: 'success', message: '命令已发送到客户端', results });
  }

  page(path, response) {
    const name = path === '' ? 'index.html' : normalize(path);
    const file = join(this.options.dist, name);
    if (name.startsWith('..') || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response
      .writeHead(200, {
        'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      })
      .end(readFileSync(file));
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = {};
  for (let position = 2; position < process.argv.length; position += 2) {
    const value = process.argv[position + 1];
    options[process.argv[position].replace(/^--/, '')] = /^\d+$/.test(value) ? Number(value) : value;
  }
  const hub = await new FakeHub({ port: 7864, ...options }).start();
  console.log(hub.url);
}

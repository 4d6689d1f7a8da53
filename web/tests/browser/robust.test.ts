/** What must not take the page down, keep it from working, or slow it. */
import { createRequire } from 'node:module';
import { readFileSync, existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { reportOf } from '../fake-data.mjs';
import { settled, visit } from './support';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const viewHashes = ['#/hosts', '#/window', '#/free', '#/search?q=python', '#/tasks', '#/modules', '#/history', '#/alerts', '#/settings'];

describe('a failed refresh', () => {
  it('is shown, greys what is old, and goes away', async () => {
    const { page, hub } = await visit({ hosts: 2, live: false }, { settings: { intervalMs: 1000 }, mayFail: true });
    await settled(page);
    hub.answers.set('api/gpu-stats', { status: 500, body: { status: 'error', message: 'disk full' } });
    await page.getByText('Refresh failed').waitFor();
    await page.getByText('disk full').waitFor();
    expect(await page.locator('.host-card').count()).toBe(2);
    expect(await page.locator('.host-card').first().evaluate((element) => getComputedStyle(element).filter)).toBe('grayscale(1)');
    expect(await page.locator('.live-state').innerText()).toBe('Stale');
    hub.answers.delete('api/gpu-stats');
    await page.getByText('Refresh failed').waitFor({ state: 'detached' });
  });

  it('is shown from the first one on', async () => {
    const { page } = await visit({ hosts: 1 }, { mayFail: true, prepare: (hub) => hub.answers.set('api/gpu-stats', { status: 502, body: '<html>bad gateway</html>' }), settings: { live: false } });
    await page.getByText('Nothing has come from the hub yet.').waitFor();
  });

  it('recovers by hand', async () => {
    const { page, hub } = await visit({ hosts: 1, live: false }, { mayFail: true, settings: { intervalMs: 3_600_000 }, prepare: (fake) => fake.answers.set('api/gpu-stats', { status: 500 }) });
    await page.getByRole('button', { name: 'Retry now' }).waitFor();
    hub.answers.delete('api/gpu-stats');
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.locator('.host-card').waitFor();
  });
});

describe('the live connection', () => {
  it('brings changes without polls', async () => {
    const { page, hub } = await visit({ hosts: 2 });
    await settled(page);
    await page.getByText('Live', { exact: true }).waitFor();
    hub.set('new-one', reportOf(5, Date.now()));
    await page.locator('.host-card[data-host="new-one"]').waitFor();
    hub.remove('new-one');
    await page.locator('.host-card[data-host="new-one"]').waitFor({ state: 'detached' });
    expect(hub.requests.filter((request) => request.path === 'api/gpu-stats').length).toBe(1);
  });

  it('is not needed: polling asks by ETag', async () => {
    const { page, hub } = await visit({ hosts: 1, live: false }, { settings: { intervalMs: 1000 }, mayFail: true });
    await settled(page);
    hub.frozen = true;
    const polls = () => hub.requests.filter((request) => request.path === 'api/gpu-stats');
    await expect.poll(() => polls().length, { timeout: 10_000 }).toBeGreaterThan(3);
    expect(polls().at(-1)?.headers['if-none-match']).toBeTruthy();
  });
});

describe('signing in', () => {
  it('is asked for at 401, and the page goes on', async () => {
    const { page, hub } = await visit({ hosts: 2, password: 'right' }, { mayFail: true });
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('User or password is wrong.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.keyboard.press('Enter');
    await page.locator('.host-card').first().waitFor();
    hub.sessions.clear();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  it('ends by signing out', async () => {
    const { page } = await visit({ hosts: 1, password: 'right' }, { mayFail: true });
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
});

describe('a hub that everybody may look at', () => {
  it('offers the login, asks for it before a change, and lets go of it', async () => {
    const { page } = await visit({ hosts: 1, password: 'right', open: true }, { hash: '#/window', mayFail: true });
    await page.locator('.host-window').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Look without signing in' }).click();
    await page.locator('.host-detail tbody .link.danger').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.getByText('Changes need a password.').waitFor();
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.keyboard.press('Enter');
    await page.locator('.host-window').waitFor();
    await page.locator('.host-detail tbody .link.danger').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.locator('.results strong').first().waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.locator('.host-window').waitFor();
  });
});

describe('under a path of a proxy', () => {
  it('works', async () => {
    const { page, hub } = await visit({ hosts: 1, base: '/gpu/hub/' }, { hash: '#/window' });
    await page.locator('.host-window').waitFor();
    await page.locator('.live-state.on').waitFor();
    expect(hub.url).toContain('/gpu/hub/');
  });
});

/** Every place of a report. */
function placesOf(value: unknown, place: (string | number)[] = []): (string | number)[][] {
  const inner = Array.isArray(value) ? value.map((entry, index): [number, unknown] => [index, entry]) : typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [...(place.length > 0 ? [place] : []), ...inner.flatMap(([key, entry]) => placesOf(entry, [...place, key]))];
}

function without(report: unknown, place: (string | number)[], put?: unknown): Record<string, unknown> {
  const copy = structuredClone(report) as Record<string, unknown>;
  let owner = copy as Record<string | number, unknown>;
  for (const key of place.slice(0, -1)) {
    owner = owner[key] as Record<string | number, unknown>;
  }
  const last = place.at(-1) ?? '';
  if (put !== undefined) {
    owner[last] = put;
  } else if (Array.isArray(owner)) {
    owner.splice(Number(last), 1);
  } else {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete owner[last];
  }
  return copy;
}

describe('a report with a fault', () => {
  const whole = reportOf(0, Date.now(), { gpus: 1, processes: 2 });

  it('of any missing field keeps its card, and null is –', async () => {
    const places = placesOf(whole);
    const { page } = await visit({ hosts: 0 }, {
      prepare: (hub) => {
        hub.machines.set('good', whole);
        places.forEach((place, position) => hub.machines.set(`cut ${position} ${place.join('.')}`, without(whole, place)));
      },
    });
    await settled(page);
    expect(await page.locator('.host-card').count()).toBe(places.length + 1);
    // Not innerText: that leaves out cards that are out of sight.
    expect(await page.locator('.host-card', { hasText: 'system_info.cpu_percent' }).textContent()).toMatch(/CPU\s*–/);
    expect(await page.locator('main').textContent()).not.toMatch(/undefined|NaN|null|\[object/);
  });

  it('of any wrong type keeps the host view', async () => {
    const places = placesOf(whole);
    const wrongs = [null, 'x', -1, [], {}, true];
    const { page } = await visit({ hosts: 0 }, {
      prepare: (hub) => places.forEach((place, position) => hub.machines.set(`bad ${position}`, without(whole, place, wrongs[position % wrongs.length]))),
      settings: { cardDetail: 'detailed' },
    });
    await settled(page);
    expect(await page.locator('.host-card').count()).toBe(places.length);
    for (const name of (await page.locator('.host-card').evaluateAll((cards) => cards.map((each) => each.getAttribute('data-host') ?? ''))).slice(0, 60)) {
      await page.evaluate((to) => (window.location.hash = to), `#/window/${encodeURIComponent(name)}`);
      await page.locator(`.host-window[data-host="${name}"]`).waitFor();
    }
    expect(await page.locator('main').textContent()).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe('hostile text', () => {
  const evils = ['<img src=x onerror="window.pwned=1">', '"><script>window.pwned=1</script>', "'; alert(1); '", '\u202eevil\u202d', '__proto__', 'constructor', 'x'.repeat(5000), '\u0000\n\r\u2028', '{{7*7}}', 'javascript:window.pwned=1'];

  function poison(value: unknown, evil: string): unknown {
    if (typeof value === 'string') {
      return evil;
    }
    if (Array.isArray(value)) {
      return value.map((entry) => poison(entry, evil));
    }
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, poison(entry, evil)])) : value;
  }

  it('in every field stays text in every view', async () => {
    const { page } = await visit({ hosts: 0 }, {
      mayFail: true,
      settings: { cardDetail: 'detailed' },
      prepare: (hub) => {
        for (const evil of evils) {
          hub.machines.set(evil, { ...(poison(reportOf(0, Date.now(), { gpus: 1, processes: 3 }), evil) as object), is_online: true });
        }
        for (const path of ['api/tasks', 'api/modules', 'api/alerts', 'api/history']) {
          const document = { hosts: [{ hostname: 'h', tasks: [{ task_id: 't', module_name: 'm', name: 'c' }] }], modules: [{ module_name: 'm', gpu_models: ['g'] }], rules: [{ name: 'n', metric: 'm', hosts: 'h', severity: 's' }], alerts: [{ rule: 'r', host: 'h', metric: 'm' }], step: 10, series: [{ metric: 'container.x.cpu_percent', points: [[1, 1, 1, 1]] }] };
          hub.answers.set(path, { body: poison(document, evils[0] ?? '') });
        }
      },
    });
    await settled(page);
    expect(await page.locator('.host-card').count()).toBe(evils.length);
    for (const hash of [...viewHashes, ...evils.map((evil) => `#/window/${encodeURIComponent(evil)}`)]) {
      await page.evaluate((to) => (window.location.hash = to), hash);
      await page.waitForTimeout(60);
      expect(await page.evaluate(() => [(window as { pwned?: number }).pwned, document.querySelectorAll('main img, main script, iframe, a[href^="javascript"]').length]), hash).toEqual([undefined, 0]);
      // A long word does not push the page out of its frame.
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), hash).toBeLessThanOrEqual(0);
    }
  });
});

interface AxeAnswer {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function axeFindings(page: Page): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger, which the page's policy does not bind.
  await page.evaluate(source);
  const { violations } = await page.evaluate<AxeAnswer>('axe.run(document, { resultTypes: ["violations"] })');
  return violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`).slice(0, 3).join(' | ')}`);
}

describe('keyboard and screen readers', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`find nothing serious in any view (${colorScheme})`, async () => {
      const { page, hub } = await visit({ hosts: 3 }, { colorScheme });
      await settled(page);
      hub.goOffline('gpu-03');
      await page.locator('.host-card.offline').waitFor();
      await page.locator('.host-card .host-toggle').first().click();
      await page.locator('.host-card .gpu-card').first().waitFor();
      const found: string[] = [];
      for (const hash of viewHashes) {
        await page.evaluate((to) => (window.location.hash = to), hash);
        await page.waitForTimeout(400);
        found.push(...(await axeFindings(page)).map((finding) => `${hash} ${finding}`));
      }
      await page.evaluate((to) => (window.location.hash = to), '#/window');
      await page.getByText('Detailed').click();
      await page.locator('.gpu-card.detailed canvas').first().waitFor();
      found.push(...(await axeFindings(page)));
      for (const tab of ['Containers', 'Sessions', 'Disks']) {
        await page.getByRole('tab', { name: new RegExp(tab) }).click();
        found.push(...(await axeFindings(page)));
      }
      expect(found).toEqual([]);
    });
  }

  it('find nothing serious in dialogs, old data and the login', async () => {
    const { page, hub } = await visit({ hosts: 2, live: false }, { settings: { intervalMs: 1000 }, mayFail: true });
    await settled(page);
    hub.answers.set('api/gpu-stats', { status: 500 });
    await page.getByText('Refresh failed').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    hub.answers.set('api/gpu-stats', { status: 401 });
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('find nothing serious in the dialog before a process is ended', async () => {
    const { page } = await visit({ hosts: 1 }, { hash: '#/window' });
    await page.locator('.host-detail tbody .link.danger').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).waitFor();
    // Its colors come by and by.
    await page.waitForTimeout(400);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.locator('.results strong').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('reach everything by Tab, with a link past the menu', async () => {
    const { page } = await visit({ hosts: 1 });
    await settled(page);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    const seen = new Set<string>();
    for (let turn = 0; turn < 14; turn += 1) {
      await page.keyboard.press('Tab');
      seen.add(await page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.className}`));
    }
    expect([...seen].join('\n')).toMatch(/BUTTON host-toggle/);
    expect([...seen].join('\n')).toMatch(/A open-alone/);
  });
});

describe('a hundred hosts with eight cards', () => {
  it('are all there, follow what comes, and answer', async () => {
    const { page, hub } = await visit({ hosts: 100, gpus: 8, processes: 30, interval: 5000 });
    await page.locator('.host-card').nth(99).waitFor();
    expect(await page.locator('.gpu-cell').count()).toBe(800);
    hub.goOffline('gpu-07');
    await page.locator('.host-card.offline[data-host="gpu-07"]').waitFor();
    await page.getByLabel('Filter hosts').fill('node099');
    await expect.poll(() => page.locator('.host-card').count()).toBe(1);
    await page.locator('.host-card .host-toggle').click();
    await page.locator('.host-card .gpu-card').nth(7).waitFor();
  });
});

describe('the policy of the page', () => {
  it('holds, with no violation by any view, and the styles of antd are there', async () => {
    const { page, hub, faults } = await visit({ hosts: 2 });
    const answer = await page.request.get(hub.url);
    expect(answer.headers()['content-security-policy']).toContain("style-src 'self'");
    expect(answer.headers()['content-security-policy']).not.toMatch(/unsafe|nonce/);
    await settled(page);
    for (const hash of viewHashes) {
      await page.evaluate((to) => (window.location.hash = to), hash);
      await page.waitForTimeout(200);
    }
    expect(await page.locator('main .ant-segmented').first().evaluate((element) => getComputedStyle(element).borderRadius)).not.toBe('0px');
    expect(await page.evaluate(() => [document.querySelectorAll('style').length, document.adoptedStyleSheets.length > 0])).toEqual([0, true]);
    expect(faults).toEqual([]);
    // A violation would have been seen: here is one.
    await page.evaluate(() => {
      const style = document.createElement('style');
      style.textContent = 'body { color: red }';
      document.head.append(style);
    });
    await expect.poll(() => faults.join()).toContain('Content Security Policy');
    faults.length = 0;
  });
});

describe('the build', () => {
  interface Chunk {
    file: string;
    imports?: string[];
    css?: string[];
    isEntry?: boolean;
  }
  const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8')) as Record<string, Chunk>;

  it('loads at most 300 KB of script first, by gzip', () => {
    const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true) ?? '';
    const files = new Set<string>();
    const add = (name: string): void => {
      const chunk = manifest[name];
      if (chunk !== undefined && !files.has(chunk.file)) {
        files.add(chunk.file);
        chunk.imports?.forEach(add);
      }
    };
    add(entry);
    const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`${dist}${file}`), { level: 9 }).length, 0);
    console.log(`initial script: ${(bytes / 1000).toFixed(1)} KB gzip in ${files.size} files`);
    expect(bytes).toBeLessThanOrEqual(300_000);
  });

  it('has no inline script and no inline style', () => {
    const html = readFileSync(`${dist}index.html`, 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon\w+=|style=/);
    expect(existsSync(`${dist}icon.svg`)).toBe(true);
  });
});

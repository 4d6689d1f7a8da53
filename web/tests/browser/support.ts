/** A real Chromium and a fake hub for each file of tests. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { FakeHub } from '../fake-hub.mjs';

export const results = fileURLToPath(new URL('../../results/', import.meta.url));
mkdirSync(results, { recursive: true });

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['WEMOL_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--font-render-hinting=none', '--host-resolver-rules=MAP hub.test 127.0.0.1'],
  });
});

afterAll(async () => {
  await browser.close();
});

interface Open {
  page: Page;
  hub: FakeHub;
  /** What the page must not have: errors, violations of its policy. */
  faults: string[];
}

const open: { page: Page; hub: FakeHub; faults: string[]; mayFail: boolean }[] = [];

afterEach(async () => {
  for (const { page, hub, faults, mayFail } of open.splice(0)) {
    await page.context().close();
    await hub.stop();
    expect(mayFail ? faults.filter((fault) => !fault.includes('Failed to load resource') && !fault.includes('WebSocket')) : faults).toEqual([]);
  }
});

type HubOptions = ConstructorParameters<typeof FakeHub>[0];

export interface PageOptions extends BrowserContextOptions {
  hash?: string;
  settings?: Record<string, unknown>;
  /** The hub answers with errors, which the console repeats. */
  mayFail?: boolean;
  /** Before the first request. */
  prepare?: (hub: FakeHub) => void;
  /** Runs in the page before its own script. */
  watch?: () => void;
  /** Another name than 127.0.0.1, for pages without a secure context. */
  hostName?: string;
}

export async function visit(hubOptions: HubOptions = {}, options: PageOptions = {}): Promise<Open> {
  const { hash = '', settings = {}, mayFail = false, prepare, watch, hostName, ...context } = options;
  const hub = await new FakeHub(hubOptions).start();
  prepare?.(hub);
  const page = await (await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 }, ...context })).newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      faults.push(`console: ${message.text()}`);
    }
  });
  await page.addInitScript((kept) => {
    if (localStorage.getItem('wemol-hub-settings') === null) {
      localStorage.setItem('wemol-hub-settings', JSON.stringify(kept));
    }
  }, settings);
  if (watch !== undefined) {
    await page.addInitScript(watch);
  }
  open.push({ page, hub, faults, mayFail });
  await page.goto(`${hostName === undefined ? hub.url : hub.url.replace('127.0.0.1', hostName)}${hash}`);
  return { page, hub, faults };
}

/** Waits until the page shows hosts, or what stands in their place. */
export async function settled(page: Page): Promise<void> {
  await page.locator('[data-host], .empty, .login, .failure-banner, main .table, main form').first().waitFor();
}

export async function shot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${results}${name}.png`, animations: 'disabled' });
}

/** What was copied last; needs the permission to read the clipboard. */
export function clipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

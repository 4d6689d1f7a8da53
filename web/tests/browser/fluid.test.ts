/** How fast the page is with a hundred hosts of eight cards. It prints times and asserts none, as they hang on the
 *  machine: `scripts/web fluid`, while nothing else runs. WEMOL_FLUID_RUNS says how often. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { visit } from './support';

const runs = Number(process.env['WEMOL_FLUID_RUNS'] ?? 5);
const many = { hosts: 100, gpus: 8, processes: 30, interval: 5000 };

function summary(name: string, values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b).map(Math.round);
  return `${name.padEnd(40)} median ${sorted[Math.floor(sorted.length / 2)] ?? '–'} ms, highest ${sorted.at(-1) ?? '–'} ms (${sorted.length} runs)`;
}

interface Times {
  paint: number;
  firstCard: number;
  allCards: number;
}

/** Since the address was opened; the browser's cache is empty. */
async function timesOf(page: Page): Promise<Times> {
  await page.locator('.host-card').nth(99).waitFor();
  return page.evaluate(async () => {
    const { firstCard, allCards } = await (window as unknown as { cardsShown: Promise<{ firstCard: number; allCards: number }> }).cardsShown;
    return { paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN, firstCard, allCards };
  });
}

/** Notes in which frame the cards came. */
function watchCards(): void {
  (window as unknown as { cardsShown: unknown }).cardsShown = new Promise((resolve) => {
    let firstCard = Number.NaN;
    const look = (): void => {
      const count = document.getElementsByClassName('host-card').length;
      if (count > 0 && Number.isNaN(firstCard)) {
        firstCard = performance.now();
      }
      if (count >= 100) {
        resolve({ firstCard, allCards: performance.now() });
      } else {
        requestAnimationFrame(look);
      }
    };
    requestAnimationFrame(look);
  });
}

/** The longest task that blocked the page in the time, in milliseconds; 0 when none took 50. */
async function longestTask(page: Page, body: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    (window as { longTasks?: number[] }).longTasks = tasks;
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask', buffered: false });
  });
  await body();
  return page.evaluate(() => Math.max(0, ...((window as { longTasks?: number[] }).longTasks ?? [])));
}

describe('a hundred hosts with eight cards', () => {
  it('are there soon', async () => {
    const all: Times[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { page } = await visit(many, { watch: watchCards });
      all.push(await timesOf(page));
      await page.context().close();
    }
    console.log(summary('first paint', all.map((times) => times.paint)));
    console.log(summary('first card', all.map((times) => times.firstCard)));
    console.log(summary('all 100 cards', all.map((times) => times.allCards)));
    expect(all.length).toBe(runs);
  }, 300_000);

  for (const live of [true, false]) {
    it(`stay fluid (${live ? 'live' : 'polling'})`, async () => {
      const longest: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const { page } = await visit({ ...many, live }, { settings: { live, intervalMs: 2000 } });
        await page.locator('.host-card').nth(99).waitFor();
        await page.waitForTimeout(1500);
        longest.push(
          await longestTask(page, async () => {
            for (let turn = 0; turn < 8; turn += 1) {
              await page.mouse.move(600, 500);
              await page.mouse.wheel(0, 900);
              await page.waitForTimeout(700);
            }
          }),
        );
        await page.context().close();
      }
      console.log(summary(`longest task, scrolling, ${live ? 'live' : 'polling'}`, longest));
      expect(longest.length).toBe(runs);
    }, 300_000);
  }
});

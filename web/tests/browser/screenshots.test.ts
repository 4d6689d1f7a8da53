/** Pictures of every view, to be looked at: web/results/. They are compared with nothing. */
import { describe, it } from 'vitest';
import { settled, shot, visit } from './support';

const views: [string, string][] = [
  ['hosts', '#/hosts'],
  ['window', '#/window/gpu-02'],
  ['free', '#/free'],
  ['search', '#/search?q=python'],
  ['tasks', '#/tasks'],
  ['modules', '#/modules'],
  ['history', '#/history?host=gpu-01'],
  ['alerts', '#/alerts'],
  ['settings', '#/settings'],
];

const looks = [
  { name: 'light-en', colorScheme: 'light', locale: 'en-US' },
  { name: 'dark-en', colorScheme: 'dark', locale: 'en-US' },
  { name: 'light-zh', colorScheme: 'light', locale: 'zh-CN' },
  { name: 'dark-zh', colorScheme: 'dark', locale: 'zh-CN' },
  { name: 'phone-light-en', colorScheme: 'light', locale: 'en-US', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  { name: 'phone-dark-zh', colorScheme: 'dark', locale: 'zh-CN', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
] as const;

describe('pictures', () => {
  for (const { name, ...context } of looks) {
    it(name, async () => {
      const { page, hub } = await visit({ hosts: 11 }, context);
      await settled(page);
      hub.goOffline('gpu-05');
      await page.locator('.host-card.offline').waitFor();
      for (const [view, hash] of views) {
        await page.evaluate((to) => (window.location.hash = to), hash);
        await page.waitForTimeout(700);
        await shot(page, `${name}-${view}`);
      }
      await page.evaluate(() => (window.location.hash = '#/window/gpu-02'));
      await page.locator('.ant-segmented-item').nth(1).click();
      await page.locator('.gpu-card.detailed canvas').first().waitFor();
      await page.waitForTimeout(400);
      await shot(page, `${name}-detailed`);
    });
  }

  it('of the login, of a failed refresh, of a dialog, of a hundred hosts', async () => {
    const login = await visit({ hosts: 1, password: 'x' }, { mayFail: true });
    await settled(login.page);
    await shot(login.page, 'login');
    const failed = await visit({ hosts: 4, live: false }, { mayFail: true, settings: { intervalMs: 1000 } });
    await settled(failed.page);
    failed.hub.answers.set('api/gpu-stats', { status: 500, body: { status: 'error', message: 'disk full' } });
    await failed.page.locator('.failure-banner').waitFor();
    await shot(failed.page, 'failed');
    const dialog = await visit({ hosts: 1 }, { hash: '#/window' });
    await dialog.page.locator('.host-detail tbody .link.danger').first().click();
    await dialog.page.getByRole('dialog').waitFor();
    await shot(dialog.page, 'terminate');
    await dialog.page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await dialog.page.locator('.results strong').first().waitFor();
    await shot(dialog.page, 'terminated');
    const many = await visit({ hosts: 100 }, {});
    await many.page.locator('.host-card').nth(99).waitFor();
    await shot(many.page, 'hundred');
  });
});

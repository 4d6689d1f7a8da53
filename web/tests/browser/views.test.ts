/** Every sentence of what the page must do, in a real browser. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { hostName, reportOf } from '../fake-data.mjs';
import type { ViewName } from '../../src/app/routes';
import { en, type Texts } from '../../src/i18n/en';
import { zh } from '../../src/i18n/zh';
import { settled, visit } from './support';

const card = (page: Page, name: string) => page.locator(`.host-card[data-host="${name}"]`);
const level = async (page: Page, selector: string) => (await page.locator(selector).first().getAttribute('class')) ?? '';

/** One host whose figures a test sets. */
function report(gpu: Record<string, unknown> = {}, more: Record<string, unknown> = {}, info: Record<string, unknown> = {}): Record<string, unknown> {
  const base = reportOf(0, Date.now(), { gpus: 1, processes: 0 });
  return { ...base, gpu_data: [{ ...(base['gpu_data'] as Record<string, unknown>[])[0], ...gpu }], system_info: { ...(base['system_info'] as object), ...info }, ...more };
}

const process = (pid: number, name: string, cmdline = name, more: Record<string, unknown> = {}) => ({ pid, name, cmdline, username: 'lin', cpu_percent: 1, create_time: 1_795_800_000, is_gpu_process: true, gpu_id: 0, gpu_memory_usage: 100 * pid, ...more });

describe('the list', () => {
  it('has a compact card for each host: address, memory, CPU, disk, state, age', async () => {
    const { page } = await visit({ hosts: 3 });
    await settled(page);
    expect(await page.locator('.host-card').count()).toBe(3);
    const text = (await card(page, 'gpu-01').innerText()).replace(/\s+/g, ' ');
    expect(text).toMatch(/gpu-01 .*Online .*10\.20\.0\.4 .*(just now|\ds ago).* CPU \d[\d.]*% Memory \d[\d.]*% Disk \d[\d.]*%/);
    expect(await card(page, 'gpu-01').locator('.gpu-cell').count()).toBe(8);
  });

  it('shows used and total of memory and disk in a tooltip', async () => {
    const { page } = await visit({ hosts: 0 }, { prepare: (hub) => hub.machines.set('a', report({}, {}, { memory_used: 2 ** 33, memory_total: 2 ** 35, memory_percent: 25 })) });
    await settled(page);
    const meter = card(page, 'gpu-01').or(card(page, 'a')).locator('.meter').nth(1);
    await meter.hover();
    expect(await meter.evaluate((element) => getComputedStyle(element, '::after').content)).toBe('"8 GiB / 32 GiB"');
    expect(await meter.getAttribute('aria-label')).toBe('Memory 25%, 8 GiB / 32 GiB');
    const disk = card(page, 'a').locator('.meter').nth(2);
    expect(await disk.getAttribute('aria-label')).toMatch(/^Disk \d[\d.]*%, [\d.]+ TiB \/ 1\.7 TiB$/);
    await disk.focus();
    expect(await disk.evaluate((element) => getComputedStyle(element, '::after').content)).toContain('TiB / 1.7 TiB');
  });

  it('opens a card by a click anywhere on it, and by the keyboard', async () => {
    const { page } = await visit({ hosts: 2 });
    await settled(page);
    await card(page, 'gpu-01').click({ position: { x: 150, y: 12 } });
    await card(page, 'gpu-01').locator('.gpu-card').first().waitFor();
    const button = card(page, 'gpu-02').locator('.host-toggle');
    await button.focus();
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Enter');
    await card(page, 'gpu-02').locator('.gpu-card').first().waitFor();
    expect(await button.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('Space');
    await card(page, 'gpu-02').locator('.gpu-card').first().waitFor({ state: 'detached' });
  });

  it('says 在线, 离线, 刚刚 and n秒前 in Chinese', async () => {
    const { page, hub } = await visit({ hosts: 2 }, { locale: 'zh-CN', settings: { live: false } });
    await settled(page);
    expect(await card(page, 'gpu-01').innerText()).toMatch(/在线[^]*刚刚/);
    hub.frozen = true;
    hub.machines.set('gpu-02', report({}, { is_online: false }));
    hub.seen.set('gpu-02', Date.now() - 42_000);
    await page.reload();
    await page.locator('.host-card.offline').waitFor();
    expect(await card(page, 'gpu-02').innerText()).toMatch(/离线[^]*4\d秒前/);
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  it('gives each host its color, on every visit the same', async () => {
    const { page } = await visit({ hosts: 12 });
    await settled(page);
    const colors = () => page.locator('.host-card').evaluateAll((cards) => cards.map((each) => getComputedStyle(each, '::before').backgroundColor));
    const first = await colors();
    expect(new Set(first).size).toBe(12);
    await page.reload();
    await settled(page);
    expect(await colors()).toEqual(first);
  });

  it('greys and stripes a host that drops out, and takes it back', async () => {
    const { page, hub } = await visit({ hosts: 2 });
    await settled(page);
    hub.goOffline('gpu-02');
    await page.locator('.host-card.offline').waitFor();
    const look = await card(page, 'gpu-02').evaluate((element) => ({ image: getComputedStyle(element).backgroundImage, fill: getComputedStyle(element.querySelector('.meter-fill') as Element).backgroundColor }));
    expect(look.image).toContain('repeating-linear-gradient');
    const [r = 0, g = 0, b = 0] = (look.fill.match(/\d+/g) ?? []).map(Number);
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(30);
    expect(await card(page, 'gpu-02').innerText()).toContain('Offline');
    hub.set('gpu-02', reportOf(1, Date.now()));
    await page.locator('.host-card.offline').waitFor({ state: 'detached' });
    expect(await card(page, 'gpu-02').innerText()).toContain('Online');
  });

  it('filters and sorts', async () => {
    const { page } = await visit({ hosts: 12 });
    await settled(page);
    await page.getByLabel('Filter hosts').fill('gpu-1');
    await expect.poll(() => page.locator('.host-card').count()).toBe(3);
    await page.getByLabel('Filter hosts').fill('nothing');
    await page.getByText('No host matches the filter.').waitFor();
  });

  it('removes a host that is gone', async () => {
    const { page, hub } = await visit({ hosts: 2 });
    await settled(page);
    hub.goOffline('gpu-02');
    await page.locator('.host-card.offline .host-toggle').click();
    await page.getByRole('button', { name: 'Remove host' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove host' }).click();
    await card(page, 'gpu-02').waitFor({ state: 'detached' });
    expect(hub.requests.some((request) => request.method === 'DELETE' && request.path === 'api/hosts/gpu-02')).toBe(true);
  });

  it('tells how to begin when no host has reported', async () => {
    const { page } = await visit({ hosts: 0 });
    await page.getByText('wemol-hub enroll HOST').waitFor();
  });
});

describe('the window', () => {
  it('shows the first host that is online, with a menu of all', async () => {
    const { page } = await visit({ hosts: 3 }, { hash: '#/window', prepare: (hub) => hub.goOffline('gpu-01') });
    await page.locator('.host-window[data-host="gpu-02"]').waitFor();
    expect(await page.locator('.host-menu a').allInnerTexts()).toEqual(['gpu-01\nOffline', 'gpu-02', 'gpu-03']);
    await page.locator('.host-menu a', { hasText: 'gpu-03' }).click();
    await page.locator('.host-window[data-host="gpu-03"]').waitFor();
    expect(page.url()).toContain('#/window/gpu-03');
    await page.goBack();
    await page.locator('.host-window[data-host="gpu-02"]').waitFor();
  });

  it('can be the default view', async () => {
    const { page } = await visit({ hosts: 2 }, { settings: { defaultView: 'window' } });
    await page.locator('.host-window').waitFor();
  });
});

describe('a GPU card', () => {
  it.each([
    [81, 81, 80, 'full'],
    [80, 79, 79, 'full'],
    [50, 50, 60, 'high'],
    [20, 20, 59, 'some'],
    [19, 0, 20, 'low'],
  ])('colors a load of %d %%', async (utilization, memory, celsius, expected) => {
    const { page } = await visit({ hosts: 0 }, { hash: '#/window', prepare: (hub) => hub.machines.set('a', report({ utilization, memory_used: memory, memory_total: 100, temperature: celsius })) });
    await page.locator('.gpu-card.compact').waitFor();
    expect(await level(page, '.gpu-card .meter-fill')).toContain(`level-${expected}`);
    expect(await level(page, '.gpu-card .heat')).toContain(`level-${celsius >= 80 ? 'full' : celsius >= 60 ? 'some' : 'low'}`);
    expect((await page.locator('.gpu-card').innerText()).replace(/\s+/g, ' ')).toMatch(new RegExp(`${celsius} °C GPU ${utilization}% GPU memory ${memory}%`));
  });

  it('in detail has gauges, its processes and its last hour', async () => {
    const { page, hub } = await visit({ hosts: 1 }, { hash: '#/window' });
    await page.locator('.gpu-card.compact').first().waitFor();
    await page.getByText('Detailed').click();
    const first = page.locator('.gpu-card.detailed').first();
    await first.waitFor();
    expect(await first.locator('.gauge').count()).toBe(5);
    expect(await first.locator('section.processes').count()).toBe(1);
    await first.locator('.gpu-history canvas').waitFor();
    // A sight of the plot: the canvas has more than its ground.
    const drawn = () => first.locator('.gpu-history canvas').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
      return [...pixels].filter((value, index) => index % 4 === 3 && value > 0).length;
    });
    await expect.poll(drawn).toBeGreaterThan(200);
    // All cards share one question.
    expect(hub.requests.filter((request) => request.path === 'api/history').length).toBe(1);
    await page.reload();
    await page.locator('.gpu-card.detailed').first().waitFor();
  });
});

describe('the process table', () => {
  const withProcesses = (processes: unknown[]) => ({ hash: '#/window', prepare: (hub: { machines: Map<string, unknown> }) => hub.machines.set('gpu-01', report({ processes }, {}, { processes: [] })) });
  const rows = (page: Page) => page.locator('.host-detail section.processes tbody tr');

  it('filters by python at first, over name and command line, in any case', async () => {
    const { page } = await visit({ hosts: 0 }, withProcesses([process(20, 'Python3'), process(22, 'gmx', 'gmx mdrun'), process(24, 'bash', 'bash run_PYTHON.sh')]));
    await rows(page).first().waitFor();
    expect(await page.getByLabel('Filter by name and command line').inputValue()).toBe('python');
    expect(await rows(page).count()).toBe(2);
    await page.getByText('The filter hides 1.').waitFor();
    await page.getByLabel('Filter by name and command line').fill('MDRUN');
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.getByText('Clear the filter').click();
    await expect.poll(() => rows(page).count()).toBe(3);
  });

  it('has all columns, and sorts by them', async () => {
    const { page } = await visit({ hosts: 0 }, withProcesses([process(20, 'python'), process(22, 'python')]));
    await rows(page).first().waitFor();
    const heads = (await page.locator('.host-detail thead th').allInnerTexts()).map((text) => text.trim()).filter(Boolean);
    expect(heads).toEqual(['PID', 'Process', 'User', 'GPU', 'GPU memory', 'CPU', 'Started', 'Action']);
    expect(await rows(page).locator('.cell-pid').allInnerTexts()).toEqual(['22', '20']);
    await page.getByRole('button', { name: 'GPU memory' }).click();
    expect(await rows(page).locator('.cell-pid').allInnerTexts()).toEqual(['20', '22']);
  });

  it('terminates one after asking, and shows what became of it', async () => {
    const { page, hub } = await visit({ hosts: 0 }, withProcesses([process(20, 'python'), process(21, 'python')]));
    await rows(page).first().waitFor();
    await page.getByRole('button', { name: 'Terminate 21 python' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.ant-modal-confirm-title', { hasText: 'Terminate 1 process on gpu-01?' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(hub.requests.some((request) => request.path === 'api/kill-processes')).toBe(false);
    await page.getByRole('button', { name: 'Terminate 21 python' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.locator('.ant-modal-confirm-title', { hasText: '0 of 1 terminated' }).waitFor();
    await page.locator('.results').getByText('not permitted').waitFor();
    const sent = JSON.parse(hub.requests.find((request) => request.path === 'api/kill-processes')?.body ?? '{}') as unknown;
    expect(sent).toEqual({ hostname: 'gpu-01', pids: [21], processes: [{ pid: 21, create_time: 1_795_800_000 }] });
  });

  it('terminates a selection, with its count and a result for each', async () => {
    const { page } = await visit({ hosts: 0 }, withProcesses([process(20, 'python'), process(21, 'python'), process(22, 'python')]));
    await rows(page).first().waitFor();
    await page.getByLabel('Select 20 python').check();
    await page.getByRole('button', { name: 'Terminate 1 selected' }).waitFor();
    await page.getByLabel('Select all shown').check();
    await page.getByRole('button', { name: 'Terminate 3 selected' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.locator('.ant-modal-confirm-title', { hasText: '2 of 3 terminated' }).waitFor();
    expect(await page.locator('.results .result-done').count()).toBe(2);
    expect(await page.locator('.results .result-failed').innerText()).toContain('21');
  });

  it.each([
    [404, '目标主机不在线', 'The host is not connected.'],
    [403, 'terminating is off', 'terminating is off'],
    [500, 'broken', 'status 500'],
  ])('tells a refusal with status %d', async (status, message, shown) => {
    const { page } = await visit({ hosts: 0 }, { ...withProcesses([process(20, 'python')]), mayFail: true, prepare: (hub) => {
      hub.machines.set('gpu-01', report({ processes: [process(20, 'python')] }));
      hub.answers.set('api/kill-processes', { status, body: { status: 'error', message } });
    } });
    await rows(page).first().waitFor();
    await page.getByRole('button', { name: 'Terminate 20 python' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
    await page.getByText(shown).waitFor();
  });

  it('never offers pid 1', async () => {
    const { page } = await visit({ hosts: 0 }, withProcesses([process(1, 'python-init'), process(20, 'python')]));
    await rows(page).first().waitFor();
    expect(await page.getByRole('button', { name: 'Terminate 1 python-init' }).isDisabled()).toBe(true);
    await page.getByLabel('Select all shown').check();
    await page.getByRole('button', { name: 'Terminate 1 selected' }).waitFor();
  });
});

describe('search', () => {
  it('goes over the processes of all hosts', async () => {
    const { page } = await visit({ hosts: 3 }, {
      hash: '#/search',
      prepare: (hub) => {
        for (const [index, name] of ['x', 'y'].entries()) {
          hub.machines.set(name, report({ processes: [process(3000 + index, 'needle', 'needle --in hay')] }));
        }
      },
    });
    await page.getByLabel('Search the processes of all hosts').fill('NEEDLE');
    await page.getByText('2 processes found').waitFor();
    expect((await page.locator('tbody .cell-host').allInnerTexts()).sort()).toEqual(['x', 'y']);
    expect(page.url()).toContain('q=NEEDLE');
    await page.getByLabel('Search the processes of all hosts').fill('3001');
    await page.getByText('1 process found').waitFor();
  });
});

describe('which card is free', () => {
  it('is answered by memory and count', async () => {
    const gpu = (id: number, used: number, utilization = 0) => ({ id, name: 'A100', uuid: `GPU-${id}`, memory_used: used, memory_total: 81_920, utilization, temperature: 40 });
    const { page } = await visit({ hosts: 0 }, {
      hash: '#/free',
      permissions: ['clipboard-read', 'clipboard-write'],
      prepare: (hub) => {
        hub.machines.set('two', report({}, { gpu_data: [gpu(0, 0), gpu(1, 0), gpu(2, 80_000)] }));
        hub.machines.set('one', report({}, { gpu_data: [gpu(0, 0), gpu(1, 0, 99)] }));
        hub.machines.set('away', report({}, { gpu_data: [gpu(0, 0)], is_online: false }));
      },
    });
    await page.getByText('3 cards on 2 hosts').waitFor();
    await page.getByLabel('Cards on one host').fill('2');
    await page.getByText('2 cards on 1 host').waitFor();
    expect(await page.locator('.offer').getAttribute('data-host')).toBe('two');
    await page.getByRole('button', { name: /CUDA_VISIBLE_DEVICES/ }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('CUDA_VISIBLE_DEVICES=GPU-0,GPU-1');
    await page.getByLabel('Free memory per card').fill('100');
    await page.getByText('No host has that now.').waitFor();
  });
});

describe('screen and docker', () => {
  const options = { hash: `#/window/${hostName(0)}`, permissions: ['clipboard-read', 'clipboard-write'] };
  const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

  it('copies screen -R, and asks first when somebody is attached', async () => {
    const { page } = await visit({ hosts: 1 }, options);
    await page.getByRole('tab', { name: /Sessions/ }).click();
    await page.getByRole('button', { name: 'Copy: screen -R train' }).click();
    await page.getByText('Copied').waitFor();
    expect(await copied(page)).toBe('screen -R train');
    await page.getByRole('button', { name: 'Copy: screen -x data.prep' }).click();
    await page.getByRole('dialog').locator('.ant-modal-confirm-title', { hasText: 'is attached elsewhere' }).waitFor();
    expect(await copied(page)).toBe('screen -R train');
    await page.getByRole('button', { name: 'Copy the command to join' }).click();
    await expect.poll(() => copied(page)).toBe('screen -x data.prep');
    await page.getByRole('button', { name: 'Copy: tmux attach -t monitor' }).waitFor();
  });

  it('shows running containers only and copies docker exec', async () => {
    const { page } = await visit({ hosts: 1 }, options);
    await page.getByRole('tab', { name: /Containers/ }).click();
    await page.locator('.host-detail tbody tr').first().waitFor();
    expect(await page.locator('.host-detail tbody tr').count()).toBe(2);
    expect(await page.locator('.host-detail tbody').innerText()).not.toContain('old-eval');
    await page.getByRole('button', { name: 'Copy: docker exec -it 3f9c2a81d04e7b6512aa90cd bash' }).click();
    await expect.poll(() => copied(page)).toBe('docker exec -it 3f9c2a81d04e7b6512aa90cd bash');
  });

  it('copies without HTTPS', async () => {
    // A name that is not local makes the context insecure; the browser resolves it to the fake hub.
    const { page } = await visit({ hosts: 1 }, { hash: options.hash, hostName: 'hub.test' });
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    await page.getByRole('tab', { name: /Sessions/ }).click();
    await page.getByRole('button', { name: 'Copy: screen -R train' }).click();
    await page.getByText('Copied').waitFor();
    // What was copied is pasted, as there is no API to read it here.
    await page.getByRole('tab', { name: /Processes/ }).click();
    const field = page.getByLabel('Filter by name and command line').last();
    await field.fill('');
    await field.press('Control+V');
    expect(await field.inputValue()).toBe('screen -R train');
  });
});

describe('history, modules, tasks and alerts', () => {
  it('shows figures over time, zooms, and goes from 1 h to 90 d', async () => {
    const { page, hub } = await visit({ hosts: 2 }, { hash: '#/history?host=gpu-02' });
    await page.locator('.plot canvas').waitFor();
    expect(await page.locator('.legend-entry').count()).toBe(8);
    const box = (await page.locator('.plot .u-over').boundingBox()) as { x: number; y: number; width: number; height: number };
    const before = await page.locator('.plot').getAttribute('aria-label');
    await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.locator('.plot').getAttribute('aria-label')).not.toBe(before);
    expect(await page.locator('.ant-segmented-item-selected').count()).toBe(0);
    await page.locator('.plot .u-over').dblclick();
    await page.locator('.ant-segmented-item-selected', { hasText: '1 h' }).waitFor();
    await page.getByText('90 d', { exact: true }).click();
    await expect.poll(() => hub.requests.filter((request) => request.path === 'api/history').length).toBeGreaterThan(2);
    await page.locator('.plot canvas').waitFor();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.locator('.plot canvas').waitFor();
  });

  it.each([
    ['Host memory', 'system.memory.usage_percent', ['gpu-02']],
    ['Task GPU memory', 'container.*.gpu.*.task_memory_used_bytes', ['gromacs_md_t-20931, GPU 0', 'alphafold_t-20944, GPU 0']],
  ])('has figures of the host and of tasks: %s', async (name, metric, lines) => {
    const { page, hub } = await visit({ hosts: 2 }, { hash: '#/history?host=gpu-02' });
    await page.locator('.plot canvas').waitFor();
    await page.getByLabel('Figure').click();
    await page.locator('.ant-select-item-option', { hasText: name }).first().click();
    await expect.poll(() => page.locator('.legend-entry').allInnerTexts()).toEqual(lines);
    expect(hub.requests.some((request) => request.path === 'api/history' && request.query.get('metric') === metric && request.query.get('host') === 'gpu-02')).toBe(true);
  });

  it('says so when the hub keeps none', async () => {
    const { page } = await visit({ hosts: 1 }, { hash: '#/history', mayFail: true, prepare: (hub) => hub.answers.set('api/history', { status: 404, body: { status: 'error', message: 'no such metric' } }) });
    await page.getByText('no such metric').waitFor();
  });

  it('shows the figures of wemol-report', async () => {
    const { page } = await visit({ hosts: 1 }, { hash: '#/modules' });
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(5);
    expect(await page.locator('.bars li').count()).toBe(5);
    expect(await page.locator('.spread').first().getAttribute('aria-label')).toMatch(/median .* p95 .* highest/);
  });

  it('shows tasks with module and job', async () => {
    const { page } = await visit({ hosts: 3 }, { hash: '#/tasks' });
    await page.locator('tbody tr').first().waitFor();
    expect(await page.locator('tbody tr').count()).toBe(6);
    await page.getByLabel('Filter tasks').fill('boltz');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(2);
    expect(await page.locator('tbody .cell-job').first().innerText()).toContain('job-7');
    expect(await page.locator('tbody .cell-module').first().innerText()).toBe('boltz');
  });

  it('shows a task that begins, and drops one that ends', async () => {
    const task = (id: string) => ({ hosts: [{ hostname: 'gpu-01', is_online: true, tasks: [{ task_id: id, name: id }] }] });
    const { page, hub } = await visit({ hosts: 1 }, { hash: '#/tasks', settings: { intervalMs: 1000 }, prepare: (fake) => fake.answers.set('api/tasks', { body: task('t-1') }) });
    await page.getByText('t-1').first().waitFor();
    hub.answers.set('api/tasks', { body: task('t-2') });
    await page.getByText('t-2').first().waitFor();
    await page.getByText('t-1').first().waitFor({ state: 'detached' });
  });

  it('shows alerts: threshold, duration, whom they tell', async () => {
    const { page } = await visit({ hosts: 2 }, { hash: '#/alerts' });
    await page.getByRole('heading', { name: 'Now' }).waitFor();
    expect((await page.locator('main').innerText()).replace(/\s+/g, ' ')).toMatch(/gpu\.\*\.temp > 85 2 min \* webhook, command/);
    await page.locator('.side-nav .badge').waitFor();
  });
});

describe('settings', () => {
  it('are kept, and hold from then on', async () => {
    const { page } = await visit({ hosts: 1 }, { hash: '#/settings' });
    const interval = page.getByLabel('Refresh interval (ms)');
    expect(await interval.inputValue()).toBe('5000');
    await interval.fill('500');
    await interval.blur();
    await expect.poll(() => interval.inputValue()).toBe('1000');
    await page.getByText('One host').click();
    await page.getByText('中文').click();
    await page.getByText('深色').click();
    await page.goto(`${page.url().replace(/#.*/, '')}#/`);
    await page.reload();
    await page.locator('.host-window').waitFor();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    expect(await page.evaluate(() => localStorage.getItem('wemol-hub-settings'))).toContain('"intervalMs":1000');
  });

  it('lead to another server', async () => {
    const other = await visit({ hosts: 2, foreign: true });
    await settled(other.page);
    const { page } = await visit({ hosts: 1, live: false }, { hash: '#/settings', mayFail: true });
    await page.getByLabel('API address').fill('not an address');
    await page.getByText('Not an address.').waitFor();
    await page.getByLabel('API address').fill(other.hub.url);
    await page.getByLabel('API address').blur();
    await page.evaluate(() => (window.location.hash = '#/hosts'));
    await page.locator('.host-card').nth(1).waitFor();
    await page.locator('.live-state.on').waitFor();
    await page.reload();
    await page.locator('.host-card').nth(1).waitFor();
  });
});

/** Every text of the page: what is written, what is said, what a pointer shows. */
function textsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        found.push(...['aria-label', 'title', 'placeholder', 'data-title', 'data-tip'].map((name) => node.getAttribute(name) ?? ''));
      } else {
        found.push(node.textContent ?? '');
      }
    }
    return found.map((text) => text.trim()).filter((text) => text !== '');
  });
}

describe('both languages', () => {
  // What both say alike, such as CPU, cannot be told apart.
  const wordsOf = (own: Texts, other: Texts): Set<string> =>
    new Set(
      [...Object.entries(own), ...Object.entries(own.metricNames)].flatMap(([key, text]) => {
        const there: unknown = key in other ? other[key as keyof Texts] : other.metricNames[key];
        return typeof text === 'string' && text !== there ? [text] : [];
      }),
    );

  it.each([
    ['zh-CN', zh, en],
    ['en-US', en, zh],
  ] as const)('do not mix in any view: %s', async (locale, own, other) => {
    const foreign = wordsOf(other, own);
    const native = wordsOf(own, other);
    const { page } = await visit({ hosts: 2 }, { locale });
    await settled(page);
    for (const view of ['hosts', 'window', 'free', 'search?q=python', 'tasks', 'modules', 'history', 'alerts', 'settings']) {
      await page.evaluate((to) => (window.location.hash = to), `#/${view}`);
      await page.locator(`main[aria-label="${own[view.replace(/\?.*/, '') as ViewName]}"]`).waitFor();
      await expect.poll(() => page.locator('main').textContent()).not.toContain(`${own.loading}…`);
      const texts = await textsOf(page);
      expect(texts.filter((text) => foreign.has(text)), view).toEqual([]);
      expect(texts.filter((text) => native.has(text)).length, view).toBeGreaterThan(10);
    }
  });

  it('follow the browser, and change by a button', async () => {
    const { page } = await visit({ hosts: 1 }, { locale: 'zh-TW' });
    await settled(page);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('Online', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('Online', { exact: true }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });
});

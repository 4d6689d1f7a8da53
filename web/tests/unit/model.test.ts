import { describe, expect, it } from 'vitest';
import { readAlerts } from '../../src/model/alerts';
import { HostColors, hues } from '../../src/model/colors';
import { attachCommand, execCommand, shellWord, visibleDevices } from '../../src/model/commands';
import { bytesText, durationText, mebibytesText, numberText, percentText, timeText } from '../../src/model/format';
import { findFree } from '../../src/model/free';
import { historyPath, metrics, readHistory, stepFor } from '../../src/model/history';
import { compareNames, matchesText, processesOf, searchProcesses, summarize } from '../../src/model/hosts';
import { readKillResults } from '../../src/model/kills';
import { heatLevel, loadLevel } from '../../src/model/levels';
import { readModules } from '../../src/model/modules';
import { readHost } from '../../src/model/report';
import { readTasks } from '../../src/model/tasks';
import type { Container, Gpu, Host, Process, Session } from '../../src/model/types';
import { alertsDocument, historyDocument, modulesDocument, tasksOf } from '../fake-data.mjs';

const now = Date.parse('2026-11-28T05:00:00Z');

function hostWith(name: string, gpus: Record<string, unknown>[], more: Record<string, unknown> = {}): Host {
  return readHost(name, { is_online: true, gpu_data: gpus, ...more }, now);
}

describe('levels', () => {
  it.each([
    [null, 'unknown'],
    [0, 'low'],
    [19.9, 'low'],
    [20, 'some'],
    [49.9, 'some'],
    [50, 'high'],
    [79.9, 'high'],
    [80, 'full'],
    [100, 'full'],
  ])('%j %% is %s', (percent, level) => {
    expect(loadLevel(percent)).toBe(level);
  });
  it.each([
    [null, 'unknown'],
    [59, 'low'],
    [60, 'some'],
    [79, 'some'],
    [80, 'full'],
  ])('%j °C is %s', (celsius, level) => {
    expect(heatLevel(celsius)).toBe(level);
  });
});

describe('texts', () => {
  it('show – for unknown', () => {
    expect([percentText(null), numberText(null), bytesText(null), mebibytesText(null), durationText(null), timeText(null, now), timeText(NaN, now)]).toEqual(Array(7).fill('–'));
  });
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1_048_570, '1 MiB'],
    [80 * 2 ** 30, '80 GiB'],
    [1.5 * 2 ** 40, '1.5 TiB'],
    [2 ** 62, '4096 PiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
  it.each([
    [0, '0%'],
    [0.04, '0.0%'],
    [9.96, '10.0%'],
    [12.4, '12%'],
    [100, '100%'],
    [1580, '1580%'],
  ])('%d is %s', (value, text) => {
    expect(percentText(value)).toBe(text);
  });
  it.each([
    [8, '8 s'],
    [3600, '1 h'],
    [5400, '1 h 30 min'],
    [90_000, '1 d 1 h'],
    [7_776_000, '90 d'],
  ])('%d s are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('which card is free', () => {
  const card = (id: number, used: number, total: number, utilization: number | null) => ({ id, memory_used: used, memory_total: total, utilization });
  const hosts = [
    hostWith('a', [card(0, 0, 81_920, 0), card(1, 70_000, 81_920, 0), card(2, 0, 81_920, 95)]),
    hostWith('b', [card(0, 100, 24_564, 1), card(1, 0, 24_564, 0), card(2, 24_000, 24_564, 0)]),
    hostWith('c', [card(0, 0, 81_920, 0)], { is_online: false }),
    hostWith('d', [{ id: 0, utilization: 0 }]),
  ];
  const names = (memoryMb: number, count: number, busyFromPercent = 10) => findFree(hosts, { memoryMb, count, busyFromPercent }).map((offer) => [offer.host.name, offer.cards.map((gpu) => gpu.index)]);

  it('goes by memory', () => {
    expect(names(40_000, 1)).toEqual([['a', [0]]]);
    expect(names(8000, 1)).toEqual([['b', [1, 0]], ['a', [0, 1]]].sort((x, y) => (y[1] as number[]).length - (x[1] as number[]).length || String(x[0]).localeCompare(String(y[0]))));
  });
  it('goes by count on one host', () => {
    expect(names(20_000, 2)).toEqual([['b', [1, 0]]]);
    expect(names(20_000, 3)).toEqual([]);
  });
  it('leaves out busy cards unless any will do', () => {
    expect(names(80_000, 2, 101)).toEqual([['a', [0, 2]]]);
  });
  it('takes unknown for not free, and offers no host that is offline', () => {
    expect(names(0, 1).map(([name]) => name)).toEqual(['b', 'a']);
  });
  it('offers no card that a job of wemol-queue holds', () => {
    const held = [hostWith('e', [{ ...card(0, 0, 81_920, 0), queue_job: { user: 'lin', queue: '1', job: 17 } }, { ...card(1, 0, 81_920, 0), queue_job: null }])];
    expect(findFree(held, { memoryMb: 1, count: 1, busyFromPercent: 10 }).map((offer) => offer.cards.map((gpu) => gpu.index))).toEqual([[1]]);
  });
  it('asks for one card at least', () => {
    expect(names(0, 0).every(([, cards]) => (cards as number[]).length > 0)).toBe(true);
  });
});

describe('commands', () => {
  const session = (part: Partial<Session>): Session => ({ key: '', kind: 'screen', pid: '48', name: 'train', state: 'detached', status: null, ...part });
  const container = (part: Partial<Container>): Container => ({ key: '', id: 'abc', name: 'n', image: null, status: null, running: true, cpuPercent: null, memoryUsedBytes: null, gpus: null, taskId: null, module: null, ...part });

  it('for screen', () => {
    expect(attachCommand(session({}), false)).toBe('screen -R train');
    expect(attachCommand(session({ state: 'attached' }), true)).toBe('screen -x train');
    expect(attachCommand(session({ name: 'data.prep' }), false)).toBe('screen -R data.prep');
    expect(attachCommand(session({ kind: 'tmux', pid: null }), false)).toBe('tmux attach -t train');
  });
  it('name a session by its pid where the name is not enough', () => {
    expect(attachCommand(session({}), false, true)).toBe('screen -R 48.train');
    expect(attachCommand(session({ name: '-rf' }), false)).toBe('screen -R 48.-rf');
    expect(attachCommand(session({ name: '-rf', pid: null }), false)).toBeNull();
  });
  it('run nothing that a name smuggles in', () => {
    expect(attachCommand(session({ name: 'a; rm -rf ~' }), false)).toBe("screen -R 'a; rm -rf ~'");
    expect(attachCommand(session({ name: "it's $(id)" }), false)).toBe(`screen -R 'it'\\''s $(id)'`);
    expect(shellWord('')).toBe("''");
    expect(shellWord('ok-1.2_x')).toBe('ok-1.2_x');
    expect(shellWord('~root')).toBe("'~root'");
  });
  it('are not offered where the name is not whole, or the session is dead', () => {
    expect(attachCommand(session({ name: 'a\ufffdb' }), false)).toBeNull();
    expect(attachCommand(session({ name: null }), false)).toBeNull();
    expect(attachCommand(session({ state: 'dead' }), false)).toBeNull();
  });
  it('for docker', () => {
    expect(execCommand(container({}))).toBe('docker exec -it abc bash');
    expect(execCommand(container({ id: null }))).toBe('docker exec -it n bash');
    expect(execCommand(container({ running: false }))).toBeNull();
    expect(execCommand(container({ id: '--privileged' }))).toBeNull();
    expect(execCommand(container({ id: 'a b;id' }))).toBeNull();
  });
  it('for CUDA, by uuid where there is one', () => {
    const gpu = (index: number | null, uuid: string | null): Gpu => ({ ...(hostWith('x', [{}]).gpus?.[0] as Gpu), index, uuid });
    expect(visibleDevices([gpu(0, 'GPU-1'), gpu(3, 'GPU-2')])).toBe('CUDA_VISIBLE_DEVICES=GPU-1,GPU-2');
    expect(visibleDevices([gpu(0, null), gpu(3, 'GPU-2')])).toBe('CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0,3');
    expect(visibleDevices([gpu(0, '$(id)')])).toBe('CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=0');
    expect(visibleDevices([gpu(null, null)])).toBeNull();
    expect(visibleDevices([])).toBeNull();
  });
});

describe('colors of hosts', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `gpu-${index}`);
  it('are the same on every visit', () => {
    const first = new HostColors();
    first.assign(names(40));
    const second = new HostColors(first.known());
    second.assign([...names(40), 'another']);
    expect(names(40).map((name) => second.hue(name))).toEqual(names(40).map((name) => first.hue(name)));
  });
  it('are distinct as long as there are enough, and even beyond', () => {
    const colors = new HostColors();
    colors.assign(names(hues.length));
    expect(new Set(names(hues.length).map((name) => colors.hue(name))).size).toBe(hues.length);
    colors.assign(names(hues.length * 3));
    const counts = hues.map((hue) => names(hues.length * 3).filter((name) => colors.hue(name) === hue).length);
    expect(counts.every((count) => count === 3)).toBe(true);
  });
  it('do not hang on the order in which hosts come', () => {
    const one = new HostColors();
    const other = new HostColors();
    one.assign(names(10));
    other.assign(names(10).reverse());
    expect(names(10).map((name) => one.hue(name))).toEqual(names(10).map((name) => other.hue(name)));
  });
  it('take nothing that was kept wrongly', () => {
    const colors = new HostColors({ a: -1, b: 1e9, c: 'x' as unknown as number, d: 2 });
    expect(hues).toContain(colors.hue('a'));
    expect(colors.hue('d')).toBe(hues[2]);
  });
});

describe('all hosts', () => {
  const processes = (pids: number[], name = 'python') => pids.map((pid) => ({ pid, name, cmdline: `${name} job${pid}.py`, username: 'lin', is_gpu_process: true, gpu_id: 0 }));
  const host = hostWith('a', [{ id: 0, utilization: 1, memory_used: 1, memory_total: 100, processes: processes([5, 6]) }, { id: 1, utilization: 99, memory_used: 50, memory_total: 100, processes: processes([5]) }], {
    system_info: { processes: [...processes([5, 6]), { pid: 7, name: 'sshd', username: 'root' }] },
  });

  it('sort as people count', () => {
    expect(['gpu-10', 'gpu-2', 'GPU-1', 'b'].sort(compareNames)).toEqual(['b', 'GPU-1', 'gpu-2', 'gpu-10']);
  });
  it('are summed up without those that are offline', () => {
    const away = hostWith('b', [{ id: 0, memory_used: 1, memory_total: 1 }], { is_online: false });
    expect(summarize([host, away])).toEqual({ hosts: 2, online: 1, gpus: 2, idleGpus: 1, memoryUsedMb: 51, memoryTotalMb: 200 });
  });
  it('list a process once for each GPU, and those without a GPU', () => {
    const all = processesOf(host);
    expect(all.map((process) => process.pid).sort()).toEqual([5, 5, 6, 7]);
    expect(new Set(all.map((process) => process.key)).size).toBe(4);
  });
  it('are searched by name, command, user and pid', () => {
    const pids = (text: string) => searchProcesses([host], text, 10).found.map((found) => found.process.pid);
    expect(pids('JOB6')).toEqual([6]);
    expect(pids('root')).toEqual([7]);
    expect(pids('7')).toEqual([7]);
    expect(pids('python lin job5')).toEqual([5, 5]);
    expect(pids('   ')).toEqual([]);
  });
  it('say how many there are beyond what is shown', () => {
    const { found, total } = searchProcesses([host], 'python', 1);
    expect([found.length, total]).toEqual([1, 3]);
  });
  it('filter by name and command line only, in any case', () => {
    const process = processesOf(host)[0] as Process;
    expect([matchesText(process, 'PYTHON'), matchesText(process, 'lin'), matchesText(process, ''), matchesText({ ...process, name: null, command: null }, 'x')]).toEqual([true, false, true, false]);
  });
});

describe('what became of processes', () => {
  it('is told for each that was asked for', () => {
    const results = readKillResults({ results: [{ pid: 2, status: 'success', message: '进程 2 已终止' }, { pid: 3, status: 'error', message: 'x' }, { pid: 9, status: 'success' }, 7] }, [2, 3, 4]);
    expect(results).toEqual([
      { pid: 2, outcome: 'done', reason: 'ended', message: '进程 2 已终止' },
      { pid: 3, outcome: 'failed', reason: null, message: 'x' },
      { pid: 4, outcome: 'unknown', reason: null, message: null },
    ]);
  });
  it.each([
    ['进程 3 不存在', 'missing'],
    ['没有权限终止进程 3', 'denied'],
    ['进程 3 尚未结束', 'lasts'],
    ['没有收到进程 3 的结果', 'silent'],
    ['进程 3 不存在?', null],
  ])('has its reason in the language of the page: %s', (message, reason) => {
    expect(readKillResults({ results: [{ pid: 3, status: 'error', message }] }, [3])[0]?.reason).toBe(reason);
  });
  it('is unknown for an old server, which does not say', () => {
    expect(readKillResults({ status: 'success', message: '命令已发送到客户端' }, [2])).toEqual([{ pid: 2, outcome: 'unknown', reason: null, message: null }]);
    expect(readKillResults(null, [2])[0]?.outcome).toBe('unknown');
  });
});

describe('history', () => {
  it('is read', () => {
    const history = readHistory(historyDocument('gpu-01', 'gpu.*.gpu', 1000, 2000, 10, 2), 'gpu-01');
    expect(history?.series.map((series) => [series.label, series.gpuIndex])).toEqual([
      ['GPU 0', 0],
      ['GPU 1', 1],
    ]);
    expect(history?.series.every((series) => series.values.length === history.times.length)).toBe(true);
  });
  it('has a gap where steps are missing, and the extent of lowest and highest', () => {
    const history = readHistory({ step: 10, series: [{ metric: 'gpu.3.temp', points: [[10, 1, 2, 3], [20, 2, 4, 9], [60, 0, 6, 7]] }] }, 'h');
    expect(history).toEqual({ times: [10, 20, 30, 60], series: [{ label: 'GPU 3', gpuIndex: 3, values: [2, 4, null, 6], min: 0, mean: 4, max: 9, last: 6 }] });
  });
  it('puts series of different times on one axis', () => {
    const history = readHistory({ step: 10, series: [{ metric: 'a', points: [[20, 1, 1, 1]] }, { metric: 'b', points: [[10, 2, 2, 2]] }, { metric: 'c', points: [] }] }, 'h');
    expect(history?.times).toEqual([10, 20]);
    expect(history?.series.map((series) => series.values)).toEqual([[null, 1], [2, null], [null, null]]);
    expect(history?.series[2]).toMatchObject({ min: null, mean: null, max: null, last: null });
  });
  it('names its series by GPU, container or host', () => {
    const labels = ['gpu.11.gpu', 'container.t_7.cpu_percent', 'container.t_7.gpu.2.task_memory_used_bytes', 'system.cpu.usage_percent', '<b>'].map((metric) => readHistory({ series: [{ metric, points: [] }] }, 'h')?.series[0]?.label);
    expect(labels).toEqual(['GPU 11', 't_7', 't_7, GPU 2', 'h', 'h']);
  });
  it('leaves out what is no point and no series', () => {
    const history = readHistory({ step: 'x', series: [null, 3, {}, { metric: 4 }, { metric: 'a', points: [null, [], [1, 2], ['1', 1, 1, 1], [10, 1, 1, null], [20, 1, 1, 1]] }] }, 'h');
    expect(history).toMatchObject({ times: [20], series: [{ values: [1] }] });
  });
  it('is none where the answer is none', () => {
    for (const answer of [null, [], {}, { series: {} }, 'x']) {
      expect(readHistory(answer, 'h')).toBeNull();
    }
  });
  it('asks for a host of any name', () => {
    expect(historyPath('a&b', 'gpu.*.gpu', 1, 2, 10)).toBe('api/history?host=a%26b&metric=gpu.*.gpu&from=1&to=2&step=10');
    expect(new Set(metrics.map((metric) => metric.id)).size).toBe(metrics.length);
  });
  it('has about as many points as can be seen', () => {
    for (const range of [3600, 21_600, 86_400, 604_800, 2_592_000, 7_776_000]) {
      expect(range / stepFor(range)).toBeGreaterThan(250);
      expect(range / stepFor(range)).toBeLessThanOrEqual(600);
    }
    expect(stepFor(120)).toBe(10);
  });
});

describe('tasks, modules and alerts', () => {
  it('are read', () => {
    expect(readTasks(tasksOf(['a', 'b']))?.[0]).toMatchObject({ host: 'a', online: true, taskId: 't-20900', module: 'gromacs_md', jobId: 'job-700' });
    expect(readModules(modulesDocument())?.[0]).toMatchObject({ name: 'gromacs_md', runs: 412, memoryPeakBytes: { p50: 9.1e9 } });
    expect(readAlerts(alertsDocument(['a'], now))).toMatchObject({ rules: [{ above: 85, forSeconds: 120, webhook: true }, {}, { above: null }], alerts: [{ host: 'a', firing: true }, { gpu: 3, firing: false }] });
  });
  it.each([[null], [[]], ['x'], [{}], [{ hosts: 3, modules: 'x', rules: {}, alerts: null }]])('are none in %j', (answer) => {
    expect([readTasks(answer), readModules(answer), readAlerts(answer)]).toEqual([null, null, null]);
  });
  it('bear any element', () => {
    const odd = [null, 3, 'x', [], {}, { module_name: {}, gpu_models: [3, 'a'], targets: 'x', gpus: [null, {}], since: 'x', run_time_seconds: 4 }];
    expect(readTasks({ hosts: [...odd, { hostname: 'h', tasks: odd }] })?.length).toBe(2);
    expect(readModules({ modules: odd })?.[1]).toMatchObject({ name: null, gpuModels: ['a'], runTimeSeconds: { p50: null } });
    expect(readAlerts({ rules: odd, alerts: odd })).toMatchObject({ rules: [{}, { name: null }], alerts: [{}, { firing: true }] });
  });
});

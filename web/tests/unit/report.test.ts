import { describe, expect, it } from 'vitest';
import { parseJson, parseTime, printable } from '../../src/model/read';
import { machinesOf, readHost } from '../../src/model/report';
import { reportOf } from '../fake-data.mjs';

const now = Date.parse('2026-11-28T05:00:00Z');

/** As the old collector sends it, with all that it knows. */
function oldReport(): Record<string, unknown> {
  return {
    hostname: 'gpu-01',
    timestamp: '2026-11-28T04:59:58.123456',
    gpu_data: [
      {
        id: 0,
        name: 'NVIDIA A100',
        temperature: 61,
        memory_used: 20480,
        memory_total: 81920,
        utilization: 83,
        processes: [
          { pid: 4242, name: 'python', cmdline: 'python train.py', cpu_percent: 99.5, memory_percent: 3.2, create_time: 1795840000.25, status: 'running', username: 'lin', is_gpu_process: true, gpu_memory_usage: 20000, gpu_id: 0 },
        ],
      },
    ],
    system_info: {
      cpu_percent: 12.5,
      memory_total: 1000,
      memory_used: 250,
      memory_percent: 25,
      disk_total: 2000,
      disk_used: 1000,
      disk_percent: 50,
      ip_address: '10.0.0.4',
      screen_sessions: [{ pid: '123', name: 'train', status: 'Detached' }],
      docker_containers: [{ id: 'abc123', name: '/web', status: 'running', image: 'nginx', memoryUsage: 1024, gpuDevices: '[0,1]' }],
      processes: [{ pid: 1, name: 'init', cmdline: '', cpu_percent: 0, memory_percent: 0, create_time: 1795000000, status: 'sleeping', username: 'root', is_gpu_process: false, gpu_memory_usage: 0, gpu_id: null }],
    },
    is_online: true,
  };
}

/** Every place in a JSON value, as a list of keys. */
function placesOf(value: unknown, place: (string | number)[] = []): (string | number)[][] {
  const inner = Array.isArray(value) ? value.map((entry, index): [number, unknown] => [index, entry]) : typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [...(place.length > 0 ? [place] : []), ...inner.flatMap(([key, entry]) => placesOf(entry, [...place, key]))];
}

function changed(report: unknown, place: (string | number)[], change: (owner: Record<string | number, unknown>, key: string | number) => void): unknown {
  const copy = structuredClone(report);
  let owner = copy as Record<string | number, unknown>;
  for (const key of place.slice(0, -1)) {
    owner = owner[key] as Record<string | number, unknown>;
  }
  change(owner, place.at(-1) ?? '');
  return copy;
}

describe('a report of the old collector', () => {
  const host = readHost('gpu-01', oldReport(), now);

  it('gives every figure that it has', () => {
    expect(host).toMatchObject({ name: 'gpu-01', online: true, address: '10.0.0.4', cpuPercent: 12.5, unreadable: [] });
    expect(host.memory).toEqual({ usedBytes: 250, totalBytes: 1000, percent: 25 });
    expect(host.disk).toEqual({ usedBytes: 1000, totalBytes: 2000, percent: 50 });
    const [gpu] = host.gpus ?? [];
    expect(gpu).toMatchObject({ index: 0, name: 'NVIDIA A100', temperatureC: 61, memoryPercent: 25, utilizationPercent: 83, powerWatts: null, uuid: null });
    expect(gpu?.processes?.[0]).toMatchObject({ pid: 4242, command: 'python train.py', user: 'lin', gpuMemoryMb: 20000, startedAt: 1795840000250, createTime: 1795840000.25, onGpu: true });
    expect(host.sessions).toMatchObject([{ kind: 'screen', pid: '123', name: 'train', state: 'detached' }]);
    expect(host.containers).toMatchObject([{ id: 'abc123', name: 'web', running: true, memoryUsedBytes: 1024, gpus: [0, 1] }]);
  });

  it('does not take the 0 of a process without a GPU for memory on one', () => {
    expect(host.processes?.[0]).toMatchObject({ onGpu: false, gpuMemoryMb: null, gpuIndex: null });
  });

  it('shows the root file system among the disks', () => {
    expect(host.disks).toEqual([{ mount: '/', type: null, usedBytes: 1000, totalBytes: 2000, percent: 50 }]);
  });
});

describe('a report of wemol-agent', () => {
  const host = readHost('gpu-01', reportOf(0, now), now);

  it('has what the old one lacks', () => {
    const gpu = host.gpus?.[0];
    expect(gpu?.uuid).toMatch(/^GPU-/);
    expect(gpu?.powerWatts).toBeGreaterThan(0);
    expect(host.disks.map((disk) => disk.mount)).toEqual(['/', '/data']);
    expect(host.containers?.[0]).toMatchObject({ taskId: 't-20931', module: 'gromacs_md' });
    expect(host.sessions?.map((session) => session.kind)).toEqual(['screen', 'screen', 'tmux']);
    expect(host.unreadable).toEqual([]);
  });

  it('counts its age by the hub clock, not by the host clock', () => {
    const report = { ...reportOf(0, now), timestamp: '2001-01-01T00:00:00Z' };
    expect(readHost('a', report, now, now - 5000).updatedAt).toBe(now - 5000);
  });
});

describe('the job that holds a card', () => {
  const held = (queueJob: unknown, more: object = {}, seenAt: number | null = null) => readHost('x', { timestamp: '2026-11-28T05:00:00+00:00', gpu_data: [{ id: 0, queue_job: queueJob }], ...more }, now, seenAt);
  const whole = { user: 'lin', queue: 'night', job: 17, since: '2026-11-28T12:30:00.250+08:00' };

  it('is read', () => {
    const host = held(whole);
    expect(host.gpus?.[0]?.queueJob).toEqual({ user: 'lin', queue: 'night', job: 17, since: Date.parse('2026-11-28T04:30:00.250Z') });
    expect(host.unreadable).toEqual([]);
  });
  it('is missing in reports of older agents, and null where no job holds the card', () => {
    expect(readHost('x', oldReport(), now).gpus?.[0]?.queueJob).toBeNull();
    expect(held(null).gpus?.[0]?.queueJob).toBeNull();
    expect(held(null).unreadable).toEqual([]);
  });
  it.each([['text'], [7], [true], [[]], [['a']]])('is none where it is %j, and that is named', (wrong) => {
    const host = held(wrong);
    expect(host.gpus?.[0]?.queueJob).toBeNull();
    expect(host.unreadable).toEqual(['gpu_data[].queue_job']);
  });
  it.each([
    [{}, { user: null, queue: null, job: null, since: null }, []],
    [{ ...whole, since: 'yesterday' }, { ...whole, since: null }, ['gpu_data[].queue_job.since']],
    [{ ...whole, since: 1e300 }, { ...whole, since: null }, ['gpu_data[].queue_job.since']],
    [{ ...whole, since: {} }, { ...whole, since: null }, ['gpu_data[].queue_job.since']],
    [{ ...whole, since: null, job: -1 }, { ...whole, job: null, since: null }, ['gpu_data[].queue_job.job']],
    [{ ...whole, since: null, user: { name: 'lin' } }, { ...whole, user: null, since: null }, ['gpu_data[].queue_job.user']],
    [{ ...whole, since: null, user: 'lin\u202e\n', queue: '<b>' }, { ...whole, user: 'lin\ufffd\ufffd', queue: '<b>', since: null }, []],
  ])('costs only what is wrong of it: %j', (queueJob, expected, unreadable) => {
    const host = held(queueJob);
    expect(host.gpus?.[0]?.queueJob).toEqual(expected);
    expect(host.unreadable).toEqual(unreadable);
  });
  it('began by the clock that the page goes by, whatever the host has', () => {
    const hour = 3_600_000;
    const held30 = Date.parse('2026-11-28T04:30:00.250Z');
    expect(held(whole, {}, now - hour).gpus?.[0]?.queueJob?.since).toBe(held30 - hour);
    expect(held(whole, {}, now + 3000).gpus?.[0]?.queueJob?.since).toBe(held30);
  });
});

describe('any field', () => {
  const ours = reportOf(0, now, { gpus: 2, processes: 2 });
  Object.assign((ours['gpu_data'] as object[])[0] ?? {}, { queue_job: { user: 'lin', queue: '1', job: 17, since: '2026-11-28T04:30:00Z' } });
  const reports = { old: oldReport(), ours };
  const wrongs: unknown[] = [null, 'text', -1, 0, 1e308, true, [], {}, [null], [[]], { a: 1 }, 'NaN', ''];

  for (const [kind, report] of Object.entries(reports)) {
    it(`may be missing (${kind})`, () => {
      for (const place of placesOf(report)) {
        const cut = changed(report, place, (owner, key) => {
          if (Array.isArray(owner)) {
            owner.splice(Number(key), 1);
          } else {
            // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
            delete owner[key];
          }
        });
        const host = readHost('x', cut, now);
        expect(host.name).toBe('x');
        // What is missing is unknown, and no fault.
        expect(host.unreadable, place.join('.')).toEqual([]);
      }
    });

    it(`may have any other type (${kind})`, () => {
      for (const place of placesOf(report)) {
        for (const wrong of wrongs) {
          const host = readHost('x', changed(report, place, (owner, key) => (owner[key] = wrong)), now);
          expect(host.name).toBe('x');
          for (const gpu of host.gpus ?? []) {
            for (const figure of [gpu.memoryPercent, gpu.utilizationPercent, gpu.temperatureC, gpu.powerWatts]) {
              expect(figure === null || Number.isFinite(figure), `${place.join('.')} = ${JSON.stringify(wrong)}`).toBe(true);
            }
          }
          const keys = [...(host.gpus ?? []), ...(host.sessions ?? []), ...(host.containers ?? [])].map((entry) => entry.key);
          expect(new Set(keys).size).toBe(keys.length);
        }
      }
    });
  }

  it('that has a wrong type is named', () => {
    const host = readHost('x', { gpu_data: [{ id: 'zero', utilization: {} }, 7], system_info: { cpu_percent: [], ip_address: {} } }, now);
    expect(host.unreadable.sort()).toEqual(['gpu_data[]', 'gpu_data[].id', 'gpu_data[].utilization', 'system_info.cpu_percent', 'system_info.ip_address']);
  });

  it('of the report itself may be anything', () => {
    for (const report of [null, undefined, 3, 'x', [], [1], true]) {
      expect(readHost('x', report, now)).toMatchObject({ name: 'x', online: false, gpus: null, unreadable: ['report'] });
    }
  });

  it('may repeat: keys stay unique', () => {
    const gpu = { id: 0, processes: [{ pid: 5 }, { pid: 5 }, { pid: 5 }] };
    const host = readHost('x', { gpu_data: [gpu, gpu] }, now);
    expect(host.gpus?.map((entry) => entry.key)).toEqual(['gpu 0', 'gpu 0#1']);
    expect(new Set(host.gpus?.[0]?.processes?.map((process) => process.key)).size).toBe(3);
  });

  it('may be there ten thousand times: lists are bounded', () => {
    const host = readHost('x', { gpu_data: new Array(10_000).fill({ id: 0 }), system_info: { processes: new Array(20_000).fill({ pid: 1 }) } }, now);
    expect(host.gpus?.length).toBe(64);
    expect(host.processes?.length).toBe(5000);
  });
});

describe('numbers as the tools print them', () => {
  const gpu = (utilization: unknown) => {
    const host = readHost('x', { gpu_data: [{ utilization }] }, now);
    return [host.gpus?.[0]?.utilizationPercent, host.unreadable.length];
  };
  it.each([
    ['87', 87, 0],
    ['87 %', 87, 0],
    [' 12.5', 12.5, 0],
    ['[N/A]', null, 0],
    ['N/A', null, 0],
    ['[Not Supported]', null, 0],
    ['Unknown Error', null, 0],
    ['', null, 0],
    ['many', null, 1],
    [-3, null, 1],
    [0, 0, 0],
  ])('%j is %j', (text, value, faults) => {
    expect(gpu(text)).toEqual([value, faults]);
  });

  it('a temperature may be below zero', () => {
    expect(readHost('x', { gpu_data: [{ temperature: -4 }] }, now).gpus?.[0]?.temperatureC).toBe(-4);
  });
});

describe('GPU lists of containers', () => {
  const gpus = (gpuDevices: unknown) => readHost('x', { system_info: { docker_containers: [{ id: 'a', gpuDevices }] } }, now).containers?.[0]?.gpus;
  it.each([
    ['[0,1]', [0, 1]],
    ['["2"]', [2]],
    ['[]', []],
    ['0, 3', [0, 3]],
    [[1], [1]],
    [[{ index: 4 }], [4]],
    ['null', null],
    ['all', null],
    [null, null],
    [7, null],
  ])('%j is %j', (text, list) => {
    expect(gpus(text)).toEqual(list);
  });
});

describe('states of sessions and containers', () => {
  it.each([
    ['Attached', 'attached'],
    ['Detached', 'detached'],
    ['Multi, attached', 'attached'],
    ['Multi, detached', 'detached'],
    ['Dead ???', 'dead'],
    ['(Remote or dead)', 'dead'],
    [null, 'unknown'],
  ])('screen says %j', (status, state) => {
    expect(readHost('x', { system_info: { screen_sessions: [{ name: 'a', status }] } }, now).sessions?.[0]?.state).toBe(state);
  });

  it.each([
    ['running', true],
    ['Up 3 hours', true],
    ['Up 3 hours (Paused)', false],
    ['paused', false],
    ['exited', false],
    ['Exited (0) 2 days ago', false],
    ['created', false],
    [null, true],
  ])('docker says %j', (status, running) => {
    expect(readHost('x', { system_info: { docker_containers: [{ id: 'a', status }] } }, now).containers?.[0]?.running).toBe(running);
  });
});

describe('hostile text', () => {
  it('loses what would break lines or turn text around', () => {
    const bad = 'a\u202eb\u0000c\nd\u2028e\u009bf';
    expect(printable(bad)).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf');
  });

  it('is cut', () => {
    expect(printable('x'.repeat(100_000)).length).toBeLessThan(5000);
  });

  it('stays text where it looks like HTML', () => {
    const name = '<img src=x onerror=alert(1)>';
    expect(readHost(name, { gpu_data: [{ name }] }, now).gpus?.[0]?.name).toBe(name);
  });

  it('a host may be called __proto__', () => {
    const machines = machinesOf(JSON.parse('{"machines":{"__proto__":{"is_online":true},"constructor":{}}}'));
    expect([...(machines?.keys() ?? [])]).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['is_online']).toBeUndefined();
  });

  it('a report may have the names of what all objects have', () => {
    expect(readHost('x', JSON.parse('{"__proto__":{"gpu_data":[]},"system_info":{"constructor":1}}'), now).gpus).toBeNull();
  });
});

describe('an answer', () => {
  it('without machines is none', () => {
    for (const answer of [null, [], 'x', {}, { machines: [] }, { machines: null }]) {
      expect(machinesOf(answer)).toBeNull();
    }
  });

  it('of Python may hold NaN and Infinity', () => {
    expect(parseJson('{"a": NaN, "b": [-Infinity, "NaN \\" NaN"]}')).toEqual({ a: null, b: [null, 'NaN " NaN'] });
    expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  });
});

describe('times', () => {
  it.each([
    ['2026-11-28T05:00:00Z', now],
    ['2026-11-28T13:00:00.000+08:00', now],
    ['2026-11-28T05:00:00.123456+00:00', now + 123],
    ['2026-11-28 05:00:00Z', now],
    [now / 1000, now],
    [now, now],
    ['yesterday', null],
    ['', null],
    [NaN, null],
    [null, null],
    [{}, null],
  ])('%j', (text, time) => {
    expect(parseTime(text)).toBe(time);
  });

  it('without a zone are the viewer’s', () => {
    expect(parseTime('2026-11-28T05:00:00')).toBe(new Date(2026, 10, 28, 5).getTime());
  });
});

describe('online', () => {
  it('is what the hub says, else what the age tells', () => {
    expect(readHost('x', { is_online: false, timestamp: new Date(now).toISOString() }, now).online).toBe(false);
    expect(readHost('x', { timestamp: new Date(now - 5000).toISOString() }, now).online).toBe(true);
    expect(readHost('x', { timestamp: new Date(now - 60_000).toISOString() }, now).online).toBe(false);
    expect(readHost('x', {}, now).online).toBe(false);
    expect(readHost('x', { is_online: 'yes', timestamp: new Date(now).toISOString() }, now)).toMatchObject({ online: true, unreadable: ['is_online'] });
  });
});

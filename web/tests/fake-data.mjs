/** Reports of hosts that do not exist, the same on every run: a figure is a function of host, GPU and time. */

const models = [
  ['NVIDIA A100-SXM4-80GB', 81920, 400],
  ['NVIDIA GeForce RTX 4090', 24564, 450],
  ['NVIDIA H100 80GB HBM3', 81559, 700],
  ['NVIDIA L40S', 46068, 350],
];
const users = ['lin', 'zhang', 'maria', 'chen', 'svc-train', 'okafor'];
const programs = [
  ['python', 'python train.py --config configs/vit_l.yaml --epochs 90 --token=***'],
  ['python3', '/opt/conda/bin/python3 -m torch.distributed.run --nproc_per_node=8 pretrain.py'],
  ['gmx', 'gmx mdrun -deffnm production -nb gpu -pme gpu -ntomp 16'],
  ['python', 'python run_alphafold.py --fasta_paths=/data/T1104.fasta --model_preset=monomer'],
  ['ray::IDLE', 'ray::IDLE'],
  ['vllm', 'python -m vllm.entrypoints.openai.api_server --model Qwen2.5-72B --tensor-parallel-size 4'],
];

/** From 0 to 1, by FNV-1a. */
export function noise(...parts) {
  let hash = 0x811c9dc5;
  for (const character of parts.join('/')) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

export function hostName(index) {
  return index < 20 ? `gpu-${String(index + 1).padStart(2, '0')}` : `node${String(index + 1).padStart(3, '0')}.cluster`;
}

/** Busy, idle or in between, and it wanders a little. */
function utilization(host, gpu, seconds) {
  const kind = noise(host, gpu, 'kind');
  if (kind < 0.3) {
    return Math.round(noise(host, gpu, Math.floor(seconds / 60)) * 4);
  }
  const middle = kind < 0.6 ? 35 : 88;
  return Math.round(Math.max(0, Math.min(100, middle + 18 * Math.sin(seconds / 37 + kind * 40) + 10 * noise(host, gpu, Math.floor(seconds / 2)) - 5)));
}

function processOf(host, gpu, number, seconds, memory) {
  const [name, cmdline] = programs[Math.floor(noise(host, gpu, number, 'program') * programs.length)];
  return {
    pid: 10_000 + Math.floor(noise(host, gpu, number, 'pid') * 80_000),
    name,
    cmdline,
    cpu_percent: Math.round(1000 * noise(host, gpu, number, Math.floor(seconds / 2))) / 10,
    memory_percent: Math.round(100 * noise(host, gpu, number, 'memory')) / 10,
    create_time: Math.floor(seconds - 600 - 400_000 * noise(host, gpu, number, 'age')) + 0.25,
    status: 'running',
    username: users[Math.floor(noise(host, gpu, number, 'user') * users.length)],
    is_gpu_process: true,
    gpu_memory_usage: memory,
    gpu_id: gpu,
  };
}

function gpuOf(host, hostIndex, gpu, seconds) {
  const [name, total, watts] = models[hostIndex % models.length];
  const load = utilization(host, gpu, seconds);
  const idle = noise(host, gpu, 'kind') < 0.3;
  const count = idle ? 0 : 1 + Math.floor(noise(host, gpu, 'count') * 3);
  const used = idle ? 3 : Math.round(total * (0.2 + 0.75 * noise(host, gpu, 'used')));
  return {
    id: gpu,
    uuid: `GPU-${[8, 4, 4, 4, 12].map((length, part) => [...Array(length)].map((_, digit) => Math.floor(noise(host, gpu, part, digit) * 16).toString(16)).join('')).join('-')}`,
    name,
    temperature: Math.round(34 + load * 0.5 + 4 * noise(host, gpu, 'warm')),
    memory_used: used,
    memory_total: total,
    utilization: load,
    power: Math.round(watts * (0.15 + (load / 100) * 0.75)),
    powerLimit: watts,
    ...(idle || noise(host, gpu, 'queue') > 0.4
      ? { queue_job: null }
      : { queue_job: { user: users[gpu % users.length], queue: String(1 + (gpu % 3)), job: 17 + gpu, since: new Date((seconds - 7500 * (1 + gpu)) * 1000).toISOString() } }),
    fanSpeed: name.includes('RTX') ? Math.round(30 + load * 0.4) : null,
    processes: [...Array(count)].map((_, number) => processOf(host, gpu, number, seconds, Math.round(used / (count + 0.1)))),
  };
}

function hostProcesses(host, seconds, count) {
  return [...Array(count)].map((_, number) => ({
    pid: 900 + number * 7,
    name: number % 3 === 0 ? 'python' : ['sshd', 'dockerd', 'bash', 'prometheus'][number % 4],
    cmdline: number % 3 === 0 ? `python -m jupyterlab --port ${8800 + number} --no-browser` : null,
    cpu_percent: Math.round(300 * noise(host, 'process', number, Math.floor(seconds / 2))) / 10,
    memory_percent: Math.round(40 * noise(host, 'process', number)) / 10,
    create_time: Math.floor(seconds - 86_400 * 3 * noise(host, 'age', number)),
    status: 'sleeping',
    username: users[number % users.length],
    is_gpu_process: false,
    gpu_memory_usage: 0,
    gpu_id: null,
  }));
}

export function containersOf(host) {
  return [
    { id: '3f9c2a81d04e7b6512aa90cd', name: 'gromacs_md.t-20931', image: 'registry.example/gromacs:2024.3', status: 'running', memoryUsage: 9_834_201_088, gpuDevices: '[0,1]', task_id: 't-20931', module_name: 'gromacs_md', cpu_percent: 1580.2 },
    { id: 'b71e88f0a2c34455de019aa3', name: `jupyter-${host}`, image: 'jupyter/minimal-notebook', status: 'Up 3 hours', memoryUsage: 734_003_200, gpuDevices: '[]', cpu_percent: 3.1 },
    { id: '0aa4bc12ff98001276ebd3c1', name: 'old-eval', image: 'pytorch/pytorch:2.4', status: 'exited', memoryUsage: 0, gpuDevices: '[2]' },
  ];
}

export function sessionsOf() {
  return [
    { pid: '48213', name: 'train', status: 'Detached' },
    { pid: '50110', name: 'data.prep', status: 'Attached' },
  ];
}

export function reportOf(index, nowMs, { gpus = 8, processes = 12, online = true } = {}) {
  const host = hostName(index);
  const seconds = nowMs / 1000;
  const memoryTotal = 540_000_000_000;
  const memoryShare = 0.15 + 0.6 * noise(host, 'memory') + 0.05 * Math.sin(seconds / 90);
  const diskShare = 0.2 + 0.75 * noise(host, 'disk');
  const cards = [...Array(gpus)].map((_, gpu) => gpuOf(host, index, gpu, seconds));
  return {
    hostname: host,
    timestamp: new Date(nowMs).toISOString(),
    interval: 2,
    record: {
      disk: {
        fileSystems: [
          { mountPoint: '/', type: 'ext4', total: 1_920_000_000_000, used: Math.round(1_920_000_000_000 * diskShare) },
          { mountPoint: '/data', type: 'xfs', total: 30_720_000_000_000, used: 21_000_000_000_000 },
        ],
      },
    },
    gpu_data: cards,
    system_info: {
      cpu_percent: Math.round(1000 * (0.05 + 0.8 * noise(host, 'cpu') * (0.8 + 0.2 * Math.sin(seconds / 20)))) / 10,
      memory_total: memoryTotal,
      memory_used: Math.round(memoryTotal * memoryShare),
      memory_percent: Math.round(1000 * memoryShare) / 10,
      disk_total: 1_920_000_000_000,
      disk_used: Math.round(1_920_000_000_000 * diskShare),
      disk_percent: Math.round(1000 * diskShare) / 10,
      ip_address: `10.20.${Math.floor(index / 250)}.${(index % 250) + 4}`,
      screen_sessions: sessionsOf(),
      tmux_sessions: [{ name: 'monitor', attached: false }],
      docker_containers: containersOf(host),
      processes: [...hostProcesses(host, seconds, processes), ...cards.flatMap((card) => card.processes)],
    },
    is_online: online,
  };
}

export function tasksOf(hosts) {
  const modules = ['gromacs_md', 'alphafold', 'boltz', 'rfdiffusion', 'vina_gpu'];
  const all = hosts.map((host, index) => ({
    hostname: host,
    is_online: true,
    tasks: [0, 1].map((number) => ({
      task_id: `t-${20_900 + index * 2 + number}`,
      job_id: `job-${700 + Math.floor(index / 2)}`,
      module_name: modules[(index + number) % modules.length],
      name: `${modules[(index + number) % modules.length]}.t-${20_900 + index * 2 + number}`,
      started_at: new Date(Date.now() - 3_600_000 * (1 + index * 3 + number)).toISOString(),
      cpu_percent: 100 + 1400 * noise(host, number, 'task'),
      memory_used_bytes: 4e9 + 60e9 * noise(host, number, 'bytes'),
      memory_limit_bytes: 128 * 2 ** 30,
      oom_killed: false,
      gpus: [{ index: number, task_memory_used_bytes: 20e9 * noise(host, number, 'gpu'), task_sm_utilization_percent: 80 }],
    })),
  }));
  return { hosts: all };
}

const spread = (p50, p95, max, known) => ({ known, p50, p95, max });

export function modulesDocument() {
  const rows = [
    ['gromacs_md', ['NVIDIA A100-SXM4-80GB'], 412, 6, 14_400, 14.2, 9.1e9, 5200, 91, 48_300],
    ['alphafold', ['NVIDIA A100-SXM4-80GB', 'NVIDIA H100 80GB HBM3'], 188, 11, 5400, 6.4, 41e9, 61_000, 62, 21_050],
    ['boltz', ['NVIDIA H100 80GB HBM3'], 96, 1, 1500, 3.8, 22e9, 38_000, 71, 6120],
    ['rfdiffusion', ['NVIDIA L40S'], 240, 19, 900, 2.1, 12e9, 16_500, 55, 4410],
    ['blast', [], 1204, 3, 120, 7.7, 3.1e9, null, null, 980],
  ];
  return {
    schema: 'wemol-report/1',
    command: 'modules',
    made_at: new Date().toISOString(),
    modules: rows.map(([module_name, gpu_models, runs, failed, time, cores, memory, gpuMemory, load, cost]) => ({
      module_name,
      gpu_models,
      runs,
      failed,
      exit_code_known: runs,
      oom_killed: failed > 10 ? 4 : 0,
      run_time_seconds: spread(time, time * 2.1, time * 3.4, runs),
      cpu_cores_mean: spread(cores, cores * 1.4, cores * 1.8, runs),
      memory_peak_bytes: spread(memory, memory * 1.5, memory * 2.2, runs),
      gpu_memory_peak_mib: gpuMemory === null ? spread(null, null, null, 0) : spread(gpuMemory, gpuMemory * 1.1, gpuMemory * 1.25, runs),
      gpu_utilization_percent_mean: load,
      energy_wh: cost * 40,
      energy_known: runs,
      cpu_hours: cost * 0.6,
      gpu_hours: gpuMemory === null ? 0 : cost / 20,
      cost_core_hours: cost,
    })),
  };
}

export function alertsDocument(hosts, nowMs) {
  const rule = (name, metric, severity, above, seconds, webhook, command) => ({ name, metric, hosts: '*', severity, above, below: null, for: seconds, repeat: 0, webhook, command });
  const alert = (name, severity, host, gpu, metric, value, threshold, since, state) => ({ rule: name, severity, host, gpu, metric, value, threshold, since: new Date(since).toISOString(), state });
  return {
    rules: [rule('hot', 'gpu.*.temp', 'critical', 85, 120, true, true), rule('disk-full', 'system.disk.usage_percent', 'warning', 90, 600, true, false), rule('gone', 'offline', 'critical', null, 60, false, true)],
    alerts: [
      alert('disk-full', 'warning', hosts[0] ?? null, null, 'system.disk.usage_percent', 93.4, 90, nowMs - 5_400_000, 'firing'),
      alert('hot', 'critical', hosts[1] ?? null, 3, 'gpu.3.temp', 86, 85, nowMs - 40_000, 'pending'),
    ],
  };
}

/** Which series a pattern has, and how high they go. */
function historyLines(host, pattern, gpus) {
  const scale = /temp/.test(pattern) ? 85 : /Watts/.test(pattern) ? 380 : /bytes/i.test(pattern) ? 70e9 : 100;
  const containers = ['gromacs_md_t-20931', 'alphafold_t-20944'];
  const fill = (part) => pattern.replace('*', part);
  if (pattern.startsWith('gpu.')) {
    return [...Array(gpus)].map((_, gpu) => [fill(gpu), scale]);
  }
  if (pattern.startsWith('container.')) {
    return containers.map((name) => [fill(name).replace('*', '0'), scale]);
  }
  return [[pattern, scale]];
}

export function historyDocument(host, metric, from, to, step, gpus = 8) {
  const begin = Math.ceil(from / step) * step;
  // Ten minutes of the hub's absence in the middle of the shortest plot.
  const absent = (time) => time > to - 2400 && time < to - 1800;
  const series = historyLines(host, metric, gpus).map(([name, scale]) => {
    const points = [];
    for (let time = begin; time <= to && points.length < 2000; time += step) {
      if (!absent(time)) {
        const mean = scale * Math.max(0, 0.48 + 0.35 * Math.sin(time / 900 + noise(host, name) * 6) + 0.12 * noise(host, name, time));
        points.push([time, mean * 0.93, mean, mean * 1.04]);
      }
    }
    return { metric: name, points };
  });
  return { step, series };
}

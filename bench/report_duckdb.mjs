// What each module of a recorded tree needs, by DuckDB: node report_duckdb.mjs FOLDER
// Prints the spread of the memory peaks of the module of which report-cost wants it.
import { DuckDBInstance } from '@duckdb/node-api';

const folder = process.argv[2].replaceAll("'", "''");
const bytes = (column) => `
  try_cast(regexp_extract(${column}, '^([0-9.e+]+)', 1) AS DOUBLE) *
  CASE regexp_extract(${column}, '^[0-9.e+]+([A-Za-z]+)', 1)
    WHEN 'B' THEN 1 WHEN 'KiB' THEN 1024 WHEN 'MiB' THEN 1048576 WHEN 'GiB' THEN 1073741824
    WHEN 'TiB' THEN 1099511627776 END`;
const sum = (column, unit) => `
  list_sum(list_transform(string_split(${column}, ','), x -> try_cast(replace(x, '${unit}', '') AS DOUBLE)))`;
const spread = (figure) => `
  quantile_disc(${figure}, 0.5) AS ${figure}_p50, quantile_disc(${figure}, 0.95) AS ${figure}_p95,
  max(${figure}) AS ${figure}_max`;

const connection = await (await DuckDBInstance.create()).connect();
const result = await connection.runAndReadAll(`
  WITH samples AS (
    SELECT module_name, container,
           try_cast(rtrim(cpu_percent, '%') AS DOUBLE) / 100 AS cores,
           round(${bytes('mem_usage')}) AS memory,
           ${sum('gpu_memory_used', 'MB')} AS gpu_memory,
           ${sum('gpu_power_draw', 'W')} AS watts
    FROM read_csv('${folder}/*/[0-9]*.csv', header = true, all_varchar = true,
                  delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {
      ${['task_id', 'job_id', 'module_name', 'timestamp', 'container', 'cpu_percent', 'mem_usage',
         'mem_percent', 'net_io', 'block_io', 'pids', 'gpu_count', 'gpu_ids', 'gpu_names',
         'gpu_memory_used', 'gpu_memory_total', 'gpu_utilization', 'gpu_memory_utilization',
         'gpu_temperature', 'gpu_fan_speed', 'gpu_power_draw', 'gpu_power_limit']
        .map((name) => `'${name}': 'VARCHAR'`).join(', ')}})),
  runs AS (
    SELECT module_name, container, avg(cores) AS cores, max(memory) AS memory,
           max(gpu_memory) AS gpu_memory, avg(watts) AS watts
    FROM samples GROUP BY ALL)
  SELECT module_name, count(*) AS runs, ${spread('cores')}, ${spread('memory')},
         ${spread('gpu_memory')}, ${spread('watts')}
  FROM runs GROUP BY module_name ORDER BY module_name`);
for (const row of result.getRowObjectsJson()) {
  if (row.module_name === process.argv[3]) {
    console.log(`${row.runs} runs, memory peak p50/p95/max ${row.memory_p50} ${row.memory_p95} ${row.memory_max}`);
  }
}
